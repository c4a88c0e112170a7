// The catalogue: every operation as a row, made from the families' own lists.
#pragma once

#include <xtape/autodiff/apply.hpp>

#include <algorithm>

namespace xtape {

/// All built-in operations, in the order of their families.
const std::vector<OperationInfo>& all_operations();

namespace detail {

template <class Op>
Tensor Runner<Op>::run(const Op& op, std::span<const Tensor* const> x, Location at) {
    return detail::run<Op, float>(op, x, at);
}

template <class Op>
Tensor64 Runner<Op>::run(const Op& op, std::span<const Tensor64* const> x, Location at) {
    return detail::run<Op, double>(op, x, at);
}

template <class Op, class T>
std::function<BasicTensor<T>(const std::vector<BasicTensor<T>>&)> erased_apply(const Op& op) {
    return [op](const std::vector<BasicTensor<T>>& x) {
        std::vector<const BasicTensor<T>*> inputs(x.size());
        std::transform(x.begin(), x.end(), inputs.begin(), [](const BasicTensor<T>& t) { return &t; });
        return Runner<Op>::run(op, std::span<const BasicTensor<T>* const>(inputs), Location{});
    };
}

/// Evaluates a scalar reference at every element of broadcast inputs, by plain index arithmetic.
Array64 broadcast_reference(const std::vector<Array64>& x, const std::function<double(const double*)>& f);

template <class Op>
std::function<Array64(const std::vector<Array64>&)> erased_reference(const Op& op) {
    if constexpr (ElementwiseOp<Op>) {
        return [op](const std::vector<Array64>& x) {
            return broadcast_reference(x, [&op](const double* v) {
                return [&]<std::size_t... I>(std::index_sequence<I...>) { return op.reference(v[I]...); }(
                    std::make_index_sequence<Op::arity>());
            });
        };
    } else {
        return [op](const std::vector<Array64>& x) { return op.reference(std::span<const Array64>(x)); };
    }
}

template <class Op>
OperationSample erased(const Sample<Op>& sample) {
    return {sample.inputs, erased_apply<Op, float>(sample.op), erased_apply<Op, double>(sample.op), erased_reference(sample.op)};
}

template <class Op>
OperationInfo describe() {
    OperationInfo info;
    info.name = Op::name;
    info.formula = Op::formula;
    info.differentiable = differentiable<Op>;
    info.elementwise = ElementwiseOp<Op>;
    if constexpr (differentiable<Op>) info.keep = Op::keep;
    if constexpr (requires { Op::signature; }) info.signature = Op::signature;
    if constexpr (requires { Op::domain; }) info.domain = Op::domain;
    if constexpr (requires { Op::kinks; }) info.kinks = Op::kinks;
    if constexpr (requires { Op::tolerance; }) info.tolerance = Op::tolerance;
    if constexpr (requires(sample::Draw& draw) { Op::random(draw); }) {
        info.random = [](sample::Draw& draw) { return erased(Op::random(draw)); };
    }
    for (const Sample<Op>& sample : Op::samples()) info.samples.push_back(erased(sample));
    return info;
}

template <class... Ops>
std::vector<OperationInfo> describe_family(OpList<Ops...>) {
    std::vector<OperationInfo> rows;
    (rows.push_back(describe<Ops>()), ...);
    return rows;
}

/// A function composed of operations as a row of the catalogue, checked like an operation: `f` takes a vector of tensors of either type.
template <class F>
OperationInfo describe_composition(std::string name, std::string signature, std::string formula, std::vector<std::vector<Array64>> samples,
                                   const F& f, std::function<Array64(const std::vector<Array64>&)> reference) {
    OperationInfo info;
    info.name = std::move(name);
    info.signature = std::move(signature);
    info.formula = std::move(formula);
    info.composition = true;
    for (std::vector<Array64>& inputs : samples) {
        info.samples.push_back({std::move(inputs), [f](const std::vector<Tensor>& x) -> Tensor { return f(x); },
                                [f](const std::vector<Tensor64>& x) -> Tensor64 { return f(x); }, reference});
    }
    return info;
}

}  // namespace detail

/// One operation as a row: what the operation suite needs to check an operation of your own.
template <class Op>
OperationInfo describe_operation() {
    return detail::describe<Op>();
}

}  // namespace xtape

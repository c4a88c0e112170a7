// Whether any or all elements are true, that is not 0: any all.
#pragma once

#include <xtape/autodiff/ops/reduction.hpp>

namespace xtape {

/// y = 1 when any x over axes is not 0, else 0
struct Any : detail::ReductionOp {
    static constexpr const char* name = "any";
    static constexpr const char* signature = "any(x, axes, keepdims)";
    static constexpr const char* formula = "y = 1 if any x over axes != 0 else 0;  no gradient";
    static constexpr const char* kinks = "Any of nothing is 0. NaN is not 0.";
    static constexpr bool not_differentiable = true;

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Any>> samples();
    static Sample<Any> random(sample::Draw& draw);
};

/// y = 1 when all x over axes are not 0, else 0
struct All : detail::ReductionOp {
    static constexpr const char* name = "all";
    static constexpr const char* signature = "all(x, axes, keepdims)";
    static constexpr const char* formula = "y = 1 if all x over axes != 0 else 0;  no gradient";
    static constexpr const char* kinks = "All of nothing is 1. NaN is not 0.";
    static constexpr bool not_differentiable = true;

    Shape infer(Shapes x) const { return reduced_shape(name, *x[0]); }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<All>> samples();
    static Sample<All> random(sample::Draw& draw);
};

/// Masks of 0s and 1s, constants for differentiation: `if (any(x < 0).item() != 0)`.
template <Node X>
auto any(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(Any{{std::move(axes), keepdims}}, at, x);
}
template <Node X>
auto all(const X& x, Axes axes = {}, bool keepdims = false, Location at = Location::current()) {
    return detail::call(All{{std::move(axes), keepdims}}, at, x);
}

namespace detail {
std::vector<OperationInfo> truth_operations();
}

using TruthOps = OpList<Any, All>;

extern template struct detail::Runner<Any>;
extern template struct detail::Runner<All>;

}  // namespace xtape

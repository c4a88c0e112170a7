// apply: the one place where an operation is run and recorded. Included by the sources of operation families and by programs that
// define operations of their own; everybody else calls the functions (tanh, matmul, ...) that stand beside each operation.
#pragma once

#include <xtape/autodiff/kernels/elementwise.hpp>
#include <xtape/autodiff/op.hpp>

namespace xtape {

namespace detail {

template <std::size_t N>
Shape broadcast_all(const char* name, const std::array<const Shape*, N>& shapes, Location at) {
    Shape result = *shapes[0];
    for (std::size_t i = 1; i < N; ++i) {
        if (*shapes[i] == result) continue;
        if (!broadcast_shapes(result, *shapes[i], result)) {
            std::string got = to_string(*shapes[0]);
            for (std::size_t j = 1; j < N; ++j) got += (j + 1 < N ? ", " : " and ") + to_string(*shapes[j]);
            throw ShapeError(std::string(name) + ": expected shapes that broadcast together, got " + got, at);
        }
    }
    (void)element_count(result);
    return result;
}

template <class Op, class T>
BasicTensor<T> elementwise_value(const Op& op, std::span<const BasicTensor<T>* const> x, Location at) {
    constexpr std::size_t N = Op::arity;
    ArrayPointers<T, N> arrays;
    std::array<const Shape*, N> shapes;
    bool same = true;
    for (std::size_t i = 0; i < N; ++i) {
        arrays[i] = &x[i]->value();
        shapes[i] = &arrays[i]->shape();
        same = same && *shapes[i] == *shapes[0];
    }
    Ref<Value<T>> y(same ? Value<T>::create(*shapes[0]) : Value<T>::create(broadcast_all<N>(Op::name, shapes, at)));
    elementwise_forward<T, N>(arrays, y->array, [op](auto... v) { return op.forward(v...); });
    return TensorAccess::make(std::move(y));
}

template <class Op, class T>
BasicTensor<T> structured_value(const Op& op, std::span<const BasicTensor<T>* const> x, Location at) {
    constexpr std::size_t few = 8;
    std::array<const Shape*, few> few_shapes;
    std::array<const BasicArray<T>*, few> few_arrays;
    std::vector<const Shape*> many_shapes;
    std::vector<const BasicArray<T>*> many_arrays;
    if (x.size() > few) {
        many_shapes.resize(x.size());
        many_arrays.resize(x.size());
    }
    const std::span<const Shape*> shapes(x.size() > few ? many_shapes.data() : few_shapes.data(), x.size());
    const std::span<const BasicArray<T>*> arrays(x.size() > few ? many_arrays.data() : few_arrays.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        arrays[i] = &x[i]->value();
        shapes[i] = &arrays[i]->shape();
    }
    Shape expected;
    try {
        expected = op.infer(shapes);
        (void)element_count(expected);
    } catch (Error& error) {
        error.set_location(at);
        throw;
    }
    Ref<Value<T>> y(Value<T>::create_by([&]() -> BasicArray<T> { return op.forward(Inputs<T>(arrays)); }));
    if (y->array.shape() != expected) {
        throw ShapeError(std::string(Op::name) + ": its shape rule said " + to_string(expected) + ", its forward made " +
                             to_string(y->array.shape()), at);
    }
    return TensorAccess::make(std::move(y));
}

// Backward formula as a kernel: all wanted gradients in one pass over memory.
template <class Op, class T>
void elementwise_kernel_backward(const Op& op, Replay<T>& r) {
    constexpr std::size_t N = Op::arity;
    BackwardOperands<T, N> o;
    o.g = &r.g().value();
    o.y = r.y_array();
    std::array<Shape, N> shapes;
    std::array<Ref<Value<T>>, N> dx;
    bool same = true;
    for (std::size_t i = 0; i < N; ++i) same = same && r.has_shape(i, o.g->shape());
    // The kernel reads a register of g before it stores to that place, so the first gradient may be written over g.
    Ref<Value<T>> over_g = r.take_g();
    for (std::size_t i = 0; i < N; ++i) {
        o.x[i] = r.x_array(i);
        o.shapes[i] = nullptr;
        if (!same) {
            shapes[i] = r.shape(i);
            o.shapes[i] = &shapes[i];
        }
        o.dx[i] = nullptr;
        if (!r.wants(i)) continue;
        dx[i] = over_g ? std::move(over_g) : Ref<Value<T>>(Value<T>::create(o.g->shape()));
        o.dx[i] = dx[i]->array.data();
    }
    elementwise_backward<T, N>(o, [op](auto g, auto y, auto... v) {
        if constexpr (N == 1) {
            return std::array{op.backward(g, y, v...)};
        } else {
            return op.backward(g, y, v...);
        }
    });
    for (std::size_t i = 0; i < N; ++i) {
        if (dx[i]) r.give(i, TensorAccess::make(std::move(dx[i])));
    }
}

// The same formula as recorded operations. What was not kept stands there as NaN.
template <class Op, class T>
void elementwise_recorded_backward(const Op& op, Replay<T>& r) {
    constexpr std::size_t N = Op::arity;
    const BasicTensor<T> nan(std::numeric_limits<T>::quiet_NaN());
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        auto d = op.backward(r.g(), r.y_array() ? r.y() : nan, (r.x_array(I) ? r.x(I) : nan)...);
        if constexpr (N == 1) {
            r.give(0, std::move(d));
        } else {
            ((r.wants(I) ? r.give(I, std::move(d[I])) : void()), ...);
        }
    }(std::make_index_sequence<N>());
}

template <class Op>
constexpr OperationFacts facts_of() {
    OperationFacts facts{Op::name, nullptr, nullptr};
    if constexpr (!ElementwiseOp<Op>) {
        facts.infer = [](const void* op, Shapes x) -> Shape { return static_cast<const Op*>(op)->infer(x); };
    }
    if constexpr (requires(const Op& op, Shapes x) { { op.flops(x) } -> std::convertible_to<double>; }) {
        facts.flops = [](const void* op, Shapes x) -> double { return static_cast<const Op*>(op)->flops(x); };
    }
    return facts;
}

template <class Op>
inline const OperationFacts operation_facts = facts_of<Op>();

template <class Op, class T>
class OperationRecord final : public Record {
public:
    OperationRecord(const Op& op, std::span<Operand> operands, ValueBase* output)
        : op_(op), operands_(operands), output_(output) {}

    ~OperationRecord() override {
        for (Operand& x : operands_) Ref<ValueBase>(x.kept).reset();
        Ref<ValueBase>(output_).reset();
    }

    void replay(Tape& tape, std::uint32_t slot, bool create_graph) override {
        Gradient& arrived = TapeAccess::gradient(tape, slot);
        const std::uint64_t id = create_graph ? TapeAccess::id(tape) : 0;
        Ref<Value<T>> value(static_cast<Value<T>*>(arrived.value.release()));
        Replay<T> r(tape, Op::name, operands_, output_, slot, create_graph,
                    TensorAccess::make(std::move(value), id, create_graph ? arrived.slot : no_slot));
        if constexpr (RuleOnReplay<Op>) {
            op_.backward(r);
        } else if (create_graph) {
            elementwise_recorded_backward<Op, T>(op_, r);
        } else {
            elementwise_kernel_backward<Op, T>(op_, r);
        }
    }
    RecordView view() const override { return {&operation_facts<Op>, &op_, output_}; }
    std::span<const Operand> operands() const override { return operands_; }

private:
    Op op_;
    std::span<Operand> operands_;
    ValueBase* output_;
};

template <class Op, class T>
void record(Tape& tape, const Op& op, std::span<const BasicTensor<T>* const> x, BasicTensor<T>& y, Location at) {
    bool any = false;
    std::size_t extents_in_all = 0;
    for (const BasicTensor<T>* input : x) {
        any |= slot_on(tape, *input, Op::name, at) != no_slot;
        extents_in_all += input->rank();
    }
    if (!any) return;
    // One piece of memory: the record, its operands, their extents.
    using R = OperationRecord<Op, T>;
    static_assert(alignof(R) <= 16 && sizeof(R) % alignof(Operand) == 0 && sizeof(Operand) % alignof(std::size_t) == 0);
    auto* const memory = static_cast<std::byte*>(TapeAccess::allocate(
        tape, sizeof(R) + x.size() * sizeof(Operand) + extents_in_all * sizeof(std::size_t)));
    auto* const operands = reinterpret_cast<Operand*>(memory + sizeof(R));
    auto* extents = reinterpret_cast<std::size_t*>(operands + x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Shape& shape = x[i]->shape();
        new (operands + i) Operand{Op::keep.keeps_input(i) ? share(*x[i]).release() : nullptr, extents,
                                   static_cast<std::uint32_t>(shape.size()), slot_on(tape, *x[i], Op::name, at)};
        extents = std::copy(shape.begin(), shape.end(), extents);
    }
    auto* const made = new (memory) R(op, std::span(operands, x.size()), Op::keep.output_bit ? share(y).release() : nullptr);
    TensorAccess::place(y, TapeAccess::id(tape), TapeAccess::push(tape, made));
}

/// Runs `op` on x and records it when a tape is recording and an input is on it.
template <class Op, class T>
BasicTensor<T> run(const Op& op, std::span<const BasicTensor<T>* const> x, Location at) {
    check_operation<Op>();
    Tape* const tape = TapeAccess::recording();
    Inspector* const inspector = tape ? TapeAccess::inspector(*tape) : nullptr;
    std::int64_t start = 0;
    if (inspector) [[unlikely]] start = inspect_start(*inspector);
    BasicTensor<T> y = [&] {
        if constexpr (ElementwiseOp<Op>) {
            return elementwise_value<Op, T>(op, x, at);
        } else {
            return structured_value<Op, T>(op, x, at);
        }
    }();
    if constexpr (differentiable<Op>) {
        if (tape) record<Op, T>(*tape, op, x, y, at);
    }
    if (inspector) [[unlikely]] inspect_forward<T>(*tape, {&operation_facts<Op>, &op, nullptr}, x, y, start, at);
    return y;
}

}  // namespace detail

/// Applies an operation of your own to tensors, parameters, arrays or numbers; at least one must be a tensor or a parameter.
template <class Op, class... X>
    requires Operands<X...>
auto apply(const Op& op, const X&... x) {
    using T = detail::scalar_of<X...>;
    return [&op]<class... Y>(const Y&... y) {
        const BasicTensor<T>* const inputs[] = {&y...};
        return detail::run<Op, T>(op, inputs, Location{});
    }(detail::operand<T>(x)...);
}

}  // namespace xtape

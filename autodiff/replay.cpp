// Accumulation and un-broadcasting: written once, for every operation, and the only part of the engine that uses operations itself.
#include <xtape/autodiff/kernels/elementwise.hpp>
#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/record.hpp>

namespace xtape {

namespace detail {

template <class T>
void accumulate(Ref<Value<T>>& sum, Ref<Value<T>> g) {
    if (!sum) {
        sum = std::move(g);
        return;
    }
    const auto plus = [](Lanes<T> a, Lanes<T> b) { return a + b; };
    const ArrayPointers<T, 2> terms{&sum->array, &g->array};
    if (sum.unique()) {
        elementwise_forward<T, 2>(terms, sum->array, plus);
    } else {
        BasicArray<T> total = empty_array<T>(sum->array.shape());
        elementwise_forward<T, 2>(terms, total, plus);
        sum = Ref<Value<T>>(Value<T>::create(std::move(total)));
    }
}
template void accumulate(Ref<Value<float>>&, Ref<Value<float>>);
template void accumulate(Ref<Value<double>>&, Ref<Value<double>>);

}  // namespace detail

using detail::TapeAccess;
using detail::TensorAccess;

template <class T>
BasicTensor<T> Replay<T>::kept(detail::ValueBase* value, std::uint32_t slot, int input) const {
    if (!value) {
        const std::string what = input < 0 ? "its output" : "input " + std::to_string(input);
        throw GraphError(std::string(name_) + ": its backward rule reads " + what + ", which its Keep does not keep");
    }
    value->references.fetch_add(1, std::memory_order_relaxed);
    const bool on_tape = create_graph_ && slot != detail::no_slot;
    return TensorAccess::make(detail::Ref<detail::Value<T>>(static_cast<detail::Value<T>*>(value)),
                              on_tape ? TapeAccess::id(tape_) : 0, on_tape ? slot : detail::no_slot);
}

template <class T>
BasicTensor<T> Replay<T>::y() const {
    return kept(output_, slot_, -1);
}

template <class T>
BasicTensor<T> Replay<T>::x(std::size_t i) const {
    return kept(operands_[i].kept, operands_[i].slot, static_cast<int>(i));
}

template <class T>
Shape Replay<T>::shape(std::size_t i) const {
    const detail::Operand& operand = operands_[i];
    return Shape(operand.extents, operand.extents + operand.rank);
}

template <class T>
void Replay<T>::give(std::size_t i, BasicTensor<T> gradient) {
    if (!wants(i)) return;
    const detail::Operand& operand = operands_[i];
    if (!has_shape(i, gradient.shape())) gradient = sum_to(gradient, shape(i));
    detail::Gradient& sum = TapeAccess::gradient(tape_, operand.slot);
    const bool observed = TapeAccess::inspector(tape_) != nullptr;
    if (observed) [[unlikely]] detail::inspect_given<T>(tape_, slot_, i, g_, gradient, sum.value);
    if (create_graph_) {
        if (sum.value) {
            detail::Ref<detail::ValueBase> before = sum.value;
            auto earlier = TensorAccess::make(detail::Ref<detail::Value<T>>(static_cast<detail::Value<T>*>(before.release())),
                                              sum.slot == detail::no_slot ? 0 : TapeAccess::id(tape_), sum.slot);
            gradient = earlier + gradient;
        }
        const bool on_tape = TensorAccess::tape(gradient) == TapeAccess::id(tape_);
        sum = {detail::share(gradient), on_tape ? TensorAccess::slot(gradient) : detail::no_slot};
    } else {
        detail::Ref<detail::Value<T>> total(static_cast<detail::Value<T>*>(sum.value.release()));
        detail::accumulate(total, TensorAccess::take(gradient));
        sum.value = std::move(total);
    }
    if (observed) [[unlikely]] detail::inspect_sum<T>(tape_, slot_, i, static_cast<const detail::Value<T>&>(*sum.value));
}

template class Replay<float>;
template class Replay<double>;

}  // namespace xtape

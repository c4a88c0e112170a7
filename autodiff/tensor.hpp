// Tensor: an immutable array, and the place on a tape where it was made.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/value.hpp>

#include <concepts>
#include <type_traits>

namespace xtape {

class Tape;

namespace detail {
inline constexpr std::uint32_t no_slot = 0xffffffffu;
struct TensorAccess;
}  // namespace detail

/// A cheap handle (two words and a reference count) to an array that never changes. Made from any xtensor container or
/// expression of the same scalar type; `value()` gives the xtensor container back. Copies share the array.
/// A tensor that outlives its tape is a plain value.
template <class T>
class BasicTensor {
public:
    using value_type = T;

    /// Refers to nothing; only assignment and defined() are allowed.
    BasicTensor() noexcept = default;

    /// Throws GraphError for an array that was moved from: it has a shape, but no elements.
    BasicTensor(BasicArray<T> value) : value_(detail::Value<T>::create(std::move(value))) {
        if (value_->array.storage().size() < element_count(shape())) throw GraphError("tensor: made of an array that was moved from");
    }

    /// Evaluates an xtensor expression whose elements are of type T.
    template <class E>
        requires(std::derived_from<E, xt::xexpression<E>> && std::same_as<typename E::value_type, T> &&
                 !std::same_as<E, BasicArray<T>>)
    BasicTensor(const E& expression) : BasicTensor(BasicArray<T>(expression)) {}

    /// A scalar: shape ().
    explicit BasicTensor(T number) : value_(detail::Value<T>::create(Shape{})) { value_->array.data()[0] = number; }

    bool defined() const noexcept { return static_cast<bool>(value_); }

    /// The array. Throws GraphError when the tensor refers to nothing.
    const BasicArray<T>& value() const& { return checked().array; }
    /// Of a temporary, the array itself: `for (float v : softmax(x).value())` must not read what is gone.
    BasicArray<T> value() && {
        (void)checked();
        if (value_.unique()) return std::move(value_->array);
        return value_->array;
    }
    const Shape& shape() const { return checked().array.shape(); }
    std::size_t rank() const { return shape().size(); }
    std::size_t size() const { return checked().array.size(); }

    /// The only element. Throws ShapeError when there is not exactly one.
    T item(Location at = Location::current()) const {
        if (size() != 1) throw ShapeError("item: expected one element, got shape " + to_string(shape()), at);
        return value().data()[0];
    }

private:
    friend struct detail::TensorAccess;

    const detail::Value<T>& checked() const {
        if (!value_) throw GraphError("tensor: used before a value was assigned to it");
        return *value_;
    }

    detail::Ref<detail::Value<T>> value_;
    std::uint64_t tape_ = 0;                   // id of the tape that made it; 0: none
    std::uint32_t slot_ = detail::no_slot;     // its record there
};

using Tensor = BasicTensor<float>;
using Tensor64 = BasicTensor<double>;

namespace detail {
/// The engine's view of a tensor.
struct TensorAccess {
    template <class T>
    static BasicTensor<T> make(Ref<Value<T>> value, std::uint64_t tape = 0, std::uint32_t slot = no_slot) {
        BasicTensor<T> tensor;
        tensor.value_ = std::move(value);
        tensor.tape_ = tape;
        tensor.slot_ = slot;
        return tensor;
    }
    template <class T>
    static const Ref<Value<T>>& value(const BasicTensor<T>& tensor) { return tensor.value_; }
    template <class T>
    static Ref<Value<T>> take(BasicTensor<T>& tensor) { return std::move(tensor.value_); }
    template <class T>
    static std::uint64_t tape(const BasicTensor<T>& tensor) { return tensor.tape_; }
    template <class T>
    static std::uint32_t slot(const BasicTensor<T>& tensor) { return tensor.slot_; }
    template <class T>
    static void place(BasicTensor<T>& tensor, std::uint64_t tape, std::uint32_t slot) {
        tensor.tape_ = tape;
        tensor.slot_ = slot;
    }
};
}  // namespace detail
}  // namespace xtape

// Parameter: a named array that an optimizer may change, with its gradient. Parameters outlive tapes.
#pragma once

#include <xtape/autodiff/tensor.hpp>

#include <string>
#include <vector>

namespace xtape {

namespace detail {
/// What a parameter and its handles share.
struct ParameterStateBase {
    std::string name;
    std::uint64_t version = 0;      // counts changes of the value
    bool frozen = false;
    // Where the parameter was last used: lets repeated uses on one tape share a leaf. Checked against the tape before use, so a
    // value overwritten by another thread costs a search and nothing else.
    std::atomic<std::uint64_t> leaf_tape{0};
    std::atomic<std::uint32_t> leaf_slot{no_slot};

    virtual ~ParameterStateBase() = default;
};
template <class T>
struct ParameterState final : ParameterStateBase {
    Ref<Value<T>> value, grad;

    /// The value, to be changed in place. Tensors and tapes that hold the array go on holding the old one.
    BasicArray<T>& writable() {
        ++version;
        return detail::writable(value);
    }
};
}  // namespace detail

/// A handle to a parameter, as optimizers and gradient checks hold it. Copies refer to the same parameter and keep it alive.
template <class T>
class BasicParameterRef {
public:
    using value_type = T;

    const BasicArray<T>& value() const { return state().value->array; }
    const Shape& shape() const { return value().shape(); }

    /// Gradient accumulated since the last zero_grad(), of the parameter's shape. Throws GraphError when there is none.
    const BasicArray<T>& grad() const;
    bool has_grad() const { return static_cast<bool>(state().grad); }
    void zero_grad() { state().grad.reset(); }

    /// Replaces the value. Throws ShapeError when the shapes differ.
    void assign(BasicArray<T> value, Location at = Location::current());

    /// Lets `change(BasicArray<T>& value)` work on the value in place. Tensors that share the array keep the old one; a tape that
    /// recorded it refuses to deliver a gradient afterwards. ShapeError when the shape has changed: the value is then NaN.
    template <class F>
    void update(F&& change, Location at = Location::current()) {
        BasicArray<T>& value = state().writable();
        const Shape before = value.shape();
        change(value);
        if (value.shape() != before) refuse_shape(before, at);
    }

    /// Adds to the gradient; shapes must agree (ShapeError).
    void accumulate_grad(const BasicArray<T>& gradient, Location at = Location::current());

    const std::string& name() const { return state().name; }
    void set_name(std::string name) { state().name = std::move(name); }

    /// A frozen parameter is a constant: operations do not record it and it gets no gradient.
    bool frozen() const { return state().frozen; }
    void set_frozen(bool frozen) { state().frozen = frozen; }

    /// The value as a tensor, recorded as a leaf when a tape is recording on this thread.
    BasicTensor<T> tensor() const;
    operator BasicTensor<T>() const { return tensor(); }

    /// Same parameter, not same numbers.
    bool is(const BasicParameterRef& other) const { return state_ == other.state_; }

    const std::shared_ptr<detail::ParameterState<T>>& shared_state() const { return state_; }

protected:
    explicit BasicParameterRef(std::shared_ptr<detail::ParameterState<T>> state) : state_(std::move(state)) {}

    detail::ParameterState<T>& state() const {
        if (!state_) throw GraphError("parameter: used after it was moved from");
        return *state_;
    }

    std::shared_ptr<detail::ParameterState<T>> state_;

private:
    [[noreturn]] void refuse_shape(const Shape& before, Location at);
};

/// Owns its numbers: a copy is a new parameter with equal values and no gradient; a move keeps the handles others hold valid.
template <class T>
class BasicParameter : public BasicParameterRef<T> {
public:
    explicit BasicParameter(BasicArray<T> value, std::string name = "parameter");
    BasicParameter(const BasicParameter& other);
    BasicParameter(BasicParameter&&) noexcept = default;
    BasicParameter& operator=(const BasicParameter& other);
    BasicParameter& operator=(BasicParameter&&) noexcept = default;
};

using Parameter = BasicParameter<float>;
using Parameter64 = BasicParameter<double>;
using ParameterRef = BasicParameterRef<float>;
using ParameterRef64 = BasicParameterRef<double>;

template <class T>
using BasicParameterList = std::vector<BasicParameterRef<T>>;
using ParameterList = BasicParameterList<float>;
using ParameterList64 = BasicParameterList<double>;

extern template class BasicParameterRef<float>;
extern template class BasicParameterRef<double>;
extern template class BasicParameter<float>;
extern template class BasicParameter<double>;

}  // namespace xtape

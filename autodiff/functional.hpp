// Derivatives of functions: grad value_and_grad hessian hvp jacobian.
//
// A function is any callable from a tensor to a tensor. While a tape records on this thread, grad and value_and_grad work on that
// tape, so that their results can be differentiated again: grad(grad(f)) is what it says. Otherwise they use a tape of their own.
#pragma once

#include <xtape/autodiff/operand.hpp>
#include <xtape/autodiff/tape.hpp>

#include <functional>
#include <utility>

namespace xtape {

namespace detail {

template <class T>
using Function = std::function<BasicTensor<T>(const BasicTensor<T>&)>;

/// f(x) and its gradient. GraphError when f(x) does not have exactly one element.
template <class T>
std::pair<BasicTensor<T>, BasicTensor<T>> differentiate(const Function<T>& f, const BasicTensor<T>& x, Location at);
template <class T>
BasicArray<T> hessian_of(const Function<T>& f, const BasicTensor<T>& x, Location at);
template <class T>
BasicArray<T> hvp_of(const Function<T>& f, const BasicTensor<T>& x, const BasicTensor<T>& v, Location at);
template <class T>
BasicArray<T> jacobian_of(const Function<T>& f, const BasicTensor<T>& x, Location at);

}  // namespace detail

/// x -> d f / d x for a function with one output element. `grad(f)(x)` takes a tensor, a parameter or an array and gives a tensor of
/// x's shape; zeros where f does not depend on x.
template <class F>
auto grad(F f, Location at = Location::current()) {
    return [f = std::move(f), at]<OperandLike X>(const X& x) {
        using T = detail::scalar_of<X>;
        return detail::differentiate<T>(f, detail::operand<T>(x), at).second;
    };
}

/// x -> (f(x), d f / d x)
template <class F>
auto value_and_grad(F f, Location at = Location::current()) {
    return [f = std::move(f), at]<OperandLike X>(const X& x) {
        using T = detail::scalar_of<X>;
        return detail::differentiate<T>(f, detail::operand<T>(x), at);
    };
}

/// Second derivatives of a function with one output element: an array of x's shape twice over, (n, n) for a vector.
template <class F, OperandLike X>
auto hessian(const F& f, const X& x, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    return detail::hessian_of<T>(f, detail::operand<T>(x), at);
}

/// Hessian of f at x times v, without forming the Hessian; v has x's shape (ShapeError).
template <class F, OperandLike X, OperandLike V>
auto hvp(const F& f, const X& x, const V& v, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    return detail::hvp_of<T>(f, detail::operand<T>(x), detail::operand<T>(v), at);
}

/// All first derivatives: an array of f(x)'s shape followed by x's, (m, n) for vectors. One replay an output element.
template <class F, OperandLike X>
auto jacobian(const F& f, const X& x, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    return detail::jacobian_of<T>(f, detail::operand<T>(x), at);
}

}  // namespace xtape

// Derivatives of functions: grad value_and_grad vjp jvp hessian hvp jacobian.
//
// A function is any callable from tensors to a tensor. Its arguments may be given as tensors, parameters, arrays,
// xtensor expressions or numbers: those it is differentiated by reach it as tensors (of the array's scalar type), all
// others as they are.
//
//     auto f = [](const Tensor& w, const Tensor& x) { return sum(square(w * x)); };
//     grad(f)(w, x)             d f / d w, as in JAX: the first argument is differentiated
//     grad<1>(f)(w, x)          d f / d x
//     grad<0, 1>(f)(w, x)       both, in a std::tuple
//     grad(g)(list)             g takes a std::vector<Tensor>: a vector of gradients
//
// A module may be the function; it is not copied. What a function does not depend on has zeros for a derivative. While
// a tape records on this thread, grad, value_and_grad, vjp and jvp work on that tape, so that their results can be
// differentiated again: grad(grad(f)) is what it says, to any order. Otherwise they use a tape of their own and give
// plain values. hessian, hvp and jacobian give arrays, which are always plain; tensors of a live tape that their
// function reads are constants to them.
#pragma once

#include <xtape/autodiff/arguments.hpp>
#include <xtape/autodiff/tape.hpp>

#include <memory>

namespace xtape {

namespace detail {

/// A value and derivatives with respect to a list of leaves, one each.
template <class T>
using Slopes = std::pair<BasicTensor<T>, std::vector<BasicTensor<T>>>;

/// f(leaves) and its gradients. GraphError when f does not give exactly one element; `who` names the transform in
/// messages.
template <class T>
Slopes<T> differentiate(const char* who, const Function<T>& f, std::span<const BasicTensor<T>> leaves, Location at);
/// The same by parameters, which the function reads itself; zeros for frozen ones.
template <class T>
Slopes<T> differentiate_by(const char* who, const std::function<BasicTensor<T>()>& f,
                           const BasicParameterList<T>& parameters, Location at);

/// A value and what leads back from it, on a tape that is kept for it or on one that was recording.
template <class T>
class Linearised {
public:
    Linearised(const Function<T>& f, std::span<const BasicTensor<T>> leaves);
    /// Plain unless the tape was there before.
    BasicTensor<T> value() const { return own_ ? detach(y_) : y_; }
    /// The products of a cotangent of the value's shape (ShapeError) with the derivatives by each leaf.
    std::vector<BasicTensor<T>> pull(const BasicTensor<T>& cotangent, Location at) const;

private:
    std::shared_ptr<Tape> own_;  // null: the tape was there before
    std::uint64_t tape_ = 0;
    BasicTensor<T> y_;
    std::vector<BasicTensor<T>> leaves_;
};

template <class T>
std::pair<BasicTensor<T>, BasicTensor<T>> push_forward(const Function<T>& f, std::span<const BasicTensor<T>> leaves,
                                                       std::span<const BasicTensor<T>> tangents, Location at);
template <class T>
BasicArray<T> hessian_of(const Function<T>& f, const BasicTensor<T>& x, Location at);
template <class T>
BasicArray<T> hvp_of(const Function<T>& f, const BasicTensor<T>& x, const BasicTensor<T>& v, Location at);
template <class T>
BasicArray<T> jacobian_of(const Function<T>& f, const BasicTensor<T>& x, Location at);

template <std::size_t... I, class F, class... X>
auto slopes(const char* who, F& f, Location at, const X&... x) {
    static_assert(((I < sizeof...(X)) && ...), "grad<I> needs an argument at position I (counted from 0)");
    const auto work = [&](const auto& application) {
        using T = typename std::remove_cvref_t<decltype(application)>::value_type;
        auto [value, gradients] = differentiate<T>(who, application.function(), application.leaves(), at);
        return std::pair(std::move(value), application.layout.parts(std::index_sequence<I...>(),
                                                                    std::span<const BasicTensor<T>>(gradients)));
    };
    return with_application<Selection<I...>>(f, work, x...);
}

template <class T, class F, class M, class... X>
BasicTensor<T> loss_of(F& f, M& model, const X&... x) {
    if constexpr (std::is_invocable_v<F&, M&, const X&...>) {
        return f(model, x...);
    } else {
        static_assert(std::is_invocable_v<F&, const X&...>,
                      "the loss must take the module and the arguments of the call, or these arguments alone");
        return f(x...);
    }
}

}  // namespace detail

/// x... -> d f / d x for a function with one output element (GraphError). Without positions, or with one, the result is
/// the gradient by that argument; with several it is a tuple of them in the order of the positions. A gradient has its
/// argument's shape.
template <std::size_t... I, class F>
auto grad(F&& f, Location at = Location::current()) {
    return [f = detail::hold(std::forward<F>(f)), at](const auto&... x) {
        if constexpr (sizeof...(I) == 0) {
            return detail::slopes<0>("grad", f, at, x...).second;
        } else {
            return detail::slopes<I...>("grad", f, at, x...).second;
        }
    };
}

/// x... -> (f(x...), d f / d x), as grad.
template <std::size_t... I, class F>
auto value_and_grad(F&& f, Location at = Location::current()) {
    return [f = detail::hold(std::forward<F>(f)), at](const auto&... x) {
        if constexpr (sizeof...(I) == 0) {
            return detail::slopes<0>("value_and_grad", f, at, x...);
        } else {
            return detail::slopes<I...>("value_and_grad", f, at, x...);
        }
    };
}

/// A loss with respect to a module's parameters, or those of a list:
///
///     auto step = value_and_grad(model, [](auto& m, const Tensor& x, const IndexArray& y) {
///         return nn::cross_entropy(m(x), y);
///     });
///     auto [loss, gradients] = step(x, y);       // gradients[i] belongs to model.parameters()[i]
///
/// The function is called with the module (or list) and the arguments, or with the arguments alone when it does not
/// take the former. Frozen parameters and those that the loss does not depend on have zeros. The parameters' own
/// gradients are left alone. The module is not copied: it must outlive the result.
template <Parametrised M, class F>
auto value_and_grad(M& model, F f, Location at = Location::current()) {
    return [&model, f = std::move(f), at](const auto&... x) {
        using T = typename detail::ListedScalar<decltype(detail::parameters_of(model))>::type;
        F own = f;
        const std::function<BasicTensor<T>()> loss = [&] { return detail::loss_of<T>(own, model, x...); };
        return detail::differentiate_by<T>("value_and_grad", loss, detail::parameters_of(model), at);
    };
}
template <class T, class F>
auto value_and_grad(BasicParameterList<T>&& parameters, F f, Location at = Location::current()) {
    return [parameters = std::move(parameters), f = std::move(f), at](const auto&... x) {
        return value_and_grad(parameters, f, at)(x...);
    };
}

/// The gradients alone.
template <class M, class F>
requires Parametrised<std::remove_reference_t<M>>
auto grad(M&& parameters, F f, Location at = Location::current()) {
    return [step = value_and_grad(std::forward<M>(parameters), std::move(f), at)](const auto&... x) {
        return step(x...).second;
    };
}

/// (f(x...), v -> vᵀ J): the value, and a function that takes a cotangent of the value's shape (ShapeError) to its
/// products with the derivatives by every argument: a tensor for one argument, a tuple for several. It may be called
/// any number of times, on the thread that made it. When a tape was recording it works on that tape: its results can be
/// differentiated while the tape records, and after the tape's end it throws GraphError.
template <class F, class... X>
auto vjp(F&& f, const X&... x) {
    const auto work = [](const auto& application) {
        using T = typename std::remove_cvref_t<decltype(application)>::value_type;
        detail::Linearised<T> line(application.function(), application.leaves());
        auto pullback = [line, layout = application.layout]<OperandLike V>(const V& v,
                                                                           Location at = Location::current()) {
            const std::vector<BasicTensor<T>> products = line.pull(detail::operand<T>(v), at);
            return layout.parts(std::index_sequence_for<X...>(), std::span<const BasicTensor<T>>(products));
        };
        return std::pair(line.value(), std::move(pullback));
    };
    return detail::with_application<detail::Selection<>>(f, work, x...);
}

/// (f(x), J v): the value and its derivative in the direction v, which has x's shape (ShapeError). Exact, not a
/// difference quotient: u -> uᵀ J is linear in u, so that differentiating the reverse pass once more, by u, gives J v
/// for the cost of two reverse passes.
template <class F, class X, class V>
requires(OperandLike<X>&& OperandLike<V>) auto jvp(F&& f, const X& x, const V& v, Location at = Location::current()) {
    return jvp(f, std::tie(x), std::tie(v), at);
}
/// The same for several arguments: `jvp(f, std::tuple(a, b), std::tuple(va, vb))` is the sum over the arguments.
template <class F, class... X, class... V>
requires(sizeof...(X) == sizeof...(V) && (OperandLike<X> && ...) &&
         (OperandLike<V> && ...)) auto jvp(F&& f, const std::tuple<X...>& x, const std::tuple<V...>& v,
                                           Location at = Location::current()) {
    return std::apply(
        [&](const auto&... primals) {
            const auto work = [&](const auto& application) {
                using T = typename std::remove_cvref_t<decltype(application)>::value_type;
                const std::array<BasicTensor<T>, sizeof...(V)> tangents = std::apply(
                    [](const auto&... t) { return std::array<BasicTensor<T>, sizeof...(V)>{detail::operand<T>(t)...}; },
                    v);
                return detail::push_forward<T>(application.function(), application.leaves(), tangents, at);
            };
            return detail::with_application<detail::Selection<>>(f, work, primals...);
        },
        x);
}

/// Second derivatives of a function with one output element (GraphError): an array of x's shape twice over, (n, n) for
/// a vector. One replay of the gradient's record for each element of x.
template <class F, OperandLike X>
auto hessian(F&& f, const X& x, Location at = Location::current()) {
    return detail::with_application<detail::Selection<>>(
        f,
        [at](const auto& application) {
            return detail::hessian_of(application.function(), application.leaves()[0], at);
        },
        x);
}

/// Hessian of f at x times v, without forming the Hessian; v has x's shape (ShapeError).
template <class F, OperandLike X, OperandLike V>
auto hvp(F&& f, const X& x, const V& v, Location at = Location::current()) {
    return detail::with_application<detail::Selection<>>(
        f,
        [&](const auto& application) {
            using T = typename std::remove_cvref_t<decltype(application)>::value_type;
            return detail::hvp_of<T>(application.function(), application.leaves()[0], detail::operand<T>(v), at);
        },
        x);
}

/// All first derivatives: an array of f(x)'s shape followed by x's, (m, n) for vectors. One replay an output element.
template <class F, OperandLike X>
auto jacobian(F&& f, const X& x, Location at = Location::current()) {
    return detail::with_application<detail::Selection<>>(
        f,
        [at](const auto& application) {
            return detail::jacobian_of(application.function(), application.leaves()[0], at);
        },
        x);
}

}  // namespace xtape

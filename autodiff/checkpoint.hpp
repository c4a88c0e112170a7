// checkpoint: values that are computed again when the gradient needs them, instead of being kept.
//
//     Tensor h = checkpoint(block, x);                                                    // in place of block(x)
//     Tensor h = checkpoint([&](const Tensor& t) { return relu(layer(t)); }, x);
//
// Of what the function computes, the tape keeps the arguments and the result; a replay calls the function again. Values
// and gradients are the same to the last bit as without, and derivatives of any order exist. In a chain of n equal
// blocks, the memory kept for backward goes from n blocks to n results and one block, for one more forward computation.
#pragma once

#include <xtape/autodiff/arguments.hpp>

namespace xtape {

namespace detail {

template <class T>
using Rerun = std::function<std::vector<BasicTensor<T>>()>;

template <class T>
std::vector<BasicTensor<T>> run_checkpoint(Rerun<T> run);

/// An argument as it is kept for the second call: arrays and parameters as tensors, everything else as a copy.
template <class X>
auto kept_argument(const X& x) {
    using T = typename FixedScalar<X>::type;
    if constexpr (OperandLike<X> && !std::is_void_v<T>) {
        return BasicTensor<T>(operand<T>(x));
    } else {
        return x;
    }
}

/// Results of a checkpointed function as a list, and back.
template <class R>
struct Results {
    static constexpr bool known = false;
};
template <class T>
struct Results<BasicTensor<T>> {
    static constexpr bool known = true;
    using scalar = T;
    static std::vector<BasicTensor<T>> list(BasicTensor<T>&& y) { return {std::move(y)}; }
    static BasicTensor<T> back(std::vector<BasicTensor<T>>&& list) { return std::move(list[0]); }
};
template <class T>
struct Results<std::vector<BasicTensor<T>>> {
    static constexpr bool known = true;
    using scalar = T;
    static std::vector<BasicTensor<T>> list(std::vector<BasicTensor<T>>&& y) { return std::move(y); }
    static std::vector<BasicTensor<T>> back(std::vector<BasicTensor<T>>&& list) { return std::move(list); }
};
template <class T, std::same_as<BasicTensor<T>>... Rest>
struct Results<std::tuple<BasicTensor<T>, Rest...>> {
    static constexpr bool known = true;
    using scalar = T;
    using Tuple = std::tuple<BasicTensor<T>, Rest...>;
    static std::vector<BasicTensor<T>> list(Tuple&& y) {
        return std::apply([](auto&... each) { return std::vector<BasicTensor<T>>{std::move(each)...}; }, y);
    }
    static Tuple back(std::vector<BasicTensor<T>>&& list) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return Tuple(std::move(list[I])...); }
        (std::make_index_sequence<1 + sizeof...(Rest)>());
    }
};
template <class T>
struct Results<std::pair<BasicTensor<T>, BasicTensor<T>>> {
    static constexpr bool known = true;
    using scalar = T;
    static std::vector<BasicTensor<T>> list(std::pair<BasicTensor<T>, BasicTensor<T>>&& y) {
        return {std::move(y.first), std::move(y.second)};
    }
    static std::pair<BasicTensor<T>, BasicTensor<T>> back(std::vector<BasicTensor<T>>&& list) {
        return {std::move(list[0]), std::move(list[1])};
    }
};

}  // namespace detail

/// f(x...), recomputed in backward. f returns a tensor, or several in a std::vector, std::pair or std::tuple. Arguments
/// that are arrays or parameters reach it as tensors, all others as copies made now. Parameters and other tensors that
/// f reads need not be arguments. Checkpoints may be nested, and without a recording tape this is the plain call.
///
/// f must do the same each time: a second call that reads other parameters or tensors, or gives another shape, is a
/// GraphError in backward. Random streams it draws are the same ones again (random::Rewind); other side effects,
/// running statistics for one, happen twice. A tensor made inside f that leaves it by another way than its result
/// cannot be differentiated (GraphError).
///
/// f is copied, a module (an lvalue with parameters()) referred to: it, and what f captures by reference, must live
/// until backward.
template <class F, class... X>
auto checkpoint(F&& f, const X&... x) {
    using Held = decltype(detail::hold(std::forward<F>(f)));
    using Arguments = std::tuple<decltype(detail::kept_argument(x))...>;
    static_assert(std::is_invocable_v<Held&, const decltype(detail::kept_argument(x))&...>,
                  "the function cannot be called with these arguments: arrays and parameters reach it as tensors, all "
                  "others as they are");
    using Result = std::decay_t<std::invoke_result_t<Held&, const decltype(detail::kept_argument(x))&...>>;
    using Kind = detail::Results<Result>;
    static_assert(
        Kind::known,
        "a checkpointed function returns a tensor, or a std::vector, std::pair or std::tuple of tensors of one type");
    using T = typename Kind::scalar;
    detail::Rerun<T> run = [f = detail::hold(std::forward<F>(f)),
                            arguments = Arguments(detail::kept_argument(x)...)]() mutable {
        return Kind::list(std::apply(f, std::as_const(arguments)));
    };
    return Kind::back(detail::run_checkpoint<T>(std::move(run)));
}

}  // namespace xtape

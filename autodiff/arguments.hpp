// How the transforms (grad, vjp, hessian, checkpoint, ...) call a function: which scalar type its tensors have, which
// of its arguments are differentiated, and what the function receives for each of them.
#pragma once

#include <xtape/autodiff/operand.hpp>

#include <array>
#include <functional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace xtape::detail {

template <class X>
struct ListScalar {
    using type = void;
};
template <class T>
struct ListScalar<std::vector<BasicTensor<T>>> {
    using type = T;
};

/// A std::vector of tensors: one argument with several arrays in it.
template <class X>
concept TensorList = !std::is_void_v<typename ListScalar<bare<X>>::type>;

/// Scalar type that an argument leaves no choice about; void for numbers and for arrays of integers.
template <class X>
struct FixedScalar {
    using type = typename ListScalar<bare<X>>::type;
};
template <Node X>
struct FixedScalar<X> {
    using type = typename scalar_from<X>::type;
};
template <Expression X>
requires std::floating_point<typename bare<X>::value_type>
struct FixedScalar<X> {
    using type = typename bare<X>::value_type;
};

/// Which arguments are differentiated, by position; none listed means all.
template <std::size_t... I>
struct Selection {
    static constexpr bool has(std::size_t k) { return sizeof...(I) == 0 || ((k == I) || ...); }
};

/// What the function receives for an argument: a tensor or a list of tensors when it is differentiated, else the
/// argument itself.
template <class T, bool selected, class X>
using Received =
    std::conditional_t<!selected, const X&,
                       std::conditional_t<TensorList<X>, const std::vector<BasicTensor<T>>&, const BasicTensor<T>&>>;

template <class T, class F, class Selected, class... X>
constexpr bool callable = []<std::size_t... K>(std::index_sequence<K...>) {
    return std::is_invocable_v<F&, Received<T, Selected::has(K), X>...>;
}
(std::index_sequence_for<X...>());

template <class Selected, class Positions, class... X>
struct FixedOf;
template <class Selected, std::size_t... K, class... X>
struct FixedOf<Selected, std::index_sequence<K...>, X...>
    : first_scalar<std::conditional_t<Selected::has(K), typename FixedScalar<X>::type, void>...> {};

/// Numbers alone do not say float or double: doubles ask for double first, the rest for float, and the function must
/// take it.
template <class F, class Selected, class... X>
constexpr auto choose_scalar() {
    using Fixed = typename FixedOf<Selected, std::index_sequence_for<X...>, X...>::type;
    constexpr bool wants_double = (std::same_as<bare<X>, double> || ...);
    if constexpr (!std::is_void_v<Fixed>) {
        return Fixed();
    } else if constexpr (wants_double) {
        return std::conditional_t<callable<double, F, Selected, X...>, double, float>();
    } else {
        return std::conditional_t<callable<float, F, Selected, X...>, float, double>();
    }
}

template <class F, class Selected, class... X>
using ScalarFor = decltype(choose_scalar<F, Selected, X...>());

/// A function of the tensors that are differentiated, everything else about it forgotten.
template <class T>
using Function = std::function<BasicTensor<T>(std::span<const BasicTensor<T>>)>;

/// Where in a flat list of tensors, one a leaf, each argument's own stand.
template <class Selected, class... X>
class Layout {
public:
    explicit Layout(const X&... x) {
        std::size_t k = 0;
        ((offsets_[k + 1] = offsets_[k] + (Selected::has(k) ? length(x) : 0), ++k), ...);
    }

    std::size_t leaves() const { return offsets_.back(); }

    /// The tensor or the vector of tensors that belongs to argument K.
    template <std::size_t K, class T>
    auto part(std::span<const BasicTensor<T>> values) const {
        if constexpr (TensorList<std::tuple_element_t<K, std::tuple<X...>>>) {
            return std::vector<BasicTensor<T>>(values.begin() + static_cast<std::ptrdiff_t>(offsets_[K]),
                                               values.begin() + static_cast<std::ptrdiff_t>(offsets_[K + 1]));
        } else {
            return values[offsets_[K]];
        }
    }
    /// One argument's part as it is, several as a tuple.
    template <std::size_t... K, class T>
    auto parts(std::index_sequence<K...>, std::span<const BasicTensor<T>> values) const {
        if constexpr (sizeof...(K) == 1) {
            return (part<K>(values), ...);
        } else {
            return std::tuple(part<K>(values)...);
        }
    }

private:
    template <class Y>
    static std::size_t length(const Y& y) {
        if constexpr (TensorList<Y>) {
            return y.size();
        } else {
            return 1;
        }
    }

    std::array<std::size_t, sizeof...(X) + 1> offsets_{};
};

/// A function with its arguments: their tensors as one flat list of leaves, and the way back.
template <class T, class Selected, class F, class... X>
class Application {
public:
    using value_type = T;

    explicit Application(F& f, const X&... x) : layout(x...), f_(f), x_(x...) {
        check();
        std::size_t k = 0;
        ((Selected::has(k++) ? append(x) : void()), ...);
    }

    const Layout<Selected, X...> layout;

    std::span<const BasicTensor<T>> leaves() const { return leaves_; }

    /// The function at leaves that stand for the differentiated arguments.
    decltype(auto) call(std::span<const BasicTensor<T>> leaves) const {
        return [&]<std::size_t... K>(std::index_sequence<K...>)->decltype(auto) { return f_(argument<K>(leaves)...); }
        (std::index_sequence_for<X...>());
    }

    /// Refers to this object.
    Function<T> function() const {
        using Result = decltype(call(std::span<const BasicTensor<T>>()));
        static_assert(
            std::is_convertible_v<Result, BasicTensor<T>>,
            "the function must return one tensor, of the scalar type of the arguments it is differentiated by");
        return [this](std::span<const BasicTensor<T>> leaves) -> BasicTensor<T> { return call(leaves); };
    }

private:
    static constexpr void check() {
        constexpr bool fits = []<std::size_t... K>(std::index_sequence<K...>) {
            return ((!Selected::has(K) || OperandLike<X> || TensorList<X>)&&...);
        }
        (std::index_sequence_for<X...>());
        static_assert(
            fits,
            "an argument to differentiate is a tensor, a parameter, an array, a number, or a std::vector of tensors");
        if constexpr (fits) {
            static_assert(std::same_as<T, float> || std::same_as<T, double>,
                          "tensors have elements of type float or double");
            static_assert(
                callable<T, F, Selected, X...>,
                "the function cannot be called with these arguments: arrays of float reach it as Tensor, of double as "
                "Tensor64, a std::vector of tensors as such a vector, and arguments not differentiated as they are");
        }
    }

    template <class Y>
    void append(const Y& y) {
        if constexpr (TensorList<Y>) {
            leaves_.insert(leaves_.end(), y.begin(), y.end());
        } else if constexpr (OperandLike<Y>) {
            leaves_.push_back(operand<T>(y));
        }
    }

    template <std::size_t K>
    decltype(auto) argument(std::span<const BasicTensor<T>> leaves) const {
        if constexpr (Selected::has(K)) {
            return layout.template part<K>(leaves);
        } else {
            return std::get<K>(x_);
        }
    }

    F& f_;
    std::tuple<const X&...> x_;
    std::vector<BasicTensor<T>> leaves_;
};

/// Calls `work(application)` for f and its arguments; a constant f that changes itself when called works on a copy.
template <class Selected, class F, class Work, class... X>
auto with_application(F& f, const Work& work, const X&... x) {
    using Own = std::remove_const_t<F>;
    using T = ScalarFor<Own, Selected, X...>;
    if constexpr (callable<T, F, Selected, X...> || !callable<T, Own, Selected, X...>) {
        return work(Application<T, Selected, F, X...>(f, x...));
    } else {
        Own own = f;
        return work(Application<T, Selected, Own, X...>(own, x...));
    }
}

template <class L>
struct ListedScalar {};
template <class T>
struct ListedScalar<BasicParameterList<T>> {
    using type = T;
};

template <class T>
BasicParameterList<T> parameters_of(const BasicParameterList<T>& list) {
    return list;
}
template <class M>
auto parameters_of(M& model) -> decltype(model.parameters()) {
    return model.parameters();
}

}  // namespace xtape::detail

namespace xtape {

/// A list of parameters, or anything that has one: a module.
template <class M>
concept Parametrised = requires(M& model) {
    typename detail::ListedScalar<decltype(detail::parameters_of(model))>::type;
};

}  // namespace xtape

namespace xtape::detail {

/// A function as a transform keeps it: a copy, but of a module a reference, because a copy would have parameters of its
/// own.
template <class F>
auto hold(F&& f) {
    if constexpr (std::is_lvalue_reference_v<F> && Parametrised<F>) {
        return std::ref(f);
    } else {
        return std::decay_t<F>(std::forward<F>(f));
    }
}

}  // namespace xtape::detail

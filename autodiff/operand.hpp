// What may stand in an expression with tensors: tensors, parameters, xtensor containers and expressions, plain numbers.
#pragma once

#include <xtape/autodiff/parameter.hpp>

#include <concepts>
#include <type_traits>

namespace xtape {

namespace detail {

template <class T>
std::type_identity<T> node_scalar(const BasicTensor<T>&);
template <class T>
std::type_identity<T> node_scalar(const BasicParameterRef<T>&);

template <class X>
using bare = std::remove_cvref_t<X>;

}  // namespace detail

/// A tensor or a parameter.
template <class X>
concept Node = requires(const detail::bare<X>& x) { detail::node_scalar(x); };

/// A number of a built-in type.
template <class X>
concept Number = std::is_arithmetic_v<detail::bare<X>>;

/// An xtensor container or lazy expression.
template <class X>
concept Expression = std::derived_from<detail::bare<X>, xt::xexpression<detail::bare<X>>>;

template <class X>
concept OperandLike = Node<X> || Number<X> || Expression<X>;

namespace detail {

template <class X>
struct scalar_from { using type = void; };
template <Node X>
struct scalar_from<X> { using type = typename decltype(node_scalar(std::declval<const bare<X>&>()))::type; };

template <class X>
struct expression_scalar { using type = void; };
template <Expression X>
struct expression_scalar<X> { using type = typename bare<X>::value_type; };

template <class... X>
struct first_scalar { using type = void; };
template <class X, class... Rest>
struct first_scalar<X, Rest...> {
    using type = std::conditional_t<std::is_void_v<X>, typename first_scalar<Rest...>::type, X>;
};

/// Scalar type of an expression: that of its first tensor or parameter, else of its first xtensor expression.
template <class... X>
using scalar_of = typename first_scalar<typename scalar_from<X>::type..., typename expression_scalar<X>::type...>::type;

/// An xtensor expression of another floating type would lose or invent precision silently; integers and bools convert.
template <class T, class X>
concept FitsScalar = Number<X> || (Node<X> && std::same_as<typename scalar_from<X>::type, T>) ||
                     (Expression<X> && (std::same_as<typename expression_scalar<X>::type, T> ||
                                        std::integral<typename expression_scalar<X>::type>));

template <class T>
const BasicTensor<T>& operand(const BasicTensor<T>& x) { return x; }
template <class T>
BasicTensor<T> operand(const BasicParameterRef<T>& x) { return x.tensor(); }
template <class T, Number X>
BasicTensor<T> operand(X x) { return BasicTensor<T>(static_cast<T>(x)); }
template <class T, Expression X>
BasicTensor<T> operand(const X& x) { return BasicTensor<T>(BasicArray<T>(x)); }

}  // namespace detail

/// At least one tensor or parameter, the rest of anything that fits its scalar type.
template <class... X>
concept Operands = (OperandLike<X> && ...) && (Node<X> || ...) && (detail::FitsScalar<detail::scalar_of<X...>, X> && ...);

/// Tensors beside expressions of another scalar type. Operators on these are deleted: xtensor's own would take the tensor for a number.
template <class... X>
concept UnfitOperands = (OperandLike<X> && ...) && (Node<X> || ...) && !(detail::FitsScalar<detail::scalar_of<X...>, X> && ...);

}  // namespace xtape

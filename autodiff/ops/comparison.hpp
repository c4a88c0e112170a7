// Masks: comparisons and logic, which yield tensors of 0s and 1s that are constants for differentiation.
//
// A comparison with NaN is 0, but for not_equal. In logic any number that is not 0 counts as true, NaN too.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>

namespace xtape {

/// y = 1 where a < b, else 0
struct Less : Elementwise<2> {
    static constexpr const char* name = "less";
    static constexpr const char* signature = "a < b, b > a";
    static constexpr const char* formula = "y = 1 if a < b else 0;  no gradient";
    static constexpr const char* kinks = "0 wherever NaN takes part";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(a < b, V(1), V(0)); }
    static double reference(double a, double b) { return a < b ? 1 : 0; }
    static std::vector<Sample<Less>> samples();
};

/// y = 1 where a <= b, else 0
struct LessEqual : Elementwise<2> {
    static constexpr const char* name = "less_equal";
    static constexpr const char* signature = "a <= b, b >= a";
    static constexpr const char* formula = "y = 1 if a <= b else 0;  no gradient";
    static constexpr const char* kinks = "0 wherever NaN takes part";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(a <= b, V(1), V(0)); }
    static double reference(double a, double b) { return a <= b ? 1 : 0; }
    static std::vector<Sample<LessEqual>> samples();
};

/// y = 1 where a = b, else 0
struct Equal : Elementwise<2> {
    static constexpr const char* name = "equal";
    static constexpr const char* signature = "equal(a, b)";
    static constexpr const char* formula = "y = 1 if a = b else 0;  no gradient";
    static constexpr const char* kinks = "0 wherever NaN takes part";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(equal(a, b), V(1), V(0)); }
    static double reference(double a, double b) { return a == b ? 1 : 0; }
    static std::vector<Sample<Equal>> samples();
};

/// y = 1 where a ≠ b, else 0; 1 wherever NaN takes part
struct NotEqual : Elementwise<2> {
    static constexpr const char* name = "not_equal";
    static constexpr const char* signature = "not_equal(a, b)";
    static constexpr const char* formula = "y = 1 if a != b else 0;  no gradient";
    static constexpr const char* kinks = "1 wherever NaN takes part";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(equal(a, b), V(0), V(1)); }
    static double reference(double a, double b) { return a != b ? 1 : 0; }
    static std::vector<Sample<NotEqual>> samples();
};

/// y = 1 where neither a nor b is 0, else 0. NaN is not 0.
struct LogicalAnd : Elementwise<2> {
    static constexpr const char* name = "logical_and";
    static constexpr const char* signature = "logical_and(a, b)";
    static constexpr const char* formula = "y = 1 if a != 0 and b != 0 else 0;  no gradient";
    static constexpr const char* kinks = "NaN counts as not 0";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(equal(a, V(0)) || equal(b, V(0)), V(0), V(1)); }
    static double reference(double a, double b) { return a != 0 && b != 0 ? 1 : 0; }
    static std::vector<Sample<LogicalAnd>> samples();
};

/// y = 0 where a and b are both 0, else 1. NaN is not 0.
struct LogicalOr : Elementwise<2> {
    static constexpr const char* name = "logical_or";
    static constexpr const char* signature = "logical_or(a, b)";
    static constexpr const char* formula = "y = 1 if a != 0 or b != 0 else 0;  no gradient";
    static constexpr const char* kinks = "NaN counts as not 0";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(equal(a, V(0)) && equal(b, V(0)), V(0), V(1)); }
    static double reference(double a, double b) { return a != 0 || b != 0 ? 1 : 0; }
    static std::vector<Sample<LogicalOr>> samples();
};

/// y = 1 where x is 0, else 0. NaN is not 0.
struct LogicalNot : Elementwise<1> {
    static constexpr const char* name = "logical_not";
    static constexpr const char* signature = "logical_not(x)";
    static constexpr const char* formula = "y = 1 if x = 0 else 0;  no gradient";
    static constexpr const char* kinks = "NaN counts as not 0";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V x) { return where(equal(x, V(0)), V(1), V(0)); }
    static double reference(double x) { return x == 0 ? 1 : 0; }
    static std::vector<Sample<LogicalNot>> samples();
};

/// Masks of 0s and 1s. ShapeError when the shapes do not broadcast together.
template <class A, class B>
    requires Operands<A, B>
auto operator<(A&& a, B&& b) { return detail::call(Less{}, Location{}, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto operator<=(A&& a, B&& b) { return detail::call(LessEqual{}, Location{}, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto operator>(A&& a, B&& b) { return detail::call(Less{}, Location{}, b, a); }
template <class A, class B>
    requires Operands<A, B>
auto operator>=(A&& a, B&& b) { return detail::call(LessEqual{}, Location{}, b, a); }
template <class A, class B>
    requires Operands<A, B>
auto equal(A&& a, B&& b) { return detail::call(Equal{}, Location{}, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto not_equal(A&& a, B&& b) { return detail::call(NotEqual{}, Location{}, a, b); }
/// Any number that is not 0 counts as true.
template <class A, class B>
    requires Operands<A, B>
auto logical_and(const A& a, const B& b, Location at = Location::current()) { return detail::call(LogicalAnd{}, at, a, b); }
template <class A, class B>
    requires Operands<A, B>
auto logical_or(const A& a, const B& b, Location at = Location::current()) { return detail::call(LogicalOr{}, at, a, b); }
template <Node X>
auto logical_not(const X& x, Location at = Location::current()) { return detail::call(LogicalNot{}, at, x); }

template <class A, class B>
    requires UnfitOperands<A, B>
auto operator<(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator>(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator<=(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto operator>=(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto equal(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto not_equal(A&& a, B&& b) = delete;

namespace detail {
std::vector<OperationInfo> comparison_operations();
}

using ComparisonOps = OpList<Less, LessEqual, Equal, NotEqual, LogicalAnd, LogicalOr, LogicalNot>;

extern template struct detail::Runner<Less>;
extern template struct detail::Runner<LessEqual>;
extern template struct detail::Runner<Equal>;
extern template struct detail::Runner<NotEqual>;
extern template struct detail::Runner<LogicalAnd>;
extern template struct detail::Runner<LogicalOr>;
extern template struct detail::Runner<LogicalNot>;

}  // namespace xtape

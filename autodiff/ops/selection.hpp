// Choosing between values: comparisons, where, maximum, minimum, abs.
//
// Comparisons yield masks, tensors of 0s and 1s that are constants for differentiation. A comparison with NaN is 0.
#pragma once

#include <xtape/autodiff/ops/arithmetic.hpp>

namespace xtape {

/// y = 1 where a < b, else 0
struct Less : Elementwise<2> {
    static constexpr const char* name = "less";
    static constexpr const char* formula = "y = 1 if a < b else 0;  no gradient";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(a < b, V(1), V(0)); }
    static double reference(double a, double b) { return a < b ? 1 : 0; }
    static std::vector<Sample<Less>> samples();
};

/// y = 1 where a <= b, else 0
struct LessEqual : Elementwise<2> {
    static constexpr const char* name = "less_equal";
    static constexpr const char* formula = "y = 1 if a <= b else 0;  no gradient";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(a <= b, V(1), V(0)); }
    static double reference(double a, double b) { return a <= b ? 1 : 0; }
    static std::vector<Sample<LessEqual>> samples();
};

/// y = 1 where a = b, else 0
struct Equal : Elementwise<2> {
    static constexpr const char* name = "equal";
    static constexpr const char* formula = "y = 1 if a = b else 0;  no gradient";
    static constexpr bool not_differentiable = true;

    template <class V>
    static V forward(V a, V b) { return where(equal(a, b), V(1), V(0)); }
    static double reference(double a, double b) { return a == b ? 1 : 0; }
    static std::vector<Sample<Equal>> samples();
};

/// y = a where m is not 0, else b. A NaN in the branch not taken does not reach the gradient.
struct Where : Elementwise<3> {
    static constexpr const char* name = "where";
    static constexpr const char* formula = "y = a if m != 0 else b;  da = g if m != 0 else 0;  db = 0 if m != 0 else g";
    static constexpr Keep keep = Keep::input(0);

    template <class V>
    static V forward(V m, V a, V b) { return where(equal(m, V(0)), b, a); }
    template <class V>
    static std::array<V, 3> backward(V g, V, V m, V, V) {
        const V zero(0);
        const auto off = equal(m, zero);
        return {g * 0, where(off, zero, g), where(off, g, zero)};
    }
    static double reference(double m, double a, double b) { return m != 0 ? a : b; }
    static std::vector<Sample<Where>> samples();
};

/// y = max(a, b); NaN when either is NaN. Equal operands share the gradient half and half.
struct Maximum : Elementwise<2> {
    static constexpr const char* name = "maximum";
    static constexpr const char* formula = "y = max(a, b);  da = g if a > b, g/2 if a = b, else 0;  db likewise";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V a, V b) { return where(a > b, a, where(b >= a, b, a + b)); }
    template <class V>
    static std::array<V, 2> backward(V g, V, V a, V b) {
        const V zero(0), half = g * 0.5;
        const auto tie = equal(a, b);
        return {where(tie, half, where(a > b, g, zero)), where(tie, half, where(a < b, g, zero))};
    }
    static double reference(double a, double b) { return a != a || b != b ? NAN : (a > b ? a : b); }
    static std::vector<Sample<Maximum>> samples();
};

/// y = min(a, b); NaN when either is NaN. Equal operands share the gradient half and half.
struct Minimum : Elementwise<2> {
    static constexpr const char* name = "minimum";
    static constexpr const char* formula = "y = min(a, b);  da = g if a < b, g/2 if a = b, else 0;  db likewise";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V a, V b) { return where(a < b, a, where(b <= a, b, a + b)); }
    template <class V>
    static std::array<V, 2> backward(V g, V, V a, V b) {
        const V zero(0), half = g * 0.5;
        const auto tie = equal(a, b);
        return {where(tie, half, where(a < b, g, zero)), where(tie, half, where(a > b, g, zero))};
    }
    static double reference(double a, double b) { return a != a || b != b ? NAN : (a < b ? a : b); }
    static std::vector<Sample<Minimum>> samples();
};

/// y = |x|. The derivative at 0 is 0.
struct Abs : Elementwise<1> {
    static constexpr const char* name = "abs";
    static constexpr const char* formula = "y = |x|;  dx = g sign(x)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return abs(x); }
    template <class V>
    static V backward(V g, V, V x) {
        const V zero(0);
        return where(x > zero, g, where(x < zero, -g, g * x));
    }
    static double reference(double x) { return std::abs(x); }
    static std::vector<Sample<Abs>> samples();
};

/// Masks of 0s and 1s.
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
auto maximum(A&& a, B&& b) = delete;
template <class A, class B>
    requires UnfitOperands<A, B>
auto minimum(A&& a, B&& b) = delete;
template <class M, class A, class B>
    requires UnfitOperands<M, A, B>
auto where(M&& mask, A&& a, B&& b) = delete;

/// a where mask is not 0, else b. No gradient flows into the mask.
template <class M, class A, class B>
    requires Operands<M, A, B>
auto where(M&& mask, A&& a, B&& b) {
    using T = detail::scalar_of<M, A, B>;
    return detail::call(Where{}, Location{}, detach(detail::operand<T>(mask)), a, b);
}

// xtensor has functions of these names; only a template of exactly their form is preferred when an operand is an xtensor container.
template <class A, class B>
    requires(Operands<A, B>)
auto maximum(A&& a, B&& b) { return detail::call(Maximum{}, Location{}, a, b); }
template <class A, class B>
    requires(Operands<A, B>)
auto minimum(A&& a, B&& b) { return detail::call(Minimum{}, Location{}, a, b); }

template <Node X>
auto abs(const X& x, Location at = Location::current()) { return detail::call(Abs{}, at, x); }

namespace detail {
std::vector<OperationInfo> selection_operations();
}

using SelectionOps = OpList<Less, LessEqual, Equal, Where, Maximum, Minimum, Abs>;

extern template struct detail::Runner<Less>;
extern template struct detail::Runner<LessEqual>;
extern template struct detail::Runner<Equal>;
extern template struct detail::Runner<Where>;
extern template struct detail::Runner<Maximum>;
extern template struct detail::Runner<Minimum>;
extern template struct detail::Runner<Abs>;

}  // namespace xtape

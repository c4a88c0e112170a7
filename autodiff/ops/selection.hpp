// Choosing between values: where, maximum, minimum, abs.
#pragma once

#include <xtape/autodiff/ops/comparison.hpp>

namespace xtape {

/// y = a where m is not 0, else b. A NaN in the branch not taken does not reach the gradient.
struct Where : Elementwise<3> {
    static constexpr const char* name = "where";
    static constexpr const char* signature = "where(m, a, b)";
    static constexpr const char* formula = "y = a if m != 0 else b;  da = g if m != 0 else 0;  db = 0 if m != 0 else g";
    static constexpr const char* kinks =
        "a NaN mask counts as not 0; the branch not taken gets exactly 0, also when it is NaN or infinite; no gradient flows into m";
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
    static constexpr const char* signature = "maximum(a, b)";
    static constexpr const char* formula = "y = max(a, b);  da = g if a > b, g/2 if a = b, else 0;  db likewise";
    static constexpr const char* kinks = "equal operands get half the gradient each; NaN when either is NaN";
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
    static constexpr const char* signature = "minimum(a, b)";
    static constexpr const char* formula = "y = min(a, b);  da = g if a < b, g/2 if a = b, else 0;  db likewise";
    static constexpr const char* kinks = "equal operands get half the gradient each; NaN when either is NaN";
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
    static constexpr const char* signature = "abs(x)";
    static constexpr const char* formula = "y = |x|;  dx = g sign(x)";
    static constexpr const char* kinks = "at 0 all derivatives are 0";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return abs(x); }
    template <class V>
    static V backward(V g, V, V x) {
        const V zero(0);
        return where(x > zero, g, where(x < zero, -g, where(equal(x, zero), zero, x)));  // NaN stays NaN
    }
    static double reference(double x) { return std::abs(x); }
    static std::vector<Sample<Abs>> samples();
};

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

using SelectionOps = OpList<Where, Maximum, Minimum, Abs>;

extern template struct detail::Runner<Where>;
extern template struct detail::Runner<Maximum>;
extern template struct detail::Runner<Minimum>;
extern template struct detail::Runner<Abs>;

}  // namespace xtape

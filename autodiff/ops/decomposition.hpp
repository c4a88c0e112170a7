// Factors and determinants of square matrices (..., n, n): cholesky det logdet slogdet.
#pragma once

#include <xtape/autodiff/ops/matrix.hpp>

namespace xtape {

/// Lower triangular L with positive diagonal and L Lᵀ = (X + Xᵀ) / 2: X itself where it is symmetric. Taking the
/// symmetric part makes the derivative one with respect to X's elements, and it is PyTorch's for symmetric X.
struct Cholesky {
    static constexpr const char* name = "cholesky";
    static constexpr const char* signature = "cholesky(x)";
    static constexpr const char* formula =
        "L L^T = (X + X^T) / 2;  dX = symmetric part of L^-T P L^-1, P = lower triangle of L^T G, its diagonal halved";
    static constexpr Keep keep = Keep::output();
    static constexpr const char* domain =
        "X (..., n, n) with a positive definite symmetric part; DataError that names the matrix otherwise";

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Cholesky>> samples();
    static Sample<Cholesky> random(sample::Draw& draw);
};

/// y = determinant of each matrix
struct Det {
    static constexpr const char* name = "det";
    static constexpr const char* signature = "det(x)";
    static constexpr const char* formula = "y = det X;  dX = g y X^-T, from the minors of X where y = 0";
    static constexpr Keep keep = Keep::inputs() | Keep::output();
    static constexpr const char* domain = "X (..., n, n); NaN for a matrix with NaN or infinity";
    static constexpr const char* kinks =
        "0 for a singular matrix, and its derivatives of any order are those of the polynomial, at the cost of n^2 "
        "determinants";

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Det>> samples();
    static Sample<Det> random(sample::Draw& draw);
};

/// y = log of the determinant of each matrix; sums are made in double, so it neither overflows nor vanishes
struct LogDet {
    static constexpr const char* name = "logdet";
    static constexpr const char* signature = "logdet(x)";
    static constexpr const char* formula = "y = log det X;  dX = g X^-T";
    static constexpr Keep keep = Keep::inputs();
    static constexpr const char* domain = "X (..., n, n) with a positive determinant; NaN for one with NaN or infinity";
    static constexpr const char* kinks =
        "NaN for a negative determinant, where the derivative is that of logabsdet; -inf for a singular matrix, whose "
        "derivative is a "
        "DataError that names it";

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<LogDet>> samples();
    static Sample<LogDet> random(sample::Draw& draw);
};

/// y = log of the determinant's absolute value
struct LogAbsDet {
    static constexpr const char* name = "logabsdet";
    static constexpr const char* signature = "slogdet(x).logabsdet";
    static constexpr const char* formula = "y = log |det X|;  dX = g X^-T";
    static constexpr Keep keep = Keep::inputs();
    static constexpr const char* domain =
        "X (..., n, n) with a determinant other than 0; NaN for one with NaN or infinity";
    static constexpr const char* kinks = "-inf for a singular matrix, whose derivative is a DataError that names it";

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<LogAbsDet>> samples();
    static Sample<LogAbsDet> random(sample::Draw& draw);
};

/// y = -1, 0 or 1, the sign of the determinant of each matrix
struct DetSign {
    static constexpr const char* name = "det_sign";
    static constexpr const char* signature = "slogdet(x).sign";
    static constexpr const char* formula = "y = sign of det X;  no gradient";
    static constexpr bool not_differentiable = true;
    static constexpr const char* domain = "X (..., n, n); NaN for one with NaN or infinity";

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<DetSign>> samples();
    static Sample<DetSign> random(sample::Draw& draw);
};

/// Cholesky factors of matrices (..., n, n). ShapeError unless they are square; DataError for one that is not positive
/// definite, or holds NaN or infinity, which says which one.
template <Node X>
auto cholesky(const X& x, Location at = Location::current()) {
    return detail::call_located(Cholesky{}, at, x);
}

/// Determinants of matrices (..., n, n): (...). ShapeError unless they are square.
template <Node X>
auto det(const X& x, Location at = Location::current()) {
    return detail::call(Det{}, at, x);
}

/// Logarithms of the determinants of matrices (..., n, n): NaN for a negative determinant, -inf for a singular matrix.
template <Node X>
auto logdet(const X& x, Location at = Location::current()) {
    return detail::call(LogDet{}, at, x);
}

/// A determinant as sign * exp(logabsdet), which holds where det itself would overflow.
template <class T>
struct SignLogDet {
    BasicTensor<T> sign;       ///< -1, 0 or 1, a constant for differentiation
    BasicTensor<T> logabsdet;  ///< -inf for a singular matrix
};
template <Node X>
auto slogdet(const X& x, Location at = Location::current()) {
    using T = detail::scalar_of<X>;
    return SignLogDet<T>{detail::call(DetSign{}, at, x), detail::call(LogAbsDet{}, at, x)};
}

namespace detail {
std::vector<OperationInfo> decomposition_operations();
}

using DecompositionOps = OpList<Cholesky, Det, LogDet, LogAbsDet, DetSign>;

extern template struct detail::Runner<Cholesky>;
extern template struct detail::Runner<Det>;
extern template struct detail::Runner<LogDet>;
extern template struct detail::Runner<LogAbsDet>;
extern template struct detail::Runner<DetSign>;

}  // namespace xtape

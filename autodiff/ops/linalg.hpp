// Matrix products: matmul linear.
#pragma once

#include <xtape/autodiff/ops/shaping.hpp>

namespace xtape {

struct MatmulOptions {
    bool transpose_a = false;  ///< multiply by the transpose of a's matrices
    bool transpose_b = false;  ///< multiply by the transpose of b's matrices
};

/// Y = op(A) op(B) for every matrix of the broadcast batch axes; a vector is one row on the left, one column on the right
struct Matmul {
    MatmulOptions options;

    static constexpr const char* name = "matmul";
    static constexpr const char* signature = "matmul(a, b, {.transpose_a, .transpose_b})";
    static constexpr const char* formula = "Y = A B;  dA = G B^T;  dB = A^T G";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    /// A multiplication and an addition for each of k terms of each element.
    double flops(Shapes x) const {
        const Shape& a = *x[0];
        const std::size_t k = options.transpose_a && a.size() > 1 ? a[a.size() - 2] : a.back();
        return 2 * static_cast<double>(k) * static_cast<double>(element_count(infer(x)));
    }
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Matmul>> samples();
    static Sample<Matmul> random(sample::Draw& draw);
};

/// Y = X Wᵀ + b over the last axis: X (..., in), W (out, in), b (out), Y (..., out). The bias is added inside the product.
struct Linear {
    static constexpr const char* name = "linear";
    static constexpr const char* signature = "linear(x, weight, bias)";
    static constexpr const char* formula = "Y = X W^T + b;  dX = G W;  dW = G^T X;  db = G summed over rows";
    static constexpr Keep keep = Keep::input(0) | Keep::input(1);

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    double flops(Shapes x) const {
        return static_cast<double>(element_count(infer(x))) * static_cast<double>(2 * x[0]->back() + (x.size() > 2 ? 1 : 0));
    }
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Linear>> samples();
    static Sample<Linear> random(sample::Draw& draw);
};

/// (..., m, k) x (..., k, n) -> (..., m, n); leading axes broadcast. A vector (k) on the left is one row, on the right
/// one column, and that axis is missing in the result, as in NumPy; transposing a vector changes nothing. ShapeError when
/// the shapes do not fit.
template <class A, class B>
    requires Operands<A, B>
auto matmul(const A& a, const B& b, MatmulOptions options = {}, Location at = Location::current()) {
    return detail::call(Matmul{options}, at, a, b);
}

/// x (..., in) times the transpose of weight (out, in), plus bias (out) when there is one. ShapeError when the shapes do not fit.
template <class X, class W>
    requires Operands<X, W>
auto linear(const X& x, const W& weight, Location at = Location::current()) {
    return detail::call(Linear{}, at, x, weight);
}
template <class X, class W, class B>
    requires Operands<X, W, B>
auto linear(const X& x, const W& weight, const B& bias, Location at = Location::current()) {
    return detail::call(Linear{}, at, x, weight, bias);
}

namespace detail {
std::vector<OperationInfo> linalg_operations();
}

using LinalgOps = OpList<Matmul, Linear>;

extern template struct detail::Runner<Matmul>;
extern template struct detail::Runner<Linear>;

}  // namespace xtape

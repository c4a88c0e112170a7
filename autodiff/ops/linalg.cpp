#include <xtape/autodiff/ops/linalg.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/gemm.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

namespace {

// Extents of the matrices as they are multiplied.
struct Sizes {
    std::size_t m, k, k2, n;
};

Sizes matrix_sizes(const Shape& a, const Shape& b, const MatmulOptions& o) {
    const std::size_t p = a[a.size() - 2], q = a[a.size() - 1], r = b[b.size() - 2], s = b[b.size() - 1];
    return {o.transpose_a ? q : p, o.transpose_a ? p : q, o.transpose_b ? s : r, o.transpose_b ? r : s};
}

Shape leading(const Shape& shape, std::size_t drop) { return Shape(shape.begin(), shape.end() - static_cast<std::ptrdiff_t>(drop)); }

std::string transposition(const MatmulOptions& o) {
    if (o.transpose_a && o.transpose_b) return " with both transposed";
    return o.transpose_a ? " with the first transposed" : o.transpose_b ? " with the second transposed" : "";
}

}  // namespace

Shape Matmul::infer(Shapes x) const {
    const Shape &a = *x[0], &b = *x[1];
    const auto fail = [&](const char* wanted) {
        throw ShapeError(std::string("matmul: expected ") + wanted + ", got " + to_string(a) + " x " + to_string(b) +
                         transposition(options));
    };
    if (a.size() < 2 || b.size() < 2) fail("matrices (..., m, k) x (..., k, n)");
    const Sizes s = matrix_sizes(a, b, options);
    if (s.k != s.k2) fail("(m, k) x (k, n)");
    Shape shape;
    if (!broadcast_shapes(leading(a, 2), leading(b, 2), shape)) fail("batch axes that broadcast together");
    shape.push_back(s.m);
    shape.push_back(s.n);
    return shape;
}

template <class T>
BasicArray<T> Matmul::forward(Inputs<T> x) const {
    const BasicArray<T>&a = *x[0], &b = *x[1];
    const Shape shapes[] = {a.shape(), b.shape()};
    const Shape* const pointers[] = {&shapes[0], &shapes[1]};
    const Shape shape = infer(pointers);
    const Sizes s = matrix_sizes(a.shape(), b.shape(), options);
    BasicArray<T> y = empty_array<T>(shape);
    const Shape batch = leading(shape, 2), batch_a = leading(a.shape(), 2), batch_b = leading(b.shape(), 2);
    detail::Gemm<T> product{options.transpose_a, options.transpose_b, s.m, s.n, s.k, a.data(), b.data(), y.data(), T(0)};
    const std::size_t count = element_count(batch), size_a = s.m * s.k, size_b = s.k * s.n, size_y = s.m * s.n;
    const bool plain_a = element_count(batch_a) == count, plain_b = element_count(batch_b) == count;
    const bool single_a = element_count(batch_a) == 1, single_b = element_count(batch_b) == 1;
    if ((plain_a || single_a) && (plain_b || single_b)) {
        detail::gemm_batch(product, count, plain_a ? size_a : 0, plain_b ? size_b : 0, size_y);
        return y;
    }
    // Batch axes broadcast on both sides: one product an index.
    const auto place = [&](const Shape& from, std::size_t n) {
        std::size_t at = 0, step = 1;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const std::size_t axis = batch.size() - 1 - i, index = n % batch[axis];
            n /= batch[axis];
            if (i >= from.size()) continue;
            const std::size_t extent = from[from.size() - 1 - i];
            at += (extent == 1 ? 0 : index) * step;
            step *= extent;
        }
        return at;
    };
    for (std::size_t n = 0; n < count; ++n) {
        product.a = a.data() + place(batch_a, n) * size_a;
        product.b = b.data() + place(batch_b, n) * size_b;
        product.c = y.data() + n * size_y;
        detail::gemm(product);
    }
    return y;
}

template <class T>
void Matmul::backward(Replay<T>& r) const {
    const bool ta = options.transpose_a, tb = options.transpose_b;
    // op(A) is A or its transpose, so the gradient of A is that of op(A), or its transpose.
    if (r.wants(0)) {
        r.give(0, ta ? matmul(r.x(1), r.g(), {.transpose_a = tb, .transpose_b = true})
                     : matmul(r.g(), r.x(1), {.transpose_a = false, .transpose_b = !tb}));
    }
    if (r.wants(1)) {
        r.give(1, tb ? matmul(r.g(), r.x(0), {.transpose_a = true, .transpose_b = ta})
                     : matmul(r.x(0), r.g(), {.transpose_a = !ta, .transpose_b = false}));
    }
}

Array64 Matmul::reference(std::span<const Array64> x) const {
    const Array64 &a = x[0], &b = x[1];
    const Shape shapes[] = {a.shape(), b.shape()};
    const Shape* const pointers[] = {&shapes[0], &shapes[1]};
    Array64 y(infer(pointers), 0.0);
    const Sizes s = matrix_sizes(a.shape(), b.shape(), options);
    const std::size_t matrices = s.m * s.n == 0 ? 0 : y.size() / (s.m * s.n);
    const Shape batch = leading(y.shape(), 2);
    // Elements are read through xtensor's own broadcasting index: leading axes of extent 1 accept index 0 only.
    const auto read = [&](const Array64& v, std::size_t matrix, std::size_t row, std::size_t column) {
        std::vector<std::size_t> index(v.dimension());
        index[v.dimension() - 1] = column;
        index[v.dimension() - 2] = row;
        for (std::size_t i = batch.size(); i-- > 0; matrix /= batch[i]) {
            const std::size_t from_end = batch.size() - i + 2;
            if (from_end <= v.dimension()) {
                const std::size_t axis = v.dimension() - from_end;
                index[axis] = v.shape()[axis] == 1 ? 0 : matrix % batch[i];
            }
        }
        return v.element(index.begin(), index.end());
    };
    for (std::size_t q = 0; q < matrices; ++q) {
        for (std::size_t i = 0; i < s.m; ++i) {
            for (std::size_t j = 0; j < s.n; ++j) {
                for (std::size_t k = 0; k < s.k; ++k) {
                    y.data()[(q * s.m + i) * s.n + j] += (options.transpose_a ? read(a, q, k, i) : read(a, q, i, k)) *
                                                         (options.transpose_b ? read(b, q, j, k) : read(b, q, k, j));
                }
            }
        }
    }
    return y;
}

std::vector<Sample<Matmul>> Matmul::samples() {
    return {{Matmul{}, {uniform({2, 3}, 1), uniform({3, 4}, 2)}},
            {Matmul{{true, false}}, {uniform({3, 2}, 3), uniform({3, 4}, 4)}},
            {Matmul{{false, true}}, {uniform({2, 3}, 5), uniform({4, 3}, 6)}},
            {Matmul{{true, true}}, {uniform({3, 2}, 7), uniform({4, 3}, 8)}},
            {Matmul{}, {uniform({3, 2, 2}, 9), uniform({3, 2, 3}, 10)}},
            {Matmul{}, {uniform({2, 1, 2, 2}, 11), uniform({3, 2, 2}, 12)}},
            {Matmul{{true, true}}, {uniform({2, 2, 3}, 13), uniform({1, 2}, 14)}}};
}

Shape Linear::infer(Shapes x) const {
    const Shape &in = *x[0], &weight = *x[1];
    const bool fits = !in.empty() && weight.size() == 2 && in.back() == weight[1] &&
                      (x.size() == 2 || (x[2]->size() == 1 && (*x[2])[0] == weight[0]));
    if (!fits) {
        throw ShapeError("linear: expected input (..., in), weight (out, in)" + std::string(x.size() > 2 ? ", bias (out)" : "") +
                         ", got " + to_string(in) + ", " + to_string(weight) + (x.size() > 2 ? ", " + to_string(*x[2]) : ""));
    }
    Shape shape = in;
    shape.back() = weight[0];
    return shape;
}

template <class T>
BasicArray<T> Linear::forward(Inputs<T> x) const {
    const BasicArray<T>&in = *x[0], &weight = *x[1];
    const std::size_t out = weight.shape()[0], k = weight.shape()[1];
    Shape shape = in.shape();
    shape.back() = out;
    BasicArray<T> y = empty_array<T>(shape);
    const std::size_t rows = element_count(leading(in.shape(), 1));
    if (x.size() > 2) {
        for (std::size_t i = 0; i < rows; ++i) std::copy(x[2]->data(), x[2]->data() + out, y.data() + i * out);
    }
    detail::gemm<T>({false, true, rows, out, k, in.data(), weight.data(), y.data(), x.size() > 2 ? T(1) : T(0)});
    return y;
}

template <class T>
void Linear::backward(Replay<T>& r) const {
    const Shape weight = r.shape(1);
    const Shape in = r.shape(0);
    const auto as_rows = [&](const BasicTensor<T>& t, std::size_t width) {
        return t.rank() == 2 ? t : reshape(t, {element_count(leading(in, 1)), width});
    };
    const BasicTensor<T> g = as_rows(r.g(), weight[0]);
    if (r.wants(0)) {
        const BasicTensor<T> dx = matmul(g, r.x(1));
        r.give(0, in.size() == 2 ? dx : reshape(dx, in));
    }
    if (r.wants(1)) r.give(1, matmul(g, as_rows(r.x(0), weight[1]), {.transpose_a = true}));
    if (r.inputs() > 2 && r.wants(2)) r.give(2, sum(g, 0));
}

Array64 Linear::reference(std::span<const Array64> x) const {
    const std::size_t out = x[1].shape()[0], k = x[1].shape()[1];
    Shape shape = x[0].shape();
    shape.back() = out;
    Array64 y = empty_array<double>(shape);
    for (std::size_t n = 0; n < y.size(); ++n) {
        const std::size_t row = n / out, column = n % out;
        double value = x.size() > 2 ? x[2].data()[column] : 0;
        for (std::size_t i = 0; i < k; ++i) value += x[0].data()[row * k + i] * x[1].data()[column * k + i];
        y.data()[n] = value;
    }
    return y;
}

std::vector<Sample<Linear>> Linear::samples() {
    return {{{}, {uniform({4, 3}, 1), uniform({2, 3}, 2), uniform({2}, 3)}},
            {{}, {uniform({4, 3}, 4), uniform({2, 3}, 5)}},
            {{}, {uniform({3}, 6), uniform({2, 3}, 7), uniform({2}, 8)}},
            {{}, {uniform({2, 2, 3}, 9), uniform({2, 3}, 10), uniform({2}, 11)}}};
}

template struct detail::Runner<Matmul>;
template struct detail::Runner<Linear>;

std::vector<OperationInfo> detail::linalg_operations() { return describe_family(LinalgOps{}); }

}  // namespace xtape

#include <xtape/autodiff/ops/linalg.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/gemm.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/ops/matrix.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::leading;

namespace {

// A product as matrices: a vector on the left is one row, on the right one column.
struct Product {
    Shape a, b;
    bool transpose_a, transpose_b;
    std::size_t m, k, k2, n;
};

Product as_matrices(const Shape& a, const Shape& b, const MatmulOptions& o) {
    Product p{a, b, o.transpose_a && a.size() > 1, o.transpose_b && b.size() > 1, 0, 0, 0, 0};
    if (a.size() == 1) p.a = {1, a[0]};
    if (b.size() == 1) p.b = {b[0], 1};
    const std::size_t q = p.a[p.a.size() - 2], r = p.a.back(), s = p.b[p.b.size() - 2], t = p.b.back();
    p.m = p.transpose_a ? r : q;
    p.k = p.transpose_a ? q : r;
    p.k2 = p.transpose_b ? t : s;
    p.n = p.transpose_b ? s : t;
    return p;
}

std::string transposition(const MatmulOptions& o) {
    if (o.transpose_a && o.transpose_b) return " with both transposed";
    return o.transpose_a ? " with the first transposed" : o.transpose_b ? " with the second transposed" : "";
}

}  // namespace

Shape Matmul::infer(Shapes x) const {
    const Shape &a = *x[0], &b = *x[1];
    const auto fail = [&](const std::string& wanted) {
        throw ShapeError("matmul: expected " + wanted + ", got " + to_string(a) + " x " + to_string(b) +
                         transposition(options));
    };
    if (a.empty() || b.empty()) fail("vectors or matrices (..., m, k) x (..., k, n)");
    const Product p = as_matrices(a, b, options);
    if (p.k != p.k2) fail(std::string(a.size() > 1 ? "(m, k)" : "(k)") + " x " + (b.size() > 1 ? "(k, n)" : "(k)"));
    Shape shape;
    if (!broadcast_shapes(leading(p.a, 2), leading(p.b, 2), shape)) fail("batch axes that broadcast together");
    if (a.size() > 1) shape.push_back(p.m);
    if (b.size() > 1) shape.push_back(p.n);
    return shape;
}

template <class T>
BasicArray<T> Matmul::forward(Inputs<T> x) const {
    const BasicArray<T>&a = *x[0], &b = *x[1];
    const Product p = as_matrices(a.shape(), b.shape(), options);
    if (a.dimension() == 2 && b.dimension() == 2) {
        BasicArray<T> y = empty_array<T>({p.m, p.n});
        detail::gemm<T>({p.transpose_a, p.transpose_b, p.m, p.n, p.k, a.data(), b.data(), y.data()});
        return y;
    }
    const Shape batch_a = leading(p.a, 2), batch_b = leading(p.b, 2);
    Shape shape;
    broadcast_shapes(batch_a, batch_b, shape);
    const Shape batch = shape;
    if (a.dimension() > 1) shape.push_back(p.m);
    if (b.dimension() > 1) shape.push_back(p.n);
    BasicArray<T> y = empty_array<T>(shape);
    detail::Gemm<T> product{p.transpose_a, p.transpose_b, p.m, p.n, p.k, a.data(), b.data(), y.data(), T(0)};
    const std::size_t count = element_count(batch);
    const bool plain_a = element_count(batch_a) == count, plain_b = element_count(batch_b) == count;
    const bool single_a = element_count(batch_a) == 1, single_b = element_count(batch_b) == 1;
    if (plain_a && single_b && !p.transpose_a && p.m < 8) {
        // A few rows each times the same matrix: one product of all rows. Larger ones run faster side by side.
        product.m *= count;
        detail::gemm(product);
    } else if ((plain_a || single_a) && (plain_b || single_b)) {
        detail::gemm_batch(product, count, plain_a ? p.m * p.k : 0, plain_b ? p.k * p.n : 0, p.m * p.n);
    } else {
        detail::gemm_batch(product, detail::broadcast_places(batch_a, batch), detail::broadcast_places(batch_b, batch));
    }
    return y;
}

namespace {

// The gradient of one matrix B that multiplied a whole batch A (..., m, k): a single product over all rows, where one a
// matrix and their sum would need as much memory as the batch has matrices.
template <class T>
BasicTensor<T> shared_matrix_gradient(Replay<T>& r, bool transpose_b) {
    const BasicArray<T>&a = *r.x_array(0), &g = r.g().value();
    const std::size_t k = a.shape().back(), n = g.shape().back(), rows = element_count(leading(a.shape(), 1));
    BasicArray<T> db = empty_array<T>(r.shape(1));
    if (transpose_b) {
        detail::gemm<T>({true, false, n, k, rows, g.data(), a.data(), db.data(), T(0)});
    } else {
        detail::gemm<T>({true, false, k, n, rows, a.data(), g.data(), db.data(), T(0)});
    }
    return BasicTensor<T>(std::move(db));
}

// A gradient whose elements are not yet computed; undefined when nobody asks for it.
template <class T>
detail::Ref<detail::Value<T>> gradient_of(const Replay<T>& r, std::size_t i) {
    return detail::Ref<detail::Value<T>>(r.wants(i) ? detail::Value<T>::create(r.shape(i)) : nullptr);
}

// Makes the products whose results are wanted, and gives them to inputs 0 and 1.
template <class T>
void give_products(Replay<T>& r, detail::Gemm<T> first, detail::Gemm<T> second) {
    detail::Ref<detail::Value<T>> da = gradient_of(r, 0), db = gradient_of(r, 1);
    if (da) first.c = da->array.data();
    if (db) second.c = db->array.data();
    if (da && db) {
        detail::gemm_pair(first, second);
    } else if (da || db) {
        detail::gemm(da ? first : second);
    }
    if (da) r.give(0, detail::TensorAccess::make(std::move(da)));
    if (db) r.give(1, detail::TensorAccess::make(std::move(db)));
}

// The gradients of two matrices for plain numbers: the products that the rule says, without tensors between them.
template <class T>
void give_matrix_gradients(Replay<T>& r, const Product& p) {
    const T *a = r.x_array(0)->data(), *b = r.x_array(1)->data(), *g = r.g().value().data();
    const bool ta = p.transpose_a, tb = p.transpose_b;
    detail::Gemm<T> first{false, !tb, p.m, p.k, p.n, g, b}, second{!ta, false, p.k, p.n, p.m, a, g};
    if (ta) first = {tb, true, p.k, p.m, p.n, b, g};
    if (tb) second = {true, ta, p.n, p.k, p.m, g, a};
    give_products(r, first, second);
}

template <class T>
BasicTensor<T> with_shape(const BasicTensor<T>& x, const Shape& shape) {
    return x.shape() == shape ? x : reshape(x, shape);
}

}  // namespace

template <class T>
void Matmul::backward(Replay<T>& r) const {
    const Shape shape_a = r.shape(0), shape_b = r.shape(1);
    const Product p = as_matrices(shape_a, shape_b, options);
    if (!r.recording() && shape_a.size() == 2 && shape_b.size() == 2) return give_matrix_gradients(r, p);
    const bool ta = p.transpose_a, tb = p.transpose_b, vectors = shape_a.size() == 1 || shape_b.size() == 1;
    Shape batch;
    broadcast_shapes(leading(p.a, 2), leading(p.b, 2), batch);
    BasicTensor<T> g = r.g();
    if (vectors) {
        Shape full = batch;
        full.push_back(p.m);
        full.push_back(p.n);
        g = reshape(g, full);
    }
    // op(A) is A or its transpose, so the gradient of A is that of op(A), or its transpose. A vector's loses the axis again.
    Shape row = batch;
    row.push_back(p.k);
    const auto give = [&r, &row](std::size_t i, const BasicTensor<T>& d, bool vector) {
        r.give(i, vector ? with_shape(d, row) : d);
    };
    if (r.wants(0)) {
        const BasicTensor<T> b = with_shape(r.x(1), p.b);
        give(0, ta ? matmul(b, g, {.transpose_a = tb, .transpose_b = true})
                   : matmul(g, b, {.transpose_a = false, .transpose_b = !tb}), shape_a.size() == 1);
    }
    if (!r.wants(1)) return;
    const bool shared = shape_b.size() == 2 && shape_a.size() > 2 && !ta;
    if (shared && !r.recording()) return r.give(1, shared_matrix_gradient(r, tb));
    const BasicTensor<T> a = with_shape(r.x(0), p.a);
    give(1, tb ? matmul(g, a, {.transpose_a = true, .transpose_b = ta})
               : matmul(a, g, {.transpose_a = !ta, .transpose_b = false}), shape_b.size() == 1);
}

Array64 Matmul::reference(std::span<const Array64> x) const {
    const Shape shapes[] = {x[0].shape(), x[1].shape()};
    const Shape* const pointers[] = {&shapes[0], &shapes[1]};
    Array64 y(infer(pointers), 0.0);
    const Product p = as_matrices(shapes[0], shapes[1], options);
    // Elements are read through xtensor's own index: leading axes of extent 1 accept index 0 only.
    const Array64 a = xt::reshape_view(x[0], p.a), b = xt::reshape_view(x[1], p.b);
    Shape batch;
    broadcast_shapes(leading(p.a, 2), leading(p.b, 2), batch);
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
    for (std::size_t place = 0; place < y.size(); ++place) {
        const std::size_t q = place / (p.m * p.n), i = place / p.n % p.m, j = place % p.n;
        for (std::size_t k = 0; k < p.k; ++k) {
            y.data()[place] += (p.transpose_a ? read(a, q, k, i) : read(a, q, i, k)) *
                               (p.transpose_b ? read(b, q, j, k) : read(b, q, k, j));
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
            {Matmul{{true, true}}, {uniform({2, 2, 3}, 13), uniform({1, 2}, 14)}},
            {Matmul{}, {uniform({3}, 15), uniform({3}, 16)}},
            {Matmul{}, {uniform({3}, 17), uniform({2, 3, 4}, 18)}},
            {Matmul{{true, false}}, {uniform({2, 3, 2}, 19), uniform({3}, 20)}},
            {Matmul{}, {uniform({2, 2, 3}, 21), uniform({3, 2}, 22)}},
            {Matmul{{false, true}}, {uniform({2, 2, 3}, 23), uniform({2, 3}, 24)}}};
}

Sample<Matmul> Matmul::random(Draw& draw) {
    const MatmulOptions options{draw.coin(), draw.coin()};
    const std::size_t m = draw(0, 3), k = draw(0, 3), n = draw(0, 3);
    const Shape batch = draw.shape(0, 2, 0, 3);
    const auto operand = [&](bool transposed, std::size_t rows, std::size_t columns) {
        if (draw(0, 3) == 0) return uniform({k}, draw.seed());
        Shape shape(batch.begin() + static_cast<std::ptrdiff_t>(draw(0, batch.size())), batch.end());
        for (std::size_t& extent : shape) extent = draw(0, 2) == 0 ? 1 : extent;
        shape.push_back(transposed ? columns : rows);
        shape.push_back(transposed ? rows : columns);
        return uniform(shape, draw.seed());
    };
    const Array64 a = operand(options.transpose_a, m, k);
    return {Matmul{options}, {a, operand(options.transpose_b, k, n)}};
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

namespace {

std::size_t row_count(const Shape& shape) {
    std::size_t rows = 1;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
    return rows;
}

}  // namespace

template <class T>
BasicArray<T> Linear::forward(Inputs<T> x) const {
    const BasicArray<T>&in = *x[0], &weight = *x[1];
    const std::size_t out = weight.shape()[0], k = weight.shape()[1];
    Shape shape = in.shape();
    shape.back() = out;
    BasicArray<T> y = empty_array<T>(shape);
    detail::gemm<T>({false, true, row_count(in.shape()), out, k, in.data(), weight.data(), y.data(), T(0),
                     x.size() > 2 ? x[2]->data() : nullptr});
    return y;
}

namespace {

// The rule for plain numbers: whatever the shapes are, the arrays are matrices of rows.
template <class T>
void give_linear_gradients(Replay<T>& r) {
    const BasicArray<T>&in = *r.x_array(0), &weight = *r.x_array(1), &g = r.g().value();
    const std::size_t out = weight.shape()[0], k = weight.shape()[1], rows = row_count(in.shape());
    give_products<T>(r, {false, false, rows, k, out, g.data(), weight.data()},
                     {true, false, out, k, rows, g.data(), in.data()});
    if (r.inputs() < 3 || !r.wants(2)) return;
    detail::Ref<detail::Value<T>> db = gradient_of(r, 2);
    detail::reduce_middle(detail::ReduceKind::sum, g.data(), db->array.data(), 1, rows, out);
    r.give(2, detail::TensorAccess::make(std::move(db)));
}

}  // namespace

template <class T>
void Linear::backward(Replay<T>& r) const {
    if (!r.recording()) return give_linear_gradients(r);
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

Sample<Linear> Linear::random(Draw& draw) {
    const std::size_t in = draw(0, 4), out = draw(0, 4);
    Shape shape = draw.shape(0, 2, 0, 3);
    shape.push_back(in);
    Sample<Linear> sample{{}, {uniform(shape, draw.seed()), uniform({out, in}, draw.seed())}};
    if (draw.coin()) sample.inputs.push_back(uniform({out}, draw.seed()));
    return sample;
}

template struct detail::Runner<Matmul>;
template struct detail::Runner<Linear>;

std::vector<OperationInfo> detail::linalg_operations() { return describe_family(LinalgOps{}); }

}  // namespace xtape

#include <xtape/autodiff/ops/decomposition.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/solve.hpp>

namespace xtape {

using namespace sample;

namespace {

Shape batch_of(const char* name, const Shape& x) {
    detail::check_square(name, x);
    return detail::leading(x, 2);
}

template <class T>
std::size_t batch_count(const BasicArray<T>& x) {
    return element_count(detail::leading(x.shape(), 2));
}

template <class T>
detail::Lu<T> factors_of(const char* name, const BasicArray<T>& x) {
    return {x.data(), batch_count(x), x.shape().back(), name};
}

// One number for each matrix: f(factors, index of the matrix).
template <class T, class F>
BasicArray<T> for_each_matrix(const char* name, const BasicArray<T>& x, F f) {
    const detail::Lu<T> lu = factors_of(name, x);
    BasicArray<T> y = empty_array<T>(detail::leading(x.shape(), 2));
    for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] = static_cast<T>(f(lu, i));
    return y;
}

Array64 determinants(const Array64& x) {
    const std::size_t n = x.shape().back();
    Array64 y = empty_array<double>(detail::leading(x.shape(), 2));
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double* const first = x.data() + i * n * n;
        y.data()[i] = static_cast<double>(detail::naive_determinant(std::vector<long double>(first, first + n * n), n));
    }
    return y;
}

template <class F>
Array64 mapped(Array64 x, F f) {
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = f(x.data()[i]);
    return x;
}

// A number of each matrix as a factor of the whole matrix.
template <class T>
BasicTensor<T> as_factor(const BasicTensor<T>& x) {
    return reshape(x, detail::with_matrix(x.shape(), 1, 1));
}

template <class T>
BasicArray<T> unit_matrix(std::size_t n) {
    BasicArray<T> one(Shape{n, n}, T(0));
    for (std::size_t i = 0; i < n; ++i) one.data()[i * n + i] = 1;
    return one;
}

// dX = g X^-T, for a logarithm of the determinant.
template <class T>
void give_log_gradient(const char* name, Replay<T>& r) {
    const BasicTensor<T> x = r.x(0);
    detail::check_regular(name, x.shape(), factors_of(name, x.value()).outcomes());
    r.give(0, as_factor(r.g()) * transpose(inv(x, Location{}), Location{}));
}

}  // namespace

Shape Cholesky::infer(Shapes x) const {
    detail::check_square(name, *x[0]);
    return *x[0];
}

template <class T>
BasicArray<T> Cholesky::forward(Inputs<T> x) const {
    BasicArray<T> y = *x[0];
    const std::vector<detail::Outcome> outcomes = detail::cholesky(y.data(), batch_count(y), y.shape().back());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i] == detail::factored) continue;
        const bool finite = outcomes[i] != detail::not_finite;
        throw DataError(std::string(name) + ": expected positive definite matrices, got one " +
                        (finite ? "that is not: " : "with NaN or infinity: ") + detail::matrix_of(y.shape(), i) +
                        (finite ? ", leading minor " + std::to_string(outcomes[i]) : ""));
    }
    return y;
}

template <class T>
void Cholesky::backward(Replay<T>& r) const {
    const BasicTensor<T> l = r.y();
    const std::size_t n = l.shape().back();
    // What is above L's diagonal is 0 whatever X is: a gradient that arrives there goes nowhere.
    const BasicTensor<T> g = detail::triangle_part(r.g(), false, false);
    const BasicTensor<T> p = matmul(l, g, {.transpose_a = true}) * (1 - 0.5 * BasicTensor<T>(unit_matrix<T>(n)));
    const TriangularOptions transposed{.transpose = true};
    const BasicTensor<T> left = triangular_solve(l, detail::triangle_part(p, false, false), transposed, Location{});
    const BasicTensor<T> s = triangular_solve(l, transpose(left, Location{}), transposed, Location{});
    r.give(0, 0.5 * (s + transpose(s, Location{})));
}

Array64 Cholesky::reference(std::span<const Array64> x) const {
    const std::size_t n = x[0].shape().back();
    Array64 y(x[0].shape(), 0.0);
    for (std::size_t q = 0; q < batch_count(x[0]); ++q) {
        const double* const a = x[0].data() + q * n * n;
        double* const l = y.data() + q * n * n;
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                long double sum = (static_cast<long double>(a[i * n + j]) + a[j * n + i]) / 2;
                for (std::size_t k = 0; k < j; ++k) sum -= static_cast<long double>(l[i * n + k]) * l[j * n + k];
                l[i * n + j] = static_cast<double>(i == j ? std::sqrt(sum) : sum / l[j * n + j]);
            }
        }
    }
    return y;
}

std::vector<Sample<Cholesky>> Cholesky::samples() {
    return {{{}, {positive_definite({3, 3}, 1)}},
            {{}, {dominant({3, 3}, 2)}},
            {{}, {positive_definite({2, 1, 2, 2}, 3)}},
            {{}, {positive({1, 1}, 4)}}};
}

Sample<Cholesky> Cholesky::random(Draw& draw) {
    const Shape shape = squares(draw);
    return {{}, {draw.coin() ? positive_definite(shape, draw.seed()) : dominant(shape, draw.seed())}};
}

Shape Det::infer(Shapes x) const { return batch_of(name, *x[0]); }

template <class T>
BasicArray<T> Det::forward(Inputs<T> x) const {
    return for_each_matrix(name, *x[0], [](const detail::Lu<T>& lu, std::size_t i) { return lu.determinant(i); });
}

namespace {

// Cofactors of one matrix (n, n), as determinants of its minors: they exist for singular matrices too, and so do their
// derivatives.
template <class T>
BasicTensor<T> cofactors(const BasicTensor<T>& x) {
    const std::size_t n = x.shape().back();
    // Row i of `without` drops row i of a matrix.
    BasicArray<T> without(Shape{n, 1, n - 1, n}, T(0)), signs = empty_array<T>({n, n});
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k + 1 < n; ++k) without.data()[(i * (n - 1) + k) * n + k + (k >= i ? 1 : 0)] = 1;
        for (std::size_t j = 0; j < n; ++j) signs.data()[i * n + j] = (i + j) % 2 ? T(-1) : T(1);
    }
    const BasicTensor<T> rows(std::move(without));
    const BasicTensor<T> columns = reshape(rows, {n, n - 1, n});
    return det(matmul(matmul(rows, x), columns, {.transpose_b = true})) * signs;
}

}  // namespace

template <class T>
void Det::backward(Replay<T>& r) const {
    const BasicTensor<T> x = r.x(0), y = r.y();
    const std::size_t n = x.shape().back(), count = y.size();
    BasicArray<T> singular = empty_array<T>(y.shape());
    bool any = false;
    for (std::size_t i = 0; i < count; ++i) {
        singular.data()[i] = y.value().data()[i] == 0 ? T(1) : T(0);
        any = any || singular.data()[i] != 0;
    }
    if (!any) return r.give(0, as_factor(r.g() * y) * transpose(inv(x, Location{}), Location{}));

    // Singular matrices take the way of the minors, and the unit matrix stands in for them on the way of the inverse.
    const BasicTensor<T> mask = as_factor(BasicTensor<T>(singular)), zero(T(0));
    const BasicTensor<T> regular = where(mask, BasicTensor<T>(unit_matrix<T>(n)), x);
    BasicTensor<T> dx = where(mask, zero, as_factor(r.g() * y) * transpose(inv(regular, Location{}), Location{}));
    const BasicTensor<T> flat = reshape(x, {count, n, n}), g = reshape(r.g(), {count, 1, 1});
    for (std::size_t i = 0; i < count; ++i) {
        if (singular.data()[i] == 0) continue;
        const auto first = static_cast<std::ptrdiff_t>(i);
        const std::vector<Range> one{{first, first + 1, 1}};
        const BasicTensor<T> part = slice(g, one) * cofactors(reshape(slice(flat, one), {n, n}));
        dx = dx + reshape(detail::call(PlaceSlice{{count, n, n}, one}, Location{}, part), x.shape());
    }
    r.give(0, dx);
}

Array64 Det::reference(std::span<const Array64> x) const { return determinants(x[0]); }

std::vector<Sample<Det>> Det::samples() {
    const Array64 singular{{1.0, 2.0, 0.5}, {2.0, 4.0, 1.0}, {-1.0, 0.5, 1.5}};
    Array64 mixed(Shape{2, 2, 2}, 0.5);
    mixed(1, 0, 0) = 2;
    return {{{}, {dominant({3, 3}, 1)}},
            {{}, {exchanged({2, 3, 3}, 2)}},
            {{}, {uniform({1, 1}, 3)}},
            {{}, {singular}},
            {{}, {mixed}}};
}

Sample<Det> Det::random(Draw& draw) {
    const Shape shape = squares(draw);
    Array64 x = draw.coin() ? dominant(shape, draw.seed()) : exchanged(shape, draw.seed());
    // A row of zeros makes a matrix singular without rounding.
    const std::size_t n = shape.back();
    for (std::size_t i = 0; n > 0 && i < batch_count(x); ++i) {
        if (draw(0, 3) == 0) std::fill_n(x.data() + i * n * n, n, 0.0);
    }
    return {{}, {x}};
}

Shape LogDet::infer(Shapes x) const { return batch_of(name, *x[0]); }

template <class T>
BasicArray<T> LogDet::forward(Inputs<T> x) const {
    return for_each_matrix(name, *x[0], [](const detail::Lu<T>& lu, std::size_t i) {
        const auto value = lu.sign_log(i);
        return value.sign < 0 ? static_cast<double>(NAN) : value.log;
    });
}

template <class T>
void LogDet::backward(Replay<T>& r) const {
    give_log_gradient(name, r);
}

Array64 LogDet::reference(std::span<const Array64> x) const {
    return mapped(determinants(x[0]), [](double v) { return std::log(v); });
}

std::vector<Sample<LogDet>> LogDet::samples() {
    return {{{}, {dominant({3, 3}, 1)}}, {{}, {positive_definite({2, 2, 3, 3}, 2)}}, {{}, {positive({1, 1}, 3)}}};
}

Sample<LogDet> LogDet::random(Draw& draw) {
    const Shape shape = squares(draw);
    return {{}, {draw.coin() ? positive_definite(shape, draw.seed()) : dominant(shape, draw.seed())}};
}

Shape LogAbsDet::infer(Shapes x) const { return batch_of("slogdet", *x[0]); }

template <class T>
BasicArray<T> LogAbsDet::forward(Inputs<T> x) const {
    return for_each_matrix("slogdet", *x[0], [](const detail::Lu<T>& lu, std::size_t i) { return lu.sign_log(i).log; });
}

template <class T>
void LogAbsDet::backward(Replay<T>& r) const {
    give_log_gradient("slogdet", r);
}

Array64 LogAbsDet::reference(std::span<const Array64> x) const {
    return mapped(determinants(x[0]), [](double v) { return std::log(std::abs(v)); });
}

std::vector<Sample<LogAbsDet>> LogAbsDet::samples() {
    return {{{}, {exchanged({3, 3}, 1)}}, {{}, {exchanged({2, 2, 2}, 2)}}, {{}, {uniform({1, 1}, 3)}}};
}

Sample<LogAbsDet> LogAbsDet::random(Draw& draw) {
    const Shape shape = squares(draw);
    return {{}, {draw.coin() ? exchanged(shape, draw.seed()) : dominant(shape, draw.seed())}};
}

Shape DetSign::infer(Shapes x) const { return batch_of("slogdet", *x[0]); }

template <class T>
BasicArray<T> DetSign::forward(Inputs<T> x) const {
    return for_each_matrix("slogdet", *x[0],
                           [](const detail::Lu<T>& lu, std::size_t i) { return lu.sign_log(i).sign; });
}

Array64 DetSign::reference(std::span<const Array64> x) const {
    return mapped(determinants(x[0]), [](double v) { return v > 0 ? 1.0 : v < 0 ? -1.0 : 0.0; });
}

std::vector<Sample<DetSign>> DetSign::samples() {
    return {{{}, {exchanged({3, 3}, 1)}}, {{}, {dominant({2, 2, 2}, 2)}}, {{}, {Array64(Shape{2, 2}, 1.0)}}};
}

Sample<DetSign> DetSign::random(Draw& draw) {
    const Shape shape = squares(draw);
    return {{}, {draw.coin() ? exchanged(shape, draw.seed()) : dominant(shape, draw.seed())}};
}

template struct detail::Runner<Cholesky>;
template struct detail::Runner<Det>;
template struct detail::Runner<LogDet>;
template struct detail::Runner<LogAbsDet>;
template struct detail::Runner<DetSign>;

std::vector<OperationInfo> detail::decomposition_operations() { return describe_family(DecompositionOps{}); }

}  // namespace xtape

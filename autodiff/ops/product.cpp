#include <xtape/autodiff/ops/product.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/matrix.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <array>

namespace xtape {

using namespace sample;

namespace {

void check_vectors(const char* operation, const Shape& a, const Shape& b, bool same) {
    if (a.size() != 1 || b.size() != 1 || (same && a != b)) {
        throw ShapeError(std::string(operation) + ": expected two vectors" + (same ? " of the same length" : "") +
                         ", got " + to_string(a) + " and " + to_string(b));
    }
}

// Independent sums are what the compiler may vectorise; blocks are added by the caller.
template <class T>
double dot_block(const T* a, const T* b, std::size_t count) {
    std::array<double, 16> sums{};
    const std::size_t whole = count / sums.size() * sums.size();
    for (std::size_t i = 0; i < whole; i += sums.size()) {
        for (std::size_t l = 0; l < sums.size(); ++l)
            sums[l] += static_cast<double>(a[i + l]) * static_cast<double>(b[i + l]);
    }
    for (std::size_t i = whole; i < count; ++i)
        sums[i - whole] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    for (std::size_t width = sums.size() / 2; width > 0; width /= 2) {
        for (std::size_t l = 0; l < width; ++l) sums[l] += sums[l + width];
    }
    return sums[0];
}

// Halves until a block is short, so that the error grows with the logarithm of the length.
template <class T>
double dot_pairwise(const T* a, const T* b, std::size_t count) {
    constexpr std::size_t block = 1024;
    if (count <= block) return dot_block(a, b, count);
    const std::size_t half = (count / 2 + block - 1) / block * block;
    return dot_pairwise(a, b, half) + dot_pairwise(a + half, b + half, count - half);
}

}  // namespace

Shape Dot::infer(Shapes x) const {
    check_vectors(name, *x[0], *x[1], true);
    return {};
}

template <class T>
BasicArray<T> Dot::forward(Inputs<T> x) const {
    const T *a = x[0]->data(), *b = x[1]->data();
    const double sum = parallel_reduce(
        x[0]->size(), std::size_t{1} << 18, 0.0,
        [&](std::size_t begin, std::size_t end) { return dot_pairwise(a + begin, b + begin, end - begin); },
        [](double left, double right) { return left + right; });
    return BasicArray<T>(static_cast<T>(sum));
}

template <class T>
void Dot::backward(Replay<T>& r) const {
    if (r.wants(0)) r.give(0, r.g() * r.x(1));
    if (r.wants(1)) r.give(1, r.g() * r.x(0));
}

Array64 Dot::reference(std::span<const Array64> x) const {
    long double sum = 0;
    for (std::size_t i = 0; i < x[0].size(); ++i) sum += static_cast<long double>(x[0].data()[i]) * x[1].data()[i];
    return Array64(static_cast<double>(sum));
}

std::vector<Sample<Dot>> Dot::samples() {
    return {{{}, {uniform({4}, 1), uniform({4}, 2)}}, {{}, {uniform({37}, 3), uniform({37}, 4)}}};
}

Sample<Dot> Dot::random(Draw& draw) {
    const Shape shape{draw(0, 40)};
    const Array64 a = uniform(shape, draw.seed());
    return {{}, {a, uniform(shape, draw.seed())}};
}

Shape Outer::infer(Shapes x) const {
    check_vectors(name, *x[0], *x[1], false);
    return {(*x[0])[0], (*x[1])[0]};
}

template <class T>
BasicArray<T> Outer::forward(Inputs<T> x) const {
    const std::size_t m = x[0]->size(), n = x[1]->size();
    const T *a = x[0]->data(), *b = x[1]->data();
    BasicArray<T> y = empty_array<T>({m, n});
    parallel_for(m, (std::size_t{1} << 16) / std::max<std::size_t>(1, n), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            for (std::size_t j = 0; j < n; ++j) y.data()[i * n + j] = a[i] * b[j];
        }
    });
    return y;
}

template <class T>
void Outer::backward(Replay<T>& r) const {
    if (r.wants(0)) r.give(0, matmul(r.g(), r.x(1)));
    if (r.wants(1)) r.give(1, matmul(r.x(0), r.g()));
}

Array64 Outer::reference(std::span<const Array64> x) const {
    Array64 y = empty_array<double>({x[0].size(), x[1].size()});
    for (std::size_t i = 0; i < x[0].size(); ++i) {
        for (std::size_t j = 0; j < x[1].size(); ++j) y(i, j) = x[0](i) * x[1](j);
    }
    return y;
}

std::vector<Sample<Outer>> Outer::samples() {
    return {{{}, {uniform({3}, 1), uniform({4}, 2)}}, {{}, {uniform({1}, 3), uniform({2}, 4)}}};
}

Sample<Outer> Outer::random(Draw& draw) {
    const Array64 a = uniform({draw(0, 5)}, draw.seed());
    return {{}, {a, uniform({draw(0, 5)}, draw.seed())}};
}

Shape Trace::infer(Shapes x) const {
    if (x[0]->size() < 2) throw ShapeError("trace: expected matrices (..., m, n), got " + to_string(*x[0]));
    return detail::leading(*x[0], 2);
}

template <class T>
BasicArray<T> Trace::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const std::size_t m = shape[shape.size() - 2], n = shape.back();
    BasicArray<T> y = empty_array<T>(detail::leading(shape, 2));
    for (std::size_t q = 0; q < y.size(); ++q) {
        double sum = 0;
        for (std::size_t i = 0; i < std::min(m, n); ++i) sum += static_cast<double>(x[0]->data()[(q * m + i) * n + i]);
        y.data()[q] = static_cast<T>(sum);
    }
    return y;
}

template <class T>
void Trace::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const std::size_t m = shape[shape.size() - 2], n = shape.back();
    BasicArray<T> diagonal(Shape{m, n}, T(0));
    for (std::size_t i = 0; i < std::min(m, n); ++i) diagonal.data()[i * n + i] = 1;
    r.give(0, where(BasicTensor<T>(std::move(diagonal)), reshape(r.g(), detail::with_matrix(r.g().shape(), 1, 1)),
                    BasicTensor<T>(T(0))));
}

Array64 Trace::reference(std::span<const Array64> x) const {
    const Shape& shape = x[0].shape();
    const std::size_t n = shape.back(), m = shape[shape.size() - 2];
    Array64 y(detail::leading(shape, 2), 0.0);
    for (std::size_t place = 0; place < x[0].size(); ++place) {
        if (place / n % m == place % n) y.data()[place / (m * n)] += x[0].data()[place];
    }
    return y;
}

std::vector<Sample<Trace>> Trace::samples() {
    return {{{}, {uniform({3, 3}, 1)}}, {{}, {uniform({2, 2, 3}, 2)}}, {{}, {uniform({2, 1, 3, 2}, 3)}}};
}

Sample<Trace> Trace::random(Draw& draw) { return {{}, {uniform(draw.shape(2, 4), draw.seed())}}; }

template struct detail::Runner<Dot>;
template struct detail::Runner<Outer>;
template struct detail::Runner<Trace>;

std::vector<OperationInfo> detail::product_operations() { return describe_family(ProductOps{}); }

}  // namespace xtape

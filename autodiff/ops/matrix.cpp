#include <xtape/autodiff/ops/matrix.hpp>

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/kernels/gemm.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/parallel.hpp>

namespace xtape {
namespace detail {

Shape leading(const Shape& shape, std::size_t drop) {
    return Shape(shape.begin(), shape.end() - static_cast<std::ptrdiff_t>(drop));
}

Shape with_matrix(Shape batch, std::size_t rows, std::size_t columns) {
    batch.push_back(rows);
    batch.push_back(columns);
    return batch;
}

void check_square(const char* operation, const Shape& x) {
    if (x.size() < 2 || x[x.size() - 1] != x[x.size() - 2]) {
        throw ShapeError(std::string(operation) + ": expected square matrices (..., n, n), got " + to_string(x));
    }
}

Shape solution_shape(const char* operation, const Shape& a, const Shape& b) {
    const auto fail = [&](const char* wanted) {
        throw ShapeError(std::string(operation) + ": expected " + wanted + ", got " + to_string(a) + " and " +
                         to_string(b));
    };
    if (a.size() < 2 || a[a.size() - 1] != a[a.size() - 2] || b.empty() ||
        b[b.size() - std::min<std::size_t>(2, b.size())] != a.back()) {
        fail("square matrices (..., n, n) and right-hand sides (n) or (..., n, k)");
    }
    Shape shape;
    if (b.size() == 1) {
        shape = leading(a, 2);
    } else if (!broadcast_shapes(leading(a, 2), leading(b, 2), shape)) {
        fail("batch axes that broadcast together");
    }
    shape.push_back(a.back());
    if (b.size() > 1) shape.push_back(b.back());
    return shape;
}

std::string matrix_of(const Shape& shape, std::size_t index) {
    const Shape batch = leading(shape, 2);
    if (batch.empty()) return "shape " + to_string(shape);
    Shape place(batch.size(), 0);
    for (std::size_t i = batch.size(); i-- > 0; index /= batch[i]) place[i] = index % batch[i];
    return "matrix " + (batch.size() == 1 ? std::to_string(place[0]) : to_string(place)) + " of shape " +
           to_string(shape);
}

void check_regular(const char* operation, const Shape& shape, const std::vector<Outcome>& outcomes) {
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i] > 0) {
            throw DataError(std::string(operation) + ": expected invertible matrices, got a singular one: " +
                            matrix_of(shape, i) + ", pivot " + std::to_string(outcomes[i]) + " is 0");
        }
    }
}

template <class T>
BasicArray<T> solve_each(const Shape& a, const BasicArray<T>& b, const Shape& shape,
                         const std::function<void(std::size_t matrix, T* y, std::size_t columns)>& f) {
    const std::size_t n = a.back(), columns = b.dimension() == 1 ? 1 : b.shape().back();
    const Shape batch = leading(shape, b.dimension() == 1 ? 1 : 2);
    const std::vector<std::size_t> from_a = broadcast_places(leading(a, 2), batch);
    const std::vector<std::size_t> from_b =
        broadcast_places(leading(b.shape(), std::min<std::size_t>(b.dimension(), 2)), batch);
    BasicArray<T> y = empty_array<T>(shape);
    const std::size_t size = n * columns;
    if (size == 0) return y;
    const OneBlasThread one;
    parallel_for(from_a.size(), problems_per_task(n * size), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            std::copy(b.data() + from_b[i] * size, b.data() + (from_b[i] + 1) * size, y.data() + i * size);
            f(from_a[i], y.data() + i * size, columns);
        }
    });
    return y;
}

template <class T>
BasicTensor<T> system_gradient(const BasicTensor<T>& gb, const BasicTensor<T>& x, bool transposed) {
    return transposed ? matmul(x, -gb, {.transpose_b = true}) : matmul(-gb, x, {.transpose_b = true});
}

long double naive_determinant(const std::vector<long double>& a, std::size_t n) {
    if (n == 0) return 1;
    long double sum = 0;
    for (std::size_t column = 0; column < n; ++column) {
        std::vector<long double> minor;
        for (std::size_t i = 1; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                if (j != column) minor.push_back(a[i * n + j]);
            }
        }
        sum += (column % 2 ? -1 : 1) * a[column] * naive_determinant(minor, n - 1);
    }
    return sum;
}

Array64 naive_solution(const Array64& a, const Array64& b, bool transposed, const Shape& shape) {
    const std::size_t n = a.shape().back(), columns = b.dimension() == 1 ? 1 : b.shape().back();
    const Shape batch = leading(shape, b.dimension() == 1 ? 1 : 2);
    const auto from_a = broadcast_places(leading(a.shape(), 2), batch);
    const auto from_b = broadcast_places(leading(b.shape(), std::min<std::size_t>(b.dimension(), 2)), batch);
    Array64 y = empty_array<double>(shape);
    for (std::size_t place = 0; place < y.size(); ++place) {
        const std::size_t q = place / (n * columns), row = place / columns % n, column = place % columns;
        std::vector<long double> matrix(n * n);
        for (std::size_t i = 0; i < n * n; ++i) {
            matrix[i] = a.data()[from_a[q] * n * n + (transposed ? i % n * n + i / n : i)];
        }
        const long double below = naive_determinant(matrix, n);
        for (std::size_t i = 0; i < n; ++i) matrix[i * n + row] = b.data()[(from_b[q] * n + i) * columns + column];
        y.data()[place] = static_cast<double>(naive_determinant(matrix, n) / below);
    }
    return y;
}

template BasicArray<float> solve_each(const Shape&, const BasicArray<float>&, const Shape&,
                                      const std::function<void(std::size_t, float*, std::size_t)>&);
template BasicArray<double> solve_each(const Shape&, const BasicArray<double>&, const Shape&,
                                       const std::function<void(std::size_t, double*, std::size_t)>&);
template Tensor system_gradient(const Tensor&, const Tensor&, bool);
template Tensor64 system_gradient(const Tensor64&, const Tensor64&, bool);

}  // namespace detail

namespace {

// f(value of the random matrix, row, column) at each place of matrices (..., n, n).
template <class F>
Array64 matrices(const Shape& shape, std::uint64_t seed, F f) {
    const Array64 random = sample::uniform(shape, seed);
    const std::size_t n = shape.back();
    Array64 x = empty_array<double>(shape);
    for (std::size_t place = 0; place < x.size(); ++place) {
        x.data()[place] = f(random.data() + place / (n * n) * n * n, place / n % n, place % n);
    }
    return x;
}

}  // namespace

Shape sample::squares(Draw& draw) {
    const std::size_t n = draw(0, 4);
    return detail::with_matrix(draw.shape(0, 2, 0, 3), n, n);
}

Array64 sample::dominant(const Shape& shape, std::uint64_t seed) {
    const std::size_t n = shape.back();
    return matrices(shape, seed, [n](const double* r, std::size_t i, std::size_t j) {
        return r[i * n + j] / 2 + (i == j ? static_cast<double>(n + 1) : 0);
    });
}

Array64 sample::exchanged(const Shape& shape, std::uint64_t seed) {
    const std::size_t n = shape.back();
    return matrices(shape, seed, [n](const double* r, std::size_t i, std::size_t j) {
        return r[i * n + j] / 2 + (i == n - 1 - j ? static_cast<double>(n + 1) : 0);
    });
}

Array64 sample::positive_definite(const Shape& shape, std::uint64_t seed) {
    const std::size_t n = shape.back();
    return matrices(shape, seed, [n](const double* r, std::size_t i, std::size_t j) {
        double sum = i == j ? 1 : 0;
        for (std::size_t k = 0; k < n; ++k) sum += r[i * n + k] * r[j * n + k] / 2;
        return sum;
    });
}

}  // namespace xtape

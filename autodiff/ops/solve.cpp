#include <xtape/autodiff/ops/solve.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/selection.hpp>

namespace xtape {

using namespace sample;

namespace {

// A right-hand side without its axis of columns gets one.
template <class T>
BasicTensor<T> as_columns(const BasicTensor<T>& x, bool vector) {
    if (!vector) return x;
    Shape shape = x.shape();
    shape.push_back(1);
    return reshape(x, shape);
}

// The rules of solve and triangular_solve: `solved` applies op(A)^-T to its argument, `masked` keeps what of dA belongs
// to A.
template <class T, class Solved, class Masked>
void give_system(Replay<T>& r, bool transposed, Solved solved, Masked masked) {
    const bool vector = r.shape(1).size() == 1;
    const BasicTensor<T> gb = solved(r.x(0), as_columns(r.g(), vector));
    if (r.wants(1)) r.give(1, vector ? reshape(gb, r.g().shape()) : gb);
    if (r.wants(0)) r.give(0, masked(detail::system_gradient(gb, as_columns(r.y(), vector), transposed)));
}

// Shapes of a random system whose batch axes broadcast: A (..., n, n), B (n) or (..., n, k).
struct RandomSystem {
    Shape a, b;
};

RandomSystem random_system(Draw& draw) {
    const std::size_t n = draw(0, 4);
    Shape a = draw.shape(0, 2, 0, 3), b = a;
    for (std::size_t& extent : a) extent = draw(0, 2) == 0 ? 1 : extent;
    for (std::size_t& extent : b) extent = draw(0, 2) == 0 ? 1 : extent;
    b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(draw(0, b.size())));
    a.push_back(n);
    a.push_back(n);
    if (draw(0, 3) == 0) {
        b = {n};
    } else {
        b.push_back(n);
        b.push_back(draw(0, 3));
    }
    return {a, b};
}

}  // namespace

template <class T>
BasicTensor<T> detail::triangle_part(const BasicTensor<T>& t, bool upper, bool strict) {
    const std::size_t n = t.shape().back();
    BasicArray<T> mask(Shape{n, n}, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            if (i == j ? !strict : (j > i) == upper) mask.data()[i * n + j] = 1;
        }
    }
    return where(BasicTensor<T>(std::move(mask)), t, BasicTensor<T>(T(0)));
}

template <class T>
BasicArray<T> Solve::forward(Inputs<T> x) const {
    const BasicArray<T>&a = *x[0], &b = *x[1];
    const Shape shape = detail::solution_shape(name, a.shape(), b.shape());
    const detail::Lu<T> lu(a.data(), element_count(detail::leading(a.shape(), 2)), a.shape().back(), name);
    detail::check_regular(name, a.shape(), lu.outcomes());
    return detail::solve_each<T>(a.shape(), b, shape, [&](std::size_t matrix, T* y, std::size_t columns) {
        lu.solve(matrix, options.transpose, y, columns);
    });
}

template <class T>
void Solve::backward(Replay<T>& r) const {
    give_system(
        r, options.transpose,
        [&](const BasicTensor<T>& a, const BasicTensor<T>& g) {
            return solve(a, g, {.transpose = !options.transpose}, Location{});
        },
        [](const BasicTensor<T>& ga) { return ga; });
}

Array64 Solve::reference(std::span<const Array64> x) const {
    return detail::naive_solution(x[0], x[1], options.transpose,
                                  detail::solution_shape(name, x[0].shape(), x[1].shape()));
}

std::vector<Sample<Solve>> Solve::samples() {
    return {{Solve{}, {dominant({3, 3}, 1), uniform({3, 2}, 2)}},
            {Solve{}, {exchanged({3, 3}, 3), uniform({3}, 4)}},
            {Solve{{true}}, {exchanged({3, 3}, 5), uniform({3, 2}, 6)}},
            {Solve{}, {exchanged({2, 2, 2}, 7), uniform({2}, 8)}},
            {Solve{{true}}, {dominant({2, 1, 2, 2}, 9), uniform({3, 2, 1}, 10)}}};
}

Sample<Solve> Solve::random(Draw& draw) {
    const RandomSystem s = random_system(draw);
    return {Solve{{draw.coin()}},
            {draw.coin() ? dominant(s.a, draw.seed()) : exchanged(s.a, draw.seed()), uniform(s.b, draw.seed())}};
}

template <class T>
BasicArray<T> TriangularSolve::forward(Inputs<T> x) const {
    const BasicArray<T>&a = *x[0], &b = *x[1];
    const Shape shape = detail::solution_shape(name, a.shape(), b.shape());
    const std::size_t n = a.shape().back(), count = element_count(detail::leading(a.shape(), 2));
    for (std::size_t i = 0; !options.unit_diagonal && i < count * n; ++i) {
        if (a.data()[i * n + i % n] == 0) {
            throw DataError(std::string(name) + ": expected diagonals without zeros, got one: " +
                            detail::matrix_of(a.shape(), i / n) + ", row " + std::to_string(i % n));
        }
    }
    const detail::Triangle triangle{options.upper, options.transpose, options.unit_diagonal};
    return detail::solve_each<T>(a.shape(), b, shape, [&](std::size_t matrix, T* y, std::size_t columns) {
        detail::solve_triangular(triangle, a.data() + matrix * n * n, n, y, columns, name);
    });
}

template <class T>
void TriangularSolve::backward(Replay<T>& r) const {
    TriangularOptions other = options;
    other.transpose = !options.transpose;
    give_system(
        r, options.transpose,
        [&](const BasicTensor<T>& a, const BasicTensor<T>& g) { return triangular_solve(a, g, other, Location{}); },
        [&](const BasicTensor<T>& ga) { return detail::triangle_part(ga, options.upper, options.unit_diagonal); });
}

Array64 TriangularSolve::reference(std::span<const Array64> x) const {
    Array64 a = x[0];
    const std::size_t n = a.shape().back();
    for (std::size_t place = 0; place < a.size(); ++place) {
        const std::size_t i = place / n % n, j = place % n;
        if (i != j && (j > i) != options.upper) a.data()[place] = 0;
        if (i == j && options.unit_diagonal) a.data()[place] = 1;
    }
    return detail::naive_solution(a, x[1], options.transpose, detail::solution_shape(name, a.shape(), x[1].shape()));
}

std::vector<Sample<TriangularSolve>> TriangularSolve::samples() {
    return {{TriangularSolve{}, {dominant({3, 3}, 1), uniform({3, 2}, 2)}},
            {TriangularSolve{{.upper = true}}, {dominant({3, 3}, 3), uniform({3}, 4)}},
            {TriangularSolve{{.transpose = true}}, {dominant({3, 3}, 5), uniform({3, 2}, 6)}},
            {TriangularSolve{{true, true, false}}, {dominant({2, 2, 2}, 7), uniform({2}, 8)}},
            {TriangularSolve{{false, false, true}}, {uniform({3, 3}, 9), uniform({3, 1}, 10)}},
            {TriangularSolve{{true, true, true}}, {uniform({2, 1, 2, 2}, 11), uniform({3, 2, 2}, 12)}}};
}

Sample<TriangularSolve> TriangularSolve::random(Draw& draw) {
    const RandomSystem s = random_system(draw);
    const TriangularOptions options{draw.coin(), draw.coin(), draw.coin()};
    return {TriangularSolve{options}, {dominant(s.a, draw.seed()), uniform(s.b, draw.seed())}};
}

Shape Inverse::infer(Shapes x) const {
    detail::check_square(name, *x[0]);
    return *x[0];
}

template <class T>
BasicArray<T> Inverse::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const std::size_t n = shape.back(), count = element_count(detail::leading(shape, 2));
    detail::Lu<T> lu(x[0]->data(), count, n, name);
    detail::check_regular(name, shape, lu.outcomes());
    BasicArray<T> y = empty_array<T>(shape);
    lu.invert(y.data());
    return y;
}

template <class T>
void Inverse::backward(Replay<T>& r) const {
    const BasicTensor<T> y = r.y();
    r.give(0, matmul(matmul(y, -r.g(), {.transpose_a = true}), y, {.transpose_b = true}));
}

Array64 Inverse::reference(std::span<const Array64> x) const {
    const std::size_t n = x[0].shape().back();
    Array64 one(Shape{n, n}, 0.0);
    for (std::size_t i = 0; i < n; ++i) one.data()[i * n + i] = 1;
    return detail::naive_solution(x[0], one, false, x[0].shape());
}

std::vector<Sample<Inverse>> Inverse::samples() {
    return {{{}, {dominant({3, 3}, 1)}},
            {{}, {exchanged({2, 3, 3}, 2)}},
            {{}, {exchanged({1, 2, 2, 2}, 3)}},
            {{}, {positive({1, 1}, 4)}}};
}

Sample<Inverse> Inverse::random(Draw& draw) {
    const Shape shape = squares(draw);
    return {{}, {draw.coin() ? dominant(shape, draw.seed()) : exchanged(shape, draw.seed())}};
}

template Tensor detail::triangle_part(const Tensor&, bool, bool);
template Tensor64 detail::triangle_part(const Tensor64&, bool, bool);
template struct detail::Runner<Solve>;
template struct detail::Runner<TriangularSolve>;
template struct detail::Runner<Inverse>;

std::vector<OperationInfo> detail::solve_operations() { return describe_family(SolveOps{}); }

}  // namespace xtape

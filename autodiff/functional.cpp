#include <xtape/autodiff/functional.hpp>

#include <xtape/autodiff/ops/shaping.hpp>

#include <algorithm>

namespace xtape::detail {
namespace {

template <class T>
bool on(const Tape& tape, const BasicTensor<T>& x) {
    return TensorAccess::tape(x) == TapeAccess::id(tape);
}

template <class T>
BasicTensor<T> zeros_like(const BasicTensor<T>& x) {
    return BasicTensor<T>(BasicArray<T>(x.shape(), T(0)));
}

// A place on the tape that stands for x alone: other uses of x inside f are not differentiated with respect to it.
template <class T>
BasicTensor<T> fresh(Tape& tape, const BasicTensor<T>& x) {
    return on(tape, x) ? reshape(x, x.shape()) : tape.watch(x);
}

template <class T>
void require_scalar(const char* who, const BasicTensor<T>& y, Location at) {
    if (y.size() == 1) return;
    throw GraphError(std::string(who) + ": expected a function with one output element, got shape " + to_string(y.shape()), at);
}

template <class T>
std::pair<BasicTensor<T>, BasicTensor<T>> differentiate_on(const char* who, Tape& tape, const Function<T>& f, const BasicTensor<T>& x,
                                                           bool create_graph, Location at) {
    const BasicTensor<T> leaf = fresh(tape, x);
    BasicTensor<T> y = f(leaf);
    require_scalar(who, y, at);
    if (!on(tape, y)) return {y, zeros_like(x)};
    BasicTensor<T> g = tape.gradient(y, leaf, {.create_graph = create_graph}, at);
    return {std::move(y), std::move(g)};
}

// One row of derivatives of y for each of its elements, laid out as (elements of y, elements of x).
template <class T>
void fill_rows(Tape& tape, const BasicTensor<T>& y, const BasicTensor<T>& x, T* rows, Location at) {
    const std::size_t m = y.size(), n = x.size();
    for (std::size_t i = 0; i < m; ++i) {
        BasicArray<T> unit(y.shape(), T(0));
        unit.data()[i] = 1;
        const BasicTensor<T> seed(std::move(unit));
        const auto row = tape.gradients<T>(y, &seed, std::span(&x, 1), {.keep = true}, at);
        std::copy(row[0].value().data(), row[0].value().data() + n, rows + i * n);
    }
}

Shape joined(const Shape& a, const Shape& b) {
    Shape shape = a;
    for (const std::size_t extent : b) shape.push_back(extent);
    return shape;
}

}  // namespace

template <class T>
std::pair<BasicTensor<T>, BasicTensor<T>> differentiate(const Function<T>& f, const BasicTensor<T>& x, Location at) {
    if (Tape* recording = TapeAccess::recording()) return differentiate_on("grad", *recording, f, x, true, at);
    Tape tape;
    return differentiate_on("grad", tape, f, x, false, at);
}

template <class T>
BasicArray<T> hessian_of(const Function<T>& f, const BasicTensor<T>& x, Location at) {
    Tape tape;
    const BasicTensor<T> leaf = tape.watch(x);
    const BasicTensor<T> slope = differentiate_on("hessian", tape, f, leaf, true, at).second;
    BasicArray<T> h(joined(x.shape(), x.shape()), T(0));
    if (on(tape, slope)) fill_rows(tape, slope, leaf, h.data(), at);
    return h;
}

template <class T>
BasicArray<T> hvp_of(const Function<T>& f, const BasicTensor<T>& x, const BasicTensor<T>& v, Location at) {
    if (v.shape() != x.shape()) {
        throw ShapeError("hvp: expected a vector of x's shape " + to_string(x.shape()) + ", got " + to_string(v.shape()), at);
    }
    Tape tape;
    const BasicTensor<T> leaf = tape.watch(x);
    const BasicTensor<T> slope = differentiate_on("hvp", tape, f, leaf, true, at).second;
    if (!on(tape, slope)) return zeros_like(x).value();
    const BasicTensor<T> seed = detach(v);
    return tape.gradients<T>(slope, &seed, std::span(&leaf, 1), {}, at)[0].value();
}

template <class T>
BasicArray<T> jacobian_of(const Function<T>& f, const BasicTensor<T>& x, Location at) {
    Tape tape;
    const BasicTensor<T> leaf = tape.watch(x);
    const BasicTensor<T> y = f(leaf);
    BasicArray<T> j(joined(y.shape(), x.shape()), T(0));
    if (on(tape, y)) fill_rows(tape, y, leaf, j.data(), at);
    return j;
}

template std::pair<Tensor, Tensor> differentiate(const Function<float>&, const Tensor&, Location);
template std::pair<Tensor64, Tensor64> differentiate(const Function<double>&, const Tensor64&, Location);
template Array hessian_of(const Function<float>&, const Tensor&, Location);
template Array64 hessian_of(const Function<double>&, const Tensor64&, Location);
template Array hvp_of(const Function<float>&, const Tensor&, const Tensor&, Location);
template Array64 hvp_of(const Function<double>&, const Tensor64&, const Tensor64&, Location);
template Array jacobian_of(const Function<float>&, const Tensor&, Location);
template Array64 jacobian_of(const Function<double>&, const Tensor64&, Location);

}  // namespace xtape::detail

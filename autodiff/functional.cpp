#include <xtape/autodiff/functional.hpp>

#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/record.hpp>

#include <algorithm>
#include <optional>

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

template <class T>
std::vector<BasicTensor<T>> zeros_like(std::span<const BasicTensor<T>> x) {
    std::vector<BasicTensor<T>> zeros;
    for (const BasicTensor<T>& each : x) zeros.push_back(zeros_like(each));
    return zeros;
}

// Places on the tape that stand for the arguments alone: other uses of the same tensors inside f are not
// differentiated.
template <class T>
std::vector<BasicTensor<T>> fresh(Tape& tape, std::span<const BasicTensor<T>> x) {
    std::vector<BasicTensor<T>> leaves;
    for (const BasicTensor<T>& each : x)
        leaves.push_back(on(tape, each) ? reshape(each, each.shape()) : tape.watch(each));
    return leaves;
}

template <class T>
void require_scalar(const char* who, const BasicTensor<T>& y, Location at) {
    if (y.size() == 1) return;
    throw GraphError(
        std::string(who) + ": expected a function with one output element, got shape " + to_string(y.shape()), at);
}

template <class T>
void require_shape(const char* what, const Shape& wanted, const BasicTensor<T>& got, Location at) {
    if (got.shape() == wanted) return;
    throw ShapeError(what + to_string(wanted) + ", got " + to_string(got.shape()), at);
}

// Runs `work` on a tape of its own, for results that are plain numbers: to it, tensors of a tape that records outside
// are constants.
template <class Work>
auto on_own_tape(const Work& work) {
    if (Tape* recording = TapeAccess::recording()) {
        const PauseGuard pause = recording->pause();
        Tape tape;
        return work(tape);
    }
    Tape tape;
    return work(tape);
}

template <class T>
Slopes<T> differentiate_on(const char* who, Tape& tape, const Function<T>& f, std::span<const BasicTensor<T>> x,
                           bool create_graph, Location at) {
    const std::vector<BasicTensor<T>> leaves = fresh(tape, x);
    BasicTensor<T> y = f(leaves);
    require_scalar(who, y, at);
    if (!on(tape, y)) return {y, zeros_like(x)};
    auto gradients = tape.gradients<T>(y, nullptr, leaves, {.create_graph = create_graph}, at);
    return {std::move(y), std::move(gradients)};
}

template <class T>
Slopes<T> differentiate_by_on(const char* who, Tape& tape, const std::function<BasicTensor<T>()>& f,
                              const BasicParameterList<T>& parameters, bool create_graph, Location at) {
    std::vector<BasicTensor<T>> all, leaves;
    for (const auto& parameter : parameters) {
        all.push_back(parameter.tensor());
        if (on(tape, all.back())) leaves.push_back(all.back());
    }
    BasicTensor<T> y = f();
    require_scalar(who, y, at);
    std::vector<BasicTensor<T>> gradients = zeros_like(std::span<const BasicTensor<T>>(all));
    if (!on(tape, y)) return {y, std::move(gradients)};
    auto found = tape.gradients<T>(y, nullptr, leaves, {.create_graph = create_graph}, at);
    std::size_t next = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (on(tape, all[i])) gradients[i] = std::move(found[next++]);
    }
    return {std::move(y), std::move(gradients)};
}

// vᵀ J is linear in v, so its derivative by v in the direction of the tangents is J times them.
template <class T>
std::pair<BasicTensor<T>, BasicTensor<T>> push_forward_on(Tape& tape, const Function<T>& f,
                                                          std::span<const BasicTensor<T>> x,
                                                          std::span<const BasicTensor<T>> tangents, bool create_graph,
                                                          Location at) {
    const std::vector<BasicTensor<T>> leaves = fresh(tape, x);
    BasicTensor<T> y = f(leaves);
    if (!on(tape, y)) return {y, zeros_like(y)};
    const BasicTensor<T> v = tape.watch(BasicTensor<T>(BasicArray<T>(y.shape(), T(1))));
    const auto products = tape.gradients<T>(y, &v, leaves, {.create_graph = true}, at);
    BasicTensor<T> total(T(0));
    for (std::size_t i = 0; i < products.size(); ++i) {
        if (on(tape, products[i])) total = total + sum(products[i] * tangents[i]);
    }
    if (!on(tape, total)) return {y, zeros_like(y)};
    BasicTensor<T> derivative = tape.gradient(total, v, {.create_graph = create_graph}, at);
    return {std::move(y), std::move(derivative)};
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
Slopes<T> differentiate(const char* who, const Function<T>& f, std::span<const BasicTensor<T>> leaves, Location at) {
    if (Tape* recording = TapeAccess::recording()) return differentiate_on(who, *recording, f, leaves, true, at);
    Tape tape;
    return differentiate_on(who, tape, f, leaves, false, at);
}

template <class T>
Slopes<T> differentiate_by(const char* who, const std::function<BasicTensor<T>()>& f,
                           const BasicParameterList<T>& parameters, Location at) {
    if (Tape* recording = TapeAccess::recording()) return differentiate_by_on(who, *recording, f, parameters, true, at);
    Tape tape;
    return differentiate_by_on(who, tape, f, parameters, false, at);
}

template <class T>
Linearised<T>::Linearised(const Function<T>& f, std::span<const BasicTensor<T>> leaves) {
    Tape* tape = TapeAccess::recording();
    if (!tape) {
        own_ = std::make_shared<Tape>();
        tape = own_.get();
    }
    tape_ = TapeAccess::id(*tape);
    leaves_ = fresh(*tape, leaves);
    y_ = f(leaves_);
    if (own_) TapeAccess::leave(*own_);
}

template <class T>
std::vector<BasicTensor<T>> Linearised<T>::pull(const BasicTensor<T>& cotangent, Location at) const {
    require_shape("vjp: expected a cotangent of the value's shape ", y_.shape(), cotangent, at);
    if (TensorAccess::tape(y_) != tape_) return zeros_like(std::span<const BasicTensor<T>>(leaves_));
    Tape* tape = own_ ? own_.get() : TapeAccess::find(tape_);
    if (!tape) throw GraphError("vjp: the tape that recorded the function has ended", at);
    // On a tape that records, the products are part of it.
    const bool create_graph = TapeAccess::recording() == tape;
    return tape->gradients<T>(y_, &cotangent, leaves_, {.create_graph = create_graph, .keep = true}, at);
}

template <class T>
std::pair<BasicTensor<T>, BasicTensor<T>> push_forward(const Function<T>& f, std::span<const BasicTensor<T>> leaves,
                                                       std::span<const BasicTensor<T>> tangents, Location at) {
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        require_shape("jvp: expected a tangent of its argument's shape ", leaves[i].shape(), tangents[i], at);
    }
    if (Tape* recording = TapeAccess::recording()) return push_forward_on(*recording, f, leaves, tangents, true, at);
    Tape tape;
    return push_forward_on(tape, f, leaves, tangents, false, at);
}

template <class T>
BasicArray<T> hessian_of(const Function<T>& f, const BasicTensor<T>& x, Location at) {
    return on_own_tape([&](Tape& tape) {
        const BasicTensor<T> leaf = tape.watch(x);
        const BasicTensor<T> slope = differentiate_on("hessian", tape, f, std::span(&leaf, 1), true, at).second[0];
        BasicArray<T> h(joined(x.shape(), x.shape()), T(0));
        if (on(tape, slope)) fill_rows(tape, slope, leaf, h.data(), at);
        return h;
    });
}

template <class T>
BasicArray<T> hvp_of(const Function<T>& f, const BasicTensor<T>& x, const BasicTensor<T>& v, Location at) {
    require_shape("hvp: expected a vector of x's shape ", x.shape(), v, at);
    return on_own_tape([&](Tape& tape) {
        const BasicTensor<T> leaf = tape.watch(x);
        const BasicTensor<T> slope = differentiate_on("hvp", tape, f, std::span(&leaf, 1), true, at).second[0];
        if (!on(tape, slope)) return zeros_like(x).value();
        const BasicTensor<T> seed = detach(v);
        return tape.gradients<T>(slope, &seed, std::span(&leaf, 1), {}, at)[0].value();
    });
}

template <class T>
BasicArray<T> jacobian_of(const Function<T>& f, const BasicTensor<T>& x, Location at) {
    return on_own_tape([&](Tape& tape) {
        const BasicTensor<T> leaf = tape.watch(x);
        const BasicTensor<T> y = f(std::span(&leaf, 1));
        BasicArray<T> j(joined(y.shape(), x.shape()), T(0));
        if (on(tape, y)) fill_rows(tape, y, leaf, j.data(), at);
        return j;
    });
}

template Slopes<float> differentiate(const char*, const Function<float>&, std::span<const Tensor>, Location);
template Slopes<double> differentiate(const char*, const Function<double>&, std::span<const Tensor64>, Location);
template Slopes<float> differentiate_by(const char*, const std::function<Tensor()>&, const ParameterList&, Location);
template Slopes<double> differentiate_by(const char*, const std::function<Tensor64()>&, const ParameterList64&,
                                         Location);
template class Linearised<float>;
template class Linearised<double>;
template std::pair<Tensor, Tensor> push_forward(const Function<float>&, std::span<const Tensor>,
                                                std::span<const Tensor>, Location);
template std::pair<Tensor64, Tensor64> push_forward(const Function<double>&, std::span<const Tensor64>,
                                                    std::span<const Tensor64>, Location);
template Array hessian_of(const Function<float>&, const Tensor&, Location);
template Array64 hessian_of(const Function<double>&, const Tensor64&, Location);
template Array hvp_of(const Function<float>&, const Tensor&, const Tensor&, Location);
template Array64 hvp_of(const Function<double>&, const Tensor64&, const Tensor64&, Location);
template Array jacobian_of(const Function<float>&, const Tensor&, Location);
template Array64 jacobian_of(const Function<double>&, const Tensor64&, Location);

}  // namespace xtape::detail

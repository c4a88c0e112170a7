#include <xtape/autodiff/ops/cross_entropy.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/cross_entropy.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace xtape {

using namespace sample;
using detail::ClassLabels;
using detail::RowNormalizers;
using detail::RowTargets;

// Not anonymous: lambdas of exported templates capture these types.
namespace detail::class_rows {

// (N, C, d1, ...) seen as (samples, classes, inner); row r is position r % inner of sample r / inner.
struct ClassShape {
    std::size_t samples = 1, classes = 1, inner = 1;

    explicit ClassShape(const Shape& shape) {
        for (std::size_t i = 0; i < shape.size(); ++i) (i == 0 ? samples : i == 1 ? classes : inner) *= shape[i];
    }
    std::size_t rows() const { return samples * inner; }
    std::size_t offset(std::size_t row, std::size_t c) const { return (row / inner * classes + c) * inner + row % inner; }
};

// The axes of the rows alone: (N, d1, ...).
Shape row_shape(const Shape& shape) {
    Shape rows = shape;
    rows.erase(rows.begin() + 1);
    return rows;
}

// x with the classes of a row side by side; x itself when they are.
template <class T>
const BasicArray<T>& side_by_side(const BasicArray<T>& x, const ClassShape& s, BasicArray<T>& turned) {
    if (s.inner == 1) return x;
    const auto classes = static_cast<std::ptrdiff_t>(s.classes), inner = static_cast<std::ptrdiff_t>(s.inner);
    turned = empty_array<T>({s.samples, s.inner, s.classes});
    detail::copy_strided({s.samples, s.inner, s.classes}, x.data(), {classes * inner, 1, inner}, turned.data(),
                         {classes * inner, classes, 1});
    return turned;
}

// The reverse, into the shape of x.
template <class T>
BasicArray<T> as_given(BasicArray<T> rows, const ClassShape& s, const Shape& shape) {
    if (s.inner == 1) {
        rows.reshape(shape);
        return rows;
    }
    const auto classes = static_cast<std::ptrdiff_t>(s.classes), inner = static_cast<std::ptrdiff_t>(s.inner);
    BasicArray<T> x = empty_array<T>(shape);
    detail::copy_strided({s.samples, s.classes, s.inner}, rows.data(), {classes * inner, 1, classes}, x.data(),
                         {classes * inner, inner, 1});
    return x;
}

// f(first) + ... + f(last - 1), halved until few are left.
template <class F>
double pairwise_sum(std::size_t first, std::size_t last, const F& f) {
    double total = 0;
    if (last - first > 64) {
        const std::size_t middle = first + (last - first) / 2;
        return pairwise_sum(first, middle, f) + pairwise_sum(middle, last, f);
    }
    for (std::size_t i = first; i < last; ++i) total += f(i);
    return total;
}

// All rows' losses, reduced; loss(row) includes nothing of the reduction.
template <class T, class F>
BasicArray<T> reduced_losses(Reduction reduction, double factor, const Shape& rows, const F& loss) {
    const std::size_t count = element_count(rows);
    BasicArray<T> y = empty_array<T>(reduction == Reduction::none ? rows : Shape{});
    if (reduction == Reduction::none) {
        for (std::size_t r = 0; r < count; ++r) y.data()[r] = static_cast<T>(loss(r));
    } else {
        const double total = pairwise_sum(0, count, loss);
        y.data()[0] = static_cast<T>(reduction == Reduction::mean ? total * factor : total);
    }
    return y;
}

std::size_t row_grain(std::size_t width) { return std::max<std::size_t>(1, 8192 / std::max<std::size_t>(1, width)); }

// The gradient arriving at a row.
template <class T>
struct RowGradients {
    const T* g;
    std::size_t step;

    RowGradients(const Replay<T>& r, Reduction reduction) : g(r.g().value().data()), step(reduction == Reduction::none ? 1 : 0) {}
    double operator()(std::size_t row) const { return static_cast<double>(g[row * step]); }
};

// The same as a tensor that broadcasts over the classes.
template <class T>
BasicTensor<T> class_gradient(const Replay<T>& r, Reduction reduction) {
    if (reduction != Reduction::none) return r.g();
    Shape shape = r.shape(0);
    shape[1] = 1;
    return reshape(r.g(), shape);
}

// Per-class numbers: (1 - smoothing) w and smoothing w / C.
template <class T>
struct ClassNumbers {
    BasicArray<T> scale, base;
    bool scaled, based;

    ClassNumbers(const std::shared_ptr<const Array64>& weights, double smoothing, std::size_t classes)
        : scaled(weights || smoothing != 0), based(smoothing != 0) {
        const auto fill = [&](BasicArray<T>& to, bool wanted, double factor) {
            if (!wanted) return;
            to = empty_array<T>({classes});
            for (std::size_t c = 0; c < classes; ++c) {
                to.data()[c] = static_cast<T>(factor * (weights ? weights->data()[c] : 1));
            }
        };
        fill(scale, scaled, 1 - smoothing);
        fill(base, based, smoothing / static_cast<double>(classes));
    }
    RowTargets<T> row(const T* targets) const {
        return {targets, scaled ? scale.data() : nullptr, based ? base.data() : nullptr};
    }
};

template <class T>
std::shared_ptr<const RowNormalizers> normalize(const BasicArray<T>& rows, const ClassShape& s) {
    RowNormalizers found{empty_array<double>({s.rows()}), empty_array<double>({s.rows()})};
    detail::row_normalizers(rows.data(), s.rows(), s.classes, found.top.data(), found.log_sum.data());
    return std::allocate_shared<const RowNormalizers>(PoolAllocator<RowNormalizers>(), std::move(found));
}

void check_common(const char* operation, const Array64* weights, double smoothing, std::size_t classes) {
    if (weights && weights->shape() != Shape{classes}) {
        throw ShapeError(fmt::format("{}: expected one weight for each of {} classes, got shape {}", operation, classes,
                                     to_string(weights->shape())));
    }
    if (!(smoothing >= 0 && smoothing <= 1)) {
        throw ConfigError(fmt::format("{}: expected a label smoothing in 0 .. 1, got {}", operation, smoothing));
    }
}

const char* least_sizes(Reduction reduction) { return reduction == Reduction::mean ? " with N and C at least 1" : " with C at least 1"; }

bool enough_rows(Reduction reduction, const Shape& shape) {
    const ClassShape s(shape);
    return s.classes > 0 && (reduction != Reduction::mean || s.rows() > 0);
}

}  // namespace detail::class_rows

using namespace detail::class_rows;

Shape ClassLabels::checked(const char* operation, const Shape& input) const {
    const Shape& of = labels->shape();
    if (input.size() < 2 || row_shape(input) != of || !enough_rows(reduction, input)) {
        throw ShapeError(fmt::format("{}: expected input (N, C, ...) and labels (N, ...){}, got {} and {}", operation,
                                     least_sizes(reduction), to_string(input), to_string(of)));
    }
    check_common(operation, weights.get(), 0, input[1]);
    for (std::size_t row = 0; row < labels->size(); ++row) {
        const std::int64_t value = labels->data()[row];
        if ((value >= 0 && static_cast<std::uint64_t>(value) < input[1]) || ignored(row)) continue;
        throw DataError(fmt::format("{}: expected labels in 0 .. {}{}, got {} in row {}", operation, input[1] - 1,
                                    ignore ? fmt::format(" or {}", *ignore) : "", value,
                                    of.size() == 1 ? std::to_string(row) : position_of(row, of)));
    }
    return reduction == Reduction::none ? of : Shape{};
}

double ClassLabels::factor() const {
    if (reduction != Reduction::mean) return 1;
    if (!weights && !ignore) return 1 / static_cast<double>(labels->size());
    return 1 / pairwise_sum(0, labels->size(), [&](std::size_t row) { return ignored(row) ? 0.0 : weight(row); });
}

std::shared_ptr<const Array64> detail::share_weights(std::optional<Array64> weights) {
    if (!weights) return nullptr;
    return std::allocate_shared<const Array64>(PoolAllocator<Array64>(), std::move(*weights));
}

Shape CrossEntropy::infer(Shapes x) const {
    const Shape shape = checked(name, *x[0]);
    check_common(name, nullptr, smoothing, 1);
    return shape;
}

template <class T>
BasicArray<T> CrossEntropy::forward(Inputs<T> x) const {
    const ClassShape s(x[0]->shape());
    BasicArray<T> turned;
    const BasicArray<T>& rows = side_by_side(*x[0], s, turned);
    state = normalize(rows, s);
    const ClassNumbers<T> numbers(smoothing == 0 ? nullptr : weights, smoothing, s.classes);
    return reduced_losses<T>(reduction, factor(), labels->shape(), [&](std::size_t r) {
        if (ignored(r)) return 0.0;
        const T* const row = rows.data() + r * s.classes;
        const double top = state->top.data()[r], log_sum = state->log_sum.data()[r];
        const double plain = weight(r) * ((top - static_cast<double>(row[label(r)])) + log_sum);
        if (smoothing == 0) return plain;
        return (1 - smoothing) * plain + detail::row_loss(row, s.classes, numbers.row(nullptr), top, log_sum);
    });
}

template <class T>
void CrossEntropy::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const ClassShape s(shape);
    const ClassNumbers<T> numbers(smoothing == 0 ? nullptr : weights, smoothing, s.classes);
    const double each = factor(), spread = detail::row_total(s.classes, numbers.row(nullptr));
    if (r.recording()) {
        // q and its sum over the classes, times what the row counts for.
        Shape narrow = shape;
        narrow[1] = 1;
        BasicArray<T> q(shape, T(0)), total(narrow, T(0));
        for (std::size_t row = 0; row < s.rows(); ++row) {
            if (ignored(row)) continue;
            const double kept = (1 - smoothing) * weight(row);
            for (std::size_t c = 0; numbers.based && c < s.classes; ++c) {
                q.data()[s.offset(row, c)] = static_cast<T>(each * static_cast<double>(numbers.base.data()[c]));
            }
            q.data()[s.offset(row, label(row))] += static_cast<T>(each * kept);
            total.data()[row] = static_cast<T>(each * (kept + spread));
        }
        return r.give(0, class_gradient(r, reduction) * (softmax(r.x(0), 1) * BasicTensor<T>(total) - BasicTensor<T>(q)));
    }
    BasicArray<T> turned;
    const BasicArray<T>& rows = side_by_side(*r.x_array(0), s, turned);
    BasicArray<T> dx = empty_array<T>(Shape{s.rows(), s.classes});
    const RowGradients<T> g(r, reduction);
    const bool short_rows = !numbers.based && s.classes <= detail::longest_short_row<T>;
    parallel_for(s.rows(), row_grain(s.classes), [&](std::size_t begin, std::size_t end) {
        if (short_rows) {
            detail::short_row_probabilities(rows.data() + begin * s.classes, end - begin, s.classes, state->top.data() + begin,
                                            state->log_sum.data() + begin, dx.data() + begin * s.classes);
        }
        for (std::size_t row = begin; row < end; ++row) {
            T* const to = dx.data() + row * s.classes;
            if (ignored(row)) {
                std::fill(to, to + s.classes, T(0));
                continue;
            }
            const double scale = g(row) * each, kept = (1 - smoothing) * weight(row);
            const T share = static_cast<T>(scale * (kept + spread));
            if (short_rows) {
                for (std::size_t c = 0; c < s.classes; ++c) to[c] = share * to[c];
            } else {
                detail::row_gradient(rows.data() + row * s.classes, s.classes, numbers.row(nullptr), state->top.data()[row],
                                     state->log_sum.data()[row], share, static_cast<T>(scale), to);
            }
            to[label(row)] -= static_cast<T>(scale * kept);
        }
    });
    dx = as_given(std::move(dx), s, shape);
    r.give(0, BasicTensor<T>(std::move(dx)));
}

SoftCrossEntropy detail::soft_cross_entropy(CrossEntropyOptions options, Location at) {
    if (options.ignore_index) {
        throw ConfigError("soft_cross_entropy: expected no ignored label beside a probability for every class, got " +
                              std::to_string(*options.ignore_index), at);
    }
    return {share_weights(std::move(options.weights)), options.label_smoothing, options.reduction};
}

Shape SoftCrossEntropy::infer(Shapes x) const {
    const Shape &logits = *x[0], &targets = *x[1];
    if (logits.size() < 2 || targets != logits || !enough_rows(reduction, logits)) {
        throw ShapeError(fmt::format("soft_cross_entropy: expected logits and targets of one shape (N, C, ...){}, got {} and {}",
                                     least_sizes(reduction), to_string(logits), to_string(targets)));
    }
    check_common(name, weights.get(), smoothing, logits[1]);
    return reduction == Reduction::none ? row_shape(logits) : Shape{};
}

template <class T>
BasicArray<T> SoftCrossEntropy::forward(Inputs<T> x) const {
    const ClassShape s(x[0]->shape());
    BasicArray<T> turned, turned_targets;
    const BasicArray<T>&rows = side_by_side(*x[0], s, turned), &targets = side_by_side(*x[1], s, turned_targets);
    state = normalize(rows, s);
    const ClassNumbers<T> numbers(weights, smoothing, s.classes);
    return reduced_losses<T>(reduction, 1 / static_cast<double>(s.rows()), row_shape(x[0]->shape()), [&](std::size_t r) {
        return detail::row_loss(rows.data() + r * s.classes, s.classes, numbers.row(targets.data() + r * s.classes),
                                state->top.data()[r], state->log_sum.data()[r]);
    });
}

template <class T>
void SoftCrossEntropy::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const ClassShape s(shape);
    const double each = reduction == Reduction::mean ? 1 / static_cast<double>(s.rows()) : 1;
    const ClassNumbers<T> numbers(weights, smoothing, s.classes);
    if (r.recording()) {
        Shape classes(shape.size(), 1);
        classes[1] = s.classes;
        const auto column = [&](BasicArray<T> v, bool present, double absent) {
            if (!present) return BasicTensor<T>(static_cast<T>(absent));
            v.reshape(classes);
            return BasicTensor<T>(std::move(v));
        };
        const BasicTensor<T> g = class_gradient(r, reduction) * each, scale = column(numbers.scale, numbers.scaled, 1);
        if (r.wants(0)) {
            const BasicTensor<T> q = r.x(1) * scale + column(numbers.base, numbers.based, 0);
            r.give(0, g * (softmax(r.x(0), 1) * sum(q, 1, true) - q));
        }
        if (r.wants(1)) r.give(1, -(g * scale * log_softmax(r.x(0), 1)));
        return;
    }
    BasicArray<T> turned, turned_targets;
    const BasicArray<T>&rows = side_by_side(*r.x_array(0), s, turned), &targets = side_by_side(*r.x_array(1), s, turned_targets);
    const Shape flat{s.rows(), s.classes};
    BasicArray<T> dx = empty_array<T>(r.wants(0) ? flat : Shape{0}), dt = empty_array<T>(r.wants(1) ? flat : Shape{0});
    const RowGradients<T> g(r, reduction);
    parallel_for(s.rows(), row_grain(s.classes), [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            const std::size_t at = row * s.classes;
            const RowTargets<T> q = numbers.row(targets.data() + at);
            const double scale = g(row) * each, top = state->top.data()[row], log_sum = state->log_sum.data()[row];
            if (r.wants(0)) {
                detail::row_gradient(rows.data() + at, s.classes, q, top, log_sum, static_cast<T>(scale * detail::row_total(s.classes, q)),
                                     static_cast<T>(scale), dx.data() + at);
            }
            if (r.wants(1)) detail::row_target_gradient(rows.data() + at, s.classes, q, top, log_sum, static_cast<T>(scale), dt.data() + at);
        }
    });
    if (r.wants(0)) r.give(0, BasicTensor<T>(as_given(std::move(dx), s, shape)));
    if (r.wants(1)) r.give(1, BasicTensor<T>(as_given(std::move(dt), s, shape)));
}

Shape Nll::infer(Shapes x) const { return checked(name, *x[0]); }

template <class T>
BasicArray<T> Nll::forward(Inputs<T> x) const {
    const ClassShape s(x[0]->shape());
    return reduced_losses<T>(reduction, factor(), labels->shape(), [&](std::size_t r) {
        return ignored(r) ? 0.0 : -weight(r) * static_cast<double>(x[0]->data()[s.offset(r, label(r))]);
    });
}

template <class T>
void Nll::backward(Replay<T>& r) const {
    const ClassShape s(r.shape(0));
    const double each = factor();
    const bool recording = r.recording();
    const RowGradients<T> g(r, reduction);
    // Linear in x: the gradient is constants times the one that arrives, which stays a tensor when it is recorded.
    BasicArray<T> dx(r.shape(0), T(0));
    for (std::size_t row = 0; row < s.rows(); ++row) {
        if (!ignored(row)) dx.data()[s.offset(row, label(row))] = static_cast<T>(-each * weight(row) * (recording ? 1 : g(row)));
    }
    if (recording) return r.give(0, class_gradient(r, reduction) * BasicTensor<T>(std::move(dx)));
    r.give(0, BasicTensor<T>(std::move(dx)));
}

template struct detail::Runner<CrossEntropy>;
template struct detail::Runner<SoftCrossEntropy>;
template struct detail::Runner<Nll>;

std::vector<OperationInfo> detail::cross_entropy_operations() { return describe_family(CrossEntropyOps{}); }

}  // namespace xtape

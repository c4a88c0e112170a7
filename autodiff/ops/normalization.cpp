#include <xtape/autodiff/ops/normalization.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/normalize.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

#include <utility>

namespace xtape {

using namespace sample;
using detail::NormBackward;
using detail::NormLayout;
using detail::NormState;
using detail::NormStatistics;

namespace {

std::string listed(Shapes x) {
    std::string text = to_string(*x[0]);
    for (std::size_t i = 1; i < x.size(); ++i) text += ", " + to_string(*x[i]);
    return text;
}

void check_eps(const char* operation, double eps) {
    if (!(eps >= 0)) throw ConfigError(fmt::format("{}: expected eps of at least 0, got {}", operation, eps));
}

// x (N, C, ...) and vectors of C elements; `names` are the vectors'.
void check_channels(const char* operation, const char* names, Shapes x) {
    bool fits = x[0]->size() >= 2;
    for (std::size_t i = 1; fits && i < x.size(); ++i) fits = *x[i] == Shape{(*x[0])[1]};
    if (!fits) throw ShapeError(fmt::format("{}: expected input (N, C, ...){}, got {}", operation, names, listed(x)));
}

const char* affine_names(std::size_t inputs) { return inputs == 1 ? "" : inputs == 2 ? ", weight (C)" : ", weight (C), bias (C)"; }

std::size_t product(const Shape& shape, std::size_t begin, std::size_t end) {
    std::size_t n = 1;
    for (std::size_t i = begin; i < end; ++i) n *= shape[i];
    return n;
}
std::size_t inner_of(const Shape& shape) { return product(shape, 2, shape.size()); }

template <class T>
const T* data_or_null(Inputs<T> x, std::size_t i) { return i < x.size() ? x[i]->data() : nullptr; }

NormState make_state(std::size_t groups) { return {empty_array<double>({groups}), empty_array<double>({groups})}; }

std::shared_ptr<const NormState> keep_state(NormState state) {
    return std::allocate_shared<const NormState>(PoolAllocator<NormState>(), std::move(state));
}

// The kernels only read the statistics in backward.
NormStatistics statistics_of(const NormState& state, double eps) {
    return {const_cast<double*>(state.mean.data()), const_cast<double*>(state.variance.data()), eps};
}

// Backward as a kernel: fill(what is wanted) computes, and the results are given.
template <class T, class Fill>
void backward_kernel(Replay<T>& r, std::size_t first_affine, const Fill& fill) {
    const auto room = [&](std::size_t i) {
        return i < r.inputs() && r.wants(i) ? empty_array<T>(r.shape(i)) : empty_array<T>({0});
    };
    const bool wants_w = r.inputs() > first_affine && r.wants(first_affine);
    const bool wants_b = r.inputs() > first_affine + 1 && r.wants(first_affine + 1);
    BasicArray<T> dx = room(0), dw = room(first_affine), db = room(first_affine + 1);
    const BasicArray<T>* const weight = r.inputs() > first_affine ? r.x_array(first_affine) : nullptr;
    fill(NormBackward<T>{r.x_array(0)->data(), weight ? weight->data() : nullptr, r.g().value().data(),
                         r.wants(0) ? dx.data() : nullptr, wants_w ? dw.data() : nullptr, wants_b ? db.data() : nullptr});
    if (r.wants(0)) r.give(0, BasicTensor<T>(std::move(dx)));
    if (wants_w) r.give(first_affine, BasicTensor<T>(std::move(dw)));
    if (wants_b) r.give(first_affine + 1, BasicTensor<T>(std::move(db)));
}

// The same in tensor functions: x seen as `view`, statistics over `axes` of it, weight and bias seen as `affine`.
template <class T>
void backward_formula(Replay<T>& r, const Shape& view, const Axes& axes, const Shape& affine, double eps) {
    const BasicTensor<T> x = reshape(r.x(0), view), g = reshape(r.g(), view);
    const BasicTensor<T> d = x - mean(x, axes, true);
    const BasicTensor<T> rstd = T(1) / sqrt(mean(square(d), axes, true) + eps);
    const BasicTensor<T> xhat = d * rstd;
    if (r.wants(0)) {
        const BasicTensor<T> gw = r.inputs() > 1 ? g * reshape(r.x(1), affine) : g;
        const BasicTensor<T> dx = rstd * (gw - mean(gw, axes, true) - xhat * mean(gw * xhat, axes, true));
        r.give(0, reshape(dx, r.shape(0)));
    }
    if (r.inputs() > 1 && r.wants(1)) r.give(1, reshape(sum_to(g * xhat, affine), r.shape(1)));
    if (r.inputs() > 2 && r.wants(2)) r.give(2, reshape(sum_to(g, affine), r.shape(2)));
}

// Naively, element by element: group(n) and channel(n) say where element n belongs.
template <class Group, class Channel>
Array64 reference_norm(std::span<const Array64> x, double eps, std::size_t groups, Group group, Channel channel) {
    std::vector<double> mean(groups, 0), variance(groups, 0), count(groups, 0);
    Array64 y = x[0];
    for (std::size_t n = 0; n < y.size(); ++n) count[group(n)] += 1;
    for (std::size_t n = 0; n < y.size(); ++n) mean[group(n)] += x[0].data()[n] / count[group(n)];
    for (std::size_t n = 0; n < y.size(); ++n) {
        variance[group(n)] += std::pow(x[0].data()[n] - mean[group(n)], 2) / count[group(n)];
    }
    for (std::size_t n = 0; n < y.size(); ++n) {
        double& v = y.data()[n];
        v = (v - mean[group(n)]) / std::sqrt(variance[group(n)] + eps);
        if (x.size() > 1) v *= x[1].data()[channel(n)];
        if (x.size() > 2) v += x[2].data()[channel(n)];
    }
    return y;
}

// A group of one element has gradients that are 0 but for rounding, of which no relative error can be asked.
void widen_single(Shape& shape, std::size_t count) {
    if (count == 1) shape.back() = 3;
}

// x of that shape with none, one or two vectors of the affine shape.
std::vector<Array64> random_inputs(Draw& draw, const Shape& shape, const Shape& affine) {
    std::vector<Array64> inputs{uniform(shape, draw.seed())};
    for (std::size_t more = draw(0, 2); more > 0; --more) inputs.push_back(uniform(affine, draw.seed()));
    return inputs;
}

}  // namespace

Shape LayerNorm::infer(Shapes x) const {
    const Shape& shape = *x[0];
    if (axes < 1 || axes > shape.size()) {
        throw ShapeError(fmt::format("layer_norm: expected to normalise over 1 .. {} last axes of {}, got {}", shape.size(),
                                     to_string(shape), axes));
    }
    const Shape wanted(shape.end() - static_cast<std::ptrdiff_t>(axes), shape.end());
    for (std::size_t i = 1; i < x.size(); ++i) {
        if (*x[i] == wanted) continue;
        throw ShapeError(fmt::format("layer_norm: expected weight{} of shape {} for input {}, got {}", x.size() > 2 ? " and bias" : "",
                                     to_string(wanted), to_string(shape),
                                     to_string(*x[1]) + (x.size() > 2 ? " and " + to_string(*x[2]) : "")));
    }
    check_eps(name, eps);
    return shape;
}

template <class T>
BasicArray<T> LayerNorm::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const std::size_t rows = product(shape, 0, shape.size() - axes), width = product(shape, shape.size() - axes, shape.size());
    BasicArray<T> y = empty_array<T>(shape);
    NormState found = make_state(rows);
    detail::normalize_rows(rows, width, x[0]->data(), data_or_null(x, 1), data_or_null(x, 2), statistics_of(found, eps), y.data());
    state = keep_state(std::move(found));
    return y;
}

template <class T>
void LayerNorm::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const std::size_t rows = product(shape, 0, shape.size() - axes), width = product(shape, shape.size() - axes, shape.size());
    if (r.recording()) return backward_formula(r, {rows, width}, 1, {width}, eps);
    backward_kernel(r, 1, [&](const NormBackward<T>& o) { detail::normalize_rows_backward(rows, width, o, statistics_of(*state, eps)); });
}

Array64 LayerNorm::reference(std::span<const Array64> x) const {
    const Shape& shape = x[0].shape();
    const std::size_t rows = product(shape, 0, shape.size() - axes), width = product(shape, shape.size() - axes, shape.size());
    return reference_norm(x, eps, rows, [&](std::size_t n) { return n / width; }, [&](std::size_t n) { return n % width; });
}

std::vector<Sample<LayerNorm>> LayerNorm::samples() {
    return {{LayerNorm{1}, {uniform({3, 5}, 1), uniform({5}, 2), uniform({5}, 3)}},
            {LayerNorm{2, 0.1}, {uniform({2, 3, 2}, 4), uniform({3, 2}, 5)}},
            {LayerNorm{1}, {uniform({37, 19}, 6)}},
            {LayerNorm{1, 0.5}, {uniform({6}, 7), uniform({6}, 8), uniform({6}, 9)}}};
}

Sample<LayerNorm> LayerNorm::random(Draw& draw) {
    Shape shape = draw.shape(1, 4);
    const std::size_t axes = draw(1, shape.size());
    widen_single(shape, product(shape, shape.size() - axes, shape.size()));
    return {LayerNorm{axes, 0.5}, random_inputs(draw, shape, Shape(shape.end() - static_cast<std::ptrdiff_t>(axes), shape.end()))};
}

Shape GroupNorm::infer(Shapes x) const {
    check_channels(name, affine_names(x.size()), x);
    if (groups == 0 || (*x[0])[1] % groups != 0) {
        throw ShapeError(fmt::format("group_norm: expected a number of groups that divides the channels of input (N, C, ...), got {} "
                                     "groups for {}", groups, to_string(*x[0])));
    }
    check_eps(name, eps);
    return *x[0];
}

template <class T>
BasicArray<T> GroupNorm::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const NormLayout layout = NormLayout::sample(shape[0], shape[1], inner_of(shape), groups);
    BasicArray<T> y = empty_array<T>(shape);
    NormState found = make_state(layout.groups);
    detail::normalize_groups(layout, x[0]->data(), data_or_null(x, 1), data_or_null(x, 2), statistics_of(found, eps), false, y.data());
    state = keep_state(std::move(found));
    return y;
}

template <class T>
void GroupNorm::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const std::size_t inner = inner_of(shape), each = shape[1] / groups;
    if (r.recording()) return backward_formula(r, {shape[0], groups, each, inner}, {2, 3}, {groups, each, 1}, eps);
    backward_kernel(r, 1, [&](const NormBackward<T>& o) {
        detail::normalize_groups_backward(NormLayout::sample(shape[0], shape[1], inner, groups), o, statistics_of(*state, eps), false);
    });
}

Array64 GroupNorm::reference(std::span<const Array64> x) const {
    const Shape& shape = x[0].shape();
    const std::size_t inner = inner_of(shape), channels = shape[1];
    const auto channel = [&](std::size_t n) { return n / inner % channels; };
    return reference_norm(x, eps, shape[0] * groups, [&](std::size_t n) {
        return n / (inner * channels) * groups + channel(n) / (channels / groups);
    }, channel);
}

std::vector<Sample<GroupNorm>> GroupNorm::samples() {
    return {{GroupNorm{2}, {uniform({2, 4, 3}, 1), uniform({4}, 2), uniform({4}, 3)}},
            {GroupNorm{1, 0.1}, {uniform({3, 4}, 4), uniform({4}, 5)}},
            {GroupNorm{3}, {uniform({2, 3, 4, 5}, 6)}},
            {GroupNorm{2}, {uniform({1, 2, 37}, 7), uniform({2}, 8), uniform({2}, 9)}}};
}

Sample<GroupNorm> GroupNorm::random(Draw& draw) {
    const std::size_t groups = draw(1, 3);
    Shape shape = draw.shape(3, 4);
    shape[1] = groups * draw(0, 2);
    widen_single(shape, shape[1] / groups * inner_of(shape));
    return {GroupNorm{groups, 0.5}, random_inputs(draw, shape, {shape[1]})};
}

Shape BatchNorm::infer(Shapes x) const {
    check_channels(name, affine_names(x.size()), x);
    if ((*x[0])[0] * inner_of(*x[0]) < 2) {
        throw ShapeError("batch_norm: expected at least two values a channel of input (N, C, ...), got " + to_string(*x[0]));
    }
    check_eps(name, eps);
    return *x[0];
}

template <class T>
BasicArray<T> BatchNorm::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    const NormLayout layout = NormLayout::batch(shape[0], shape[1], inner_of(shape));
    BasicArray<T> y = empty_array<T>(shape);
    NormState found = make_state(layout.groups);
    detail::normalize_groups(layout, x[0]->data(), data_or_null(x, 1), data_or_null(x, 2), statistics_of(found, eps), false, y.data());
    state = keep_state(std::move(found));
    return y;
}

template <class T>
void BatchNorm::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const std::size_t inner = inner_of(shape);
    if (r.recording()) return backward_formula(r, {shape[0], shape[1], inner}, {0, 2}, {shape[1], 1}, eps);
    backward_kernel(r, 1, [&](const NormBackward<T>& o) {
        detail::normalize_groups_backward(NormLayout::batch(shape[0], shape[1], inner), o, statistics_of(*state, eps), false);
    });
}

Array64 BatchNorm::reference(std::span<const Array64> x) const {
    const std::size_t inner = inner_of(x[0].shape()), channels = x[0].shape()[1];
    const auto channel = [&](std::size_t n) { return n / inner % channels; };
    return reference_norm(x, eps, channels, channel, channel);
}

std::vector<Sample<BatchNorm>> BatchNorm::samples() {
    return {{BatchNorm{}, {uniform({5, 3}, 1), uniform({3}, 2), uniform({3}, 3)}},
            {BatchNorm{}, {uniform({2, 3, 4}, 4), uniform({3}, 5), uniform({3}, 6)}},
            {BatchNorm{0.1}, {uniform({2, 2, 3, 2}, 7), uniform({2}, 8)}},
            {BatchNorm{}, {uniform({37, 19}, 9)}},
            {BatchNorm{}, {uniform({3, 2, 37}, 10)}}};
}

Sample<BatchNorm> BatchNorm::random(Draw& draw) {
    Shape shape = draw.shape(2, 4, 1);
    shape[0] = draw(2, 4);
    shape[1] = draw(0, 4);
    return {BatchNorm{0.5}, random_inputs(draw, shape, {shape[1]})};
}

namespace {

template <class T>
BatchNormResult<T> with_statistics(BasicTensor<T> y, const BatchNorm& op) {
    const std::size_t channels = y.shape()[1];
    const double n = static_cast<double>(y.shape()[0] * inner_of(y.shape()));
    BatchNormResult<T> result{std::move(y), empty_array<T>({channels}), empty_array<T>({channels})};
    for (std::size_t c = 0; c < channels; ++c) {
        result.mean.data()[c] = static_cast<T>(op.state->mean.data()[c]);
        result.variance.data()[c] = static_cast<T>(op.state->variance.data()[c] * (n / (n - 1)));
    }
    return result;
}

// Mean and variance as the kernels take them.
template <class T>
NormState given_state(const BasicArray<T>& mean, const BasicArray<T>& variance) {
    NormState state = make_state(mean.size());
    std::copy(mean.data(), mean.data() + mean.size(), state.mean.data());
    std::copy(variance.data(), variance.data() + variance.size(), state.variance.data());
    return state;
}

}  // namespace

BatchNormResult<float> detail::batch_norm_result(Tensor y, const BatchNorm& op) { return with_statistics(std::move(y), op); }
BatchNormResult<double> detail::batch_norm_result(Tensor64 y, const BatchNorm& op) { return with_statistics(std::move(y), op); }

Shape BatchNormInference::infer(Shapes x) const {
    const std::size_t affine = x.size() - 2;
    check_channels(name, (std::string(", mean (C), variance (C)") + affine_names(affine)).c_str(), x);
    check_eps(name, eps);
    return *x[0];
}

template <class T>
BasicArray<T> BatchNormInference::forward(Inputs<T> x) const {
    const Shape& shape = x[0]->shape();
    BasicArray<T> y = empty_array<T>(shape);
    const NormState given = given_state(*x[1], *x[2]);
    detail::normalize_groups(NormLayout::batch(shape[0], shape[1], inner_of(shape)), x[0]->data(), data_or_null(x, 3),
                             data_or_null(x, 4), statistics_of(given, eps), true, y.data());
    return y;
}

template <class T>
void BatchNormInference::backward(Replay<T>& r) const {
    const Shape shape = r.shape(0);
    const std::size_t inner = inner_of(shape);
    if (!r.recording() && !r.wants(1) && !r.wants(2)) {
        return backward_kernel(r, 3, [&](const NormBackward<T>& o) {
            const NormState given = given_state(*r.x_array(1), *r.x_array(2));
            detail::normalize_groups_backward(NormLayout::batch(shape[0], shape[1], inner), o, statistics_of(given, eps), true);
        });
    }
    const Shape channels{shape[1], 1}, view{shape[0], shape[1], inner};
    const BasicTensor<T> g = reshape(r.g(), view), d = reshape(r.x(0), view) - reshape(r.x(1), channels);
    const BasicTensor<T> rstd = T(1) / sqrt(r.x(2) + eps);
    const BasicTensor<T> scale = r.inputs() > 3 ? rstd * r.x(3) : rstd;
    if (r.wants(0)) r.give(0, reshape(g * reshape(scale, channels), shape));
    const BasicTensor<T> total = sum(g, {0, 2}), leaning = sum(g * d, {0, 2});
    if (r.wants(1)) r.give(1, -(total * scale));
    if (r.wants(2)) r.give(2, T(-0.5) * leaning * scale * square(rstd));
    if (r.inputs() > 3 && r.wants(3)) r.give(3, leaning * rstd);
    if (r.inputs() > 4 && r.wants(4)) r.give(4, total);
}

Array64 BatchNormInference::reference(std::span<const Array64> x) const {
    const std::size_t inner = inner_of(x[0].shape()), channels = x[0].shape()[1];
    Array64 y = x[0];
    for (std::size_t n = 0; n < y.size(); ++n) {
        const std::size_t c = n / inner % channels;
        double& v = y.data()[n];
        v = (v - x[1].data()[c]) / std::sqrt(x[2].data()[c] + eps);
        if (x.size() > 3) v *= x[3].data()[c];
        if (x.size() > 4) v += x[4].data()[c];
    }
    return y;
}

std::vector<Sample<BatchNormInference>> BatchNormInference::samples() {
    return {{{}, {uniform({5, 3}, 1), uniform({3}, 2), positive({3}, 3), uniform({3}, 4), uniform({3}, 5)}},
            {{}, {uniform({2, 3, 4}, 6), uniform({3}, 7), positive({3}, 8), uniform({3}, 9)}},
            {{0.1}, {uniform({1, 2, 3, 2}, 10), uniform({2}, 11), positive({2}, 12)}}};
}

Sample<BatchNormInference> BatchNormInference::random(Draw& draw) {
    const Shape shape = draw.shape(2, 4);
    std::vector<Array64> inputs = random_inputs(draw, shape, {shape[1]});
    inputs.insert(inputs.begin() + 1, {uniform({shape[1]}, draw.seed()), positive({shape[1]}, draw.seed())});
    return {BatchNormInference{1e-5}, inputs};
}

template struct detail::Runner<LayerNorm>;
template struct detail::Runner<GroupNorm>;
template struct detail::Runner<BatchNorm>;
template struct detail::Runner<BatchNormInference>;

std::vector<OperationInfo> detail::normalization_operations() { return describe_family(NormalizationOps{}); }

}  // namespace xtape

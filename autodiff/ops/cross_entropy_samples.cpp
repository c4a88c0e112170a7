// What the classification losses are checked against, and on what.
#include <xtape/autodiff/ops/cross_entropy.hpp>
#include <xtape/autodiff/sample.hpp>

#include <algorithm>

namespace xtape {

using namespace sample;
using detail::SharedIndices;
using detail::share_weights;

namespace {

// loss(row, c -> place of class c of that row) for all rows, and the reduction by the book.
template <class Loss, class Weight>
Array64 by_the_book(const Shape& shape, Reduction reduction, const Loss& loss, const Weight& weight) {
    const std::size_t classes = shape[1];
    Shape rows = shape;
    rows.erase(rows.begin() + 1);
    std::size_t inner = 1;
    for (std::size_t i = 2; i < shape.size(); ++i) inner *= shape[i];
    Array64 y(rows, 0.0);
    double total = 0, weights = 0;
    for (std::size_t r = 0; r < y.size(); ++r) {
        y.data()[r] = loss(r, [&](std::size_t c) { return r / inner * classes * inner + c * inner + r % inner; });
        total += y.data()[r];
        weights += weight(r);
    }
    if (reduction == Reduction::none) return y;
    return Array64(reduction == Reduction::mean ? total / weights : total);
}

// ln softmax of class c of one row.
template <class Place>
double log_probability(const Array64& x, std::size_t classes, const Place& place, std::size_t c) {
    double total = 0;
    for (std::size_t k = 0; k < classes; ++k) total += std::exp(x.data()[place(k)]);
    return x.data()[place(c)] - std::log(total);
}

double class_weight(const std::shared_ptr<const Array64>& weights, std::size_t c) { return weights ? weights->data()[c] : 1; }

Reduction random_reduction(Draw& draw) { return static_cast<Reduction>(draw(0, 2)); }

std::shared_ptr<const Array64> random_weights(Draw& draw, std::size_t classes) {
    return draw.coin() ? nullptr : share_weights(positive({classes}, draw.seed()));
}

// (N, C, ...) with at least one row. A single class has a loss of 0 and gradients that are 0 but for rounding, of which no relative
// error can be asked.
Shape random_shape(Draw& draw, std::size_t least_classes = 2) {
    Shape shape = draw.shape(2, 4, 1, 3);
    shape[1] = std::max(shape[1], least_classes);
    return shape;
}

// Labels that may be ignored; the first is not, so that a mean exists.
detail::ClassLabels random_labels(Draw& draw, const Shape& shape) {
    Shape rows = shape;
    rows.erase(rows.begin() + 1);
    detail::ClassLabels attributes{{}, random_weights(draw, shape[1]), {}, random_reduction(draw)};
    if (draw.coin()) attributes.ignore = -100;
    IndexArray labels = empty_array<std::int64_t>(rows);
    for (std::size_t r = 0; r < labels.size(); ++r) {
        const bool ignored = attributes.ignore && r > 0 && draw(0, 3) == 0;
        labels.data()[r] = ignored ? *attributes.ignore : static_cast<std::int64_t>(draw(0, shape[1] - 1));
    }
    attributes.labels = SharedIndices(std::move(labels));
    return attributes;
}

double random_smoothing(Draw& draw) { return draw.coin() ? 0 : static_cast<double>(draw(1, 10)) / 10; }

}  // namespace

Array64 CrossEntropy::reference(std::span<const Array64> x) const {
    const std::size_t classes = x[0].shape()[1];
    return by_the_book(x[0].shape(), reduction, [&](std::size_t r, const auto& place) {
        double loss = 0;
        for (std::size_t c = 0; c < classes && !ignored(r); ++c) {
            const double target = (1 - smoothing) * (c == label(r)) + smoothing / static_cast<double>(classes);
            loss -= class_weight(weights, c) * target * log_probability(x[0], classes, place, c);
        }
        return loss;
    }, [&](std::size_t r) { return ignored(r) ? 0.0 : weight(r); });
}

std::vector<Sample<CrossEntropy>> CrossEntropy::samples() {
    const auto weights = share_weights(Array64{0.5, 2, 1, 0.25});
    return {{CrossEntropy{{SharedIndices({2, 0, 1})}}, {uniform({3, 4}, 1)}},
            {CrossEntropy{{SharedIndices({1})}}, {uniform({1, 2}, 2)}},
            {CrossEntropy{{SharedIndices({2, 0, -1}), weights, -1}}, {uniform({3, 4}, 3)}},
            {CrossEntropy{{SharedIndices({2, 0, 3}), weights, {}, Reduction::sum}, 0.2}, {uniform({3, 4}, 4)}},
            {CrossEntropy{{SharedIndices({{2, 0, 3}, {1, 1, 9}}), nullptr, 9, Reduction::none}, 0.1}, {uniform({2, 4, 3}, 5)}},
            {CrossEntropy{{SharedIndices({36, 0})}, 0.1}, {uniform({2, 37}, 6)}}};
}

Sample<CrossEntropy> CrossEntropy::random(Draw& draw) {
    const Shape shape = random_shape(draw);
    return {CrossEntropy{random_labels(draw, shape), random_smoothing(draw)}, {uniform(shape, draw.seed())}};
}

Array64 SoftCrossEntropy::reference(std::span<const Array64> x) const {
    const std::size_t classes = x[0].shape()[1];
    return by_the_book(x[0].shape(), reduction, [&](std::size_t, const auto& place) {
        double loss = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            const double target = (1 - smoothing) * x[1].data()[place(c)] + smoothing / static_cast<double>(classes);
            loss -= class_weight(weights, c) * target * log_probability(x[0], classes, place, c);
        }
        return loss;
    }, [](std::size_t) { return 1.0; });
}

std::vector<Sample<SoftCrossEntropy>> SoftCrossEntropy::samples() {
    const auto weights = share_weights(Array64{0.5, 2, 1, 0.25});
    return {{SoftCrossEntropy{}, {uniform({3, 4}, 1), positive({3, 4}, 2)}},
            {SoftCrossEntropy{weights, 0.2}, {uniform({3, 4}, 3), mask({3, 4}, 4)}},
            {SoftCrossEntropy{weights, 0, Reduction::none}, {uniform({2, 4, 3}, 5), positive({2, 4, 3}, 6)}},
            {SoftCrossEntropy{nullptr, 0.1, Reduction::sum}, {uniform({2, 37}, 7), positive({2, 37}, 8)}}};
}

Sample<SoftCrossEntropy> SoftCrossEntropy::random(Draw& draw) {
    const Shape shape = random_shape(draw);
    return {SoftCrossEntropy{random_weights(draw, shape[1]), random_smoothing(draw), random_reduction(draw)},
            {uniform(shape, draw.seed()), positive(shape, draw.seed())}};
}

Array64 Nll::reference(std::span<const Array64> x) const {
    return by_the_book(x[0].shape(), reduction, [&](std::size_t r, const auto& place) {
        return ignored(r) ? 0.0 : -weight(r) * x[0].data()[place(label(r))];
    }, [&](std::size_t r) { return ignored(r) ? 0.0 : weight(r); });
}

std::vector<Sample<Nll>> Nll::samples() {
    const auto weights = share_weights(Array64{0.5, 2, 1, 0.25});
    return {{Nll{{SharedIndices({2, 0, 1})}}, {uniform({3, 4}, 1)}},
            {Nll{{SharedIndices({2, 0, -1}), weights, -1}}, {uniform({3, 4}, 2)}},
            {Nll{{SharedIndices({{2, 0, 3}, {1, 1, 9}}), weights, 9, Reduction::none}}, {uniform({2, 4, 3}, 3)}},
            {Nll{{SharedIndices({2, 0}), nullptr, {}, Reduction::sum}}, {uniform({2, 4}, 4)}}};
}

Sample<Nll> Nll::random(Draw& draw) {
    const Shape shape = random_shape(draw, 1);
    return {Nll{random_labels(draw, shape)}, {uniform(shape, draw.seed())}};
}

}  // namespace xtape

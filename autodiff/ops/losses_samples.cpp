// On what the elementwise losses are checked.
#include <xtape/autodiff/ops/losses.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

namespace {

Reduction random_reduction(Draw& draw, const Shape& shape) {
    // A mean of nothing is an error.
    return static_cast<Reduction>(element_count(shape) == 0 ? draw(1, 2) : draw(0, 2));
}

// Prediction and target whose differences keep away from 0 and from where a loss changes its formula, |d| = 1.
std::vector<Array64> apart(const Shape& shape, std::uint64_t seed) {
    const Array64 x = uniform(shape, seed);
    Array64 t = uniform(shape, seed + 1);
    for (std::size_t i = 0; i < t.size(); ++i) {
        double d = t.data()[i];
        if (std::abs(std::abs(d) - 1) < 0.05) d *= 1.2;
        t.data()[i] = x.data()[i] + d;
    }
    return {x, t};
}

Array64 probabilities(const Shape& shape, std::uint64_t seed) { return positive(shape, seed) * 0.4; }

// An array that broadcasts to the shape.
std::shared_ptr<const Array64> random_weight(Draw& draw, Shape shape) {
    if (draw.coin()) return nullptr;
    if (!shape.empty() && draw.coin()) shape.front() = 1;
    if (!shape.empty() && draw.coin()) shape.erase(shape.begin());
    return detail::share_weights(positive(shape, draw.seed()));
}

}  // namespace

std::vector<Sample<MseLoss>> MseLoss::samples() {
    return {{{}, {uniform({3, 4}, 1), uniform({3, 4}, 2)}},
            {{{Reduction::none}}, {uniform({37}, 3), uniform({37}, 4)}},
            {{{Reduction::sum}}, {uniform({2, 3}, 5), uniform({2, 3}, 6)}}};
}
Sample<MseLoss> MseLoss::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape)}}, apart(shape, draw.seed())};
}

std::vector<Sample<L1Loss>> L1Loss::samples() {
    return {{{}, apart({3, 4}, 1)}, {{{Reduction::none}}, apart({37}, 3)}, {{{Reduction::sum}}, apart({2, 3}, 5)}};
}
Sample<L1Loss> L1Loss::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape)}}, apart(shape, draw.seed())};
}

std::vector<Sample<HuberLoss>> HuberLoss::samples() {
    return {{{}, apart({3, 4}, 1)}, {{{Reduction::none}}, apart({37}, 3)}, {{{Reduction::sum}, 3}, apart({2, 3}, 5)}};
}
Sample<HuberLoss> HuberLoss::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape)}, draw.coin() ? 1.0 : 0.01}, apart(shape, draw.seed())};
}

std::vector<Sample<SmoothL1Loss>> SmoothL1Loss::samples() {
    return {{{}, apart({3, 4}, 1)},
            {{{Reduction::none}}, apart({37}, 3)},
            {{{Reduction::sum}, 3}, apart({2, 3}, 5)},
            {{{}, 0}, apart({5}, 7)}};
}
Sample<SmoothL1Loss> SmoothL1Loss::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape)}, static_cast<double>(draw(0, 1))}, apart(shape, draw.seed())};
}

std::vector<Sample<BceLoss>> BceLoss::samples() {
    const auto weight = detail::share_weights(Array64{0.5, 2, 1, 0.25});
    return {{{}, {probabilities({3, 4}, 1), mask({3, 4}, 2)}},
            {{{Reduction::none, weight}}, {probabilities({3, 4}, 3), probabilities({3, 4}, 4)}},
            {{{Reduction::sum}}, {probabilities({37}, 5), probabilities({37}, 6)}}};
}
Sample<BceLoss> BceLoss::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape), random_weight(draw, shape)}},
            {probabilities(shape, draw.seed()), mask(shape, draw.seed())}};
}

std::vector<Sample<BceWithLogits>> BceWithLogits::samples() {
    const auto weight = detail::share_weights(Array64{{0.5}, {2}, {1}}), positive_weight = detail::share_weights(Array64{0.5, 2, 1, 3});
    return {{{}, {uniform({3, 4}, 1), mask({3, 4}, 2)}},
            {{{Reduction::none, weight, positive_weight}}, {uniform({3, 4}, 3), probabilities({3, 4}, 4)}},
            {{{Reduction::sum, nullptr, detail::share_weights(Array64(2.0))}}, {uniform({37}, 5), mask({37}, 6)}},
            {{{Reduction::none}}, {Array64{0, 0, 0}, Array64{0, 1, 0.5}}}};
}
Sample<BceWithLogits> BceWithLogits::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape), random_weight(draw, shape), random_weight(draw, shape)}},
            {uniform(shape, draw.seed()), probabilities(shape, draw.seed())}};
}

std::vector<Sample<KlDivLoss>> KlDivLoss::samples() {
    return {{{}, {uniform({3, 4}, 1), probabilities({3, 4}, 2)}},
            {{{Reduction::none}}, {uniform({37}, 3), probabilities({37}, 4)}},
            {{{Reduction::sum}}, {uniform({2, 3}, 5), probabilities({2, 3}, 6)}}};
}
Sample<KlDivLoss> KlDivLoss::random(Draw& draw) {
    const Shape shape = draw.shape(0, 4);
    return {{{random_reduction(draw, shape)}}, {uniform(shape, draw.seed()), probabilities(shape, draw.seed())}};
}

}  // namespace xtape

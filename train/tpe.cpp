#include <xtape/train/search_engine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace xtape::train {
namespace {

// The stream of a trial's seed from which its values are drawn; the trial itself counts its own from 0.
constexpr std::uint64_t proposals = ~std::uint64_t{0};

// The density of one coordinate: of a range of numbers a mixture of normal distributions, cut off at 0 and 1, one around each
// observation and a wide one for the prior; of choices the counts, with one more for each.
class Density {
public:
    Density(const std::vector<double>& observed, std::size_t choices) : centres_(observed), choices_(choices) {
        if (choices_ > 0) {
            weights_.assign(choices_, 1);
            for (const double x : observed) weights_[choice(x)] += 1;
            return;
        }
        std::ranges::sort(centres_);
        // The width reaches to the farther neighbour (section 4.3 of the paper), within limits that keep exploring.
        const double lowest = 1 / std::min(100.0, 1 + static_cast<double>(centres_.size()));
        for (std::size_t i = 0; i < centres_.size(); ++i) {
            const double left = centres_[i] - (i > 0 ? centres_[i - 1] : 0);
            const double right = (i + 1 < centres_.size() ? centres_[i + 1] : 1) - centres_[i];
            widths_.push_back(std::clamp(std::max(left, right), lowest, 1.0));
        }
        centres_.push_back(0.5);
        widths_.push_back(1);
    }

    double draw(random::Stream& stream) const {
        if (choices_ > 0) {
            double rest = stream.uniform() * std::accumulate(weights_.begin(), weights_.end(), 0.0);
            std::size_t i = 0;
            for (; i + 1 < choices_ && rest >= weights_[i]; ++i) rest -= weights_[i];
            return (static_cast<double>(i) + 0.5) / static_cast<double>(choices_);
        }
        const auto i = static_cast<std::size_t>(stream.below(centres_.size()));
        for (;;) {
            const double x = centres_[i] + widths_[i] * stream.normal();
            if (x >= 0 && x <= 1) return x;
        }
    }

    double log(double x) const {
        if (choices_ > 0) {
            return std::log(weights_[choice(x)] / std::accumulate(weights_.begin(), weights_.end(), 0.0));
        }
        double sum = 0;
        for (std::size_t i = 0; i < centres_.size(); ++i) {
            const double z = (x - centres_[i]) / widths_[i];
            const double inside = cumulative((1 - centres_[i]) / widths_[i]) - cumulative(-centres_[i] / widths_[i]);
            sum += std::exp(-z * z / 2) / (widths_[i] * inside);
        }
        return std::log(sum / static_cast<double>(centres_.size()));
    }

private:
    std::size_t choice(double x) const {
        const auto i = static_cast<std::size_t>(std::max(0.0, x * static_cast<double>(choices_)));
        return std::min(i, choices_ - 1);
    }
    static double cumulative(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

    std::vector<double> centres_, widths_, weights_;
    std::size_t choices_;
};

// The next point: of draws from the density of the good trials the one that is most likelier there than elsewhere.
std::vector<double> propose(const std::vector<std::vector<double>>& points, const std::vector<double>& costs, const Space& space,
                            const TpeOptions& tpe, random::Stream& stream) {
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return costs[i]; });
    const auto good = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(tpe.good * static_cast<double>(points.size()))));
    std::vector<double> point(space.size());
    for (std::size_t axis = 0; axis < space.size(); ++axis) {
        std::vector<double> low, high;
        for (std::size_t rank = 0; rank < order.size(); ++rank) (rank < good ? low : high).push_back(points[order[rank]][axis]);
        const std::size_t choices = space[axis].second.choices();
        const Density l(low, choices), g(high, choices);
        double best = -std::numeric_limits<double>::infinity();
        for (std::size_t candidate = 0; candidate < tpe.candidates; ++candidate) {
            const double x = l.draw(stream), score = l.log(x) - g.log(x);
            if (score > best) best = score, point[axis] = x;
        }
    }
    return point;
}

}  // namespace

SearchResult tpe_search(const Space& space, const Objective& objective, const SearchOptions& options, const TpeOptions& tpe,
                        Location at) {
    detail::SearchEngine engine("tpe_search", space, objective, options, at);
    if (tpe.startup < 2 || tpe.candidates == 0 || !(tpe.good > 0 && tpe.good < 1)) {
        throw ConfigError(fmt::format("tpe_search: expected startup >= 2, candidates >= 1 and good in (0, 1), got {}, {} and {}",
                                      tpe.startup, tpe.candidates, tpe.good),
                          at);
    }
    std::vector<std::vector<double>> points;
    while (points.size() < options.trials) {
        // Those that run at a time are proposed from the same trials before them.
        std::vector<double> costs;
        for (const Outcome& outcome : engine.outcomes()) costs.push_back(engine.cost(outcome));
        std::vector<Trial> trials;
        const std::vector<std::vector<double>> before = points;
        const std::size_t count = std::min(options.parallel, options.trials - points.size());
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t index = points.size();
            random::Stream stream(engine.seed(index), proposals);
            points.push_back(before.size() < tpe.startup ? engine.draw(index) : propose(before, costs, space, tpe, stream));
            trials.push_back(engine.trial(index, points.back()));
        }
        engine.run(trials);
    }
    return engine.result();
}

}  // namespace xtape::train

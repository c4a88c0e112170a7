#include <xtape/data/synthetic.hpp>
#include <xtape/data/transforms.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace xtape::data {

namespace {

// Says which generator and where; every check ends here.
struct Caller {
    const char* name;
    Location at;

    void require(bool good, const std::string& wanted, const std::string& got) const {
        if (!good) throw ConfigError(std::string(name) + ": expected " + wanted + ", got " + got, at);
    }
    void positive(const char* option, std::size_t value) const {
        require(value >= 1, std::string(option) + " of at least 1", std::to_string(value));
    }
    void finite(const char* option, double value) const {
        require(std::isfinite(value), std::string("a finite ") + option, std::to_string(value));
    }
    void not_negative(const char* option, double value) const {
        require(value >= 0 && std::isfinite(value), std::string("a finite ") + option + " of at least 0", std::to_string(value));
    }
    void range(double low, double high) const {
        require(std::isfinite(low) && std::isfinite(high) && low < high, "finite low < high",
                std::to_string(low) + " and " + std::to_string(high));
    }
};

struct Point {
    double x, y;
};

// Features and labels as they are drawn; put into order at the end.
class Rows {
public:
    Rows(std::size_t rows, std::size_t features)
        : features_(features), x_(empty_array<float>(Shape{rows, features})), labels_(empty_array<std::int64_t>(Shape{rows})) {}

    void label(std::size_t label) { labels_.data()[row_] = static_cast<std::int64_t>(label); }
    void add(double value) { x_.data()[row_ * features_ + column_++] = static_cast<float>(value); }
    void next() {
        ++row_;
        column_ = 0;
    }
    void add(Point point, std::size_t label, double noise, random::Stream& stream) {
        this->label(label);
        add(point.x + noise * stream.normal());
        add(point.y + noise * stream.normal());
        next();
    }

    TensorDataset finish(std::size_t classes, bool shuffle, random::Stream stream) && {
        if (!shuffle) return TensorDataset(std::move(x_), std::move(labels_), classes);
        // Far behind whatever the numbers needed.
        stream.skip(std::uint64_t{1} << 62);
        const IndexArray order = random::permutation(row_, stream);
        Array x = empty_array<float>(x_.shape());
        IndexArray labels = empty_array<std::int64_t>(labels_.shape());
        for (std::size_t row = 0; row < row_; ++row) {
            const auto from = static_cast<std::size_t>(order.data()[row]);
            std::copy_n(x_.data() + from * features_, features_, x.data() + row * features_);
            labels.data()[row] = labels_.data()[from];
        }
        return TensorDataset(std::move(x), std::move(labels), classes);
    }

private:
    std::size_t features_, row_ = 0, column_ = 0;
    Array x_;
    IndexArray labels_;
};

// How many of the samples group k of `groups` has: as equal as can be, the first ones larger.
std::size_t share(std::size_t samples, std::size_t groups, std::size_t k) {
    return samples / groups + (k < samples % groups ? 1 : 0);
}

template <class F>
Pairs make_curve(std::size_t samples, double low, double high, double deviation, random::Stream stream, F&& f) {
    Pairs pairs{empty_array<float>(Shape{samples, 1}), empty_array<float>(Shape{samples, 1})};
    for (std::size_t i = 0; i < samples; ++i) {
        // The target is that of the number which is kept, not of the one it was rounded from.
        const auto x = static_cast<float>(low + (high - low) * stream.uniform());
        pairs.x.data()[i] = x;
        pairs.y.data()[i] = static_cast<float>(f(static_cast<double>(x)) + deviation * stream.normal());
    }
    return pairs;
}

std::vector<std::vector<double>> centers_of(const BlobsOptions& options, const Caller& caller, random::Stream& stream) {
    if (options.centers.empty()) {
        caller.positive("classes", options.classes);
        caller.positive("features", options.features);
        caller.not_negative("box", options.box);
        std::vector<std::vector<double>> centers(options.classes, std::vector<double>(options.features));
        for (auto& center : centers) {
            for (double& value : center) value = options.box * (2 * stream.uniform() - 1);
        }
        return centers;
    }
    const std::size_t features = options.centers.front().size();
    caller.require(features >= 1, "centers with at least 1 feature", "0");
    for (const auto& center : options.centers) {
        caller.require(center.size() == features, "centers with " + std::to_string(features) + " features each",
                       std::to_string(center.size()));
        for (const double value : center) caller.finite("center", value);
    }
    return options.centers;
}

}  // namespace

Pairs make_line(const LineOptions& options, Location at) {
    const Caller caller{"make_line", at};
    caller.positive("samples", options.samples);
    caller.finite("slope", options.slope);
    caller.finite("intercept", options.intercept);
    caller.not_negative("deviation", options.deviation);
    caller.range(options.low, options.high);
    return make_curve(options.samples, options.low, options.high, options.deviation, options.stream,
                      [&](double x) { return options.slope * x + options.intercept; });
}

Pairs make_sine(const SineOptions& options, Location at) {
    const Caller caller{"make_sine", at};
    caller.positive("samples", options.samples);
    caller.finite("amplitude", options.amplitude);
    caller.finite("frequency", options.frequency);
    caller.finite("phase", options.phase);
    caller.not_negative("deviation", options.deviation);
    caller.range(options.low, options.high);
    return make_curve(options.samples, options.low, options.high, options.deviation, options.stream,
                      [&](double x) { return options.amplitude * std::sin(options.frequency * x + options.phase); });
}

Problems make_calculator(const CalculatorOptions& options, Location at) {
    const Caller caller{"make_calculator", at};
    caller.positive("samples", options.samples);
    constexpr std::int64_t most = 1'000'000'000;  // the products still fit
    caller.require(options.low <= options.high && options.low >= -most && options.high <= most,
                   "low <= high, both within " + std::to_string(most),
                   std::to_string(options.low) + " and " + std::to_string(options.high));
    const bool adds = options.calculation == Calculation::add;
    Problems problems{empty_array<float>(Shape{options.samples, 2}), empty_array<float>(Shape{options.samples, 1})};
    if (options.scaled) {
        problems.x_scale = static_cast<double>(std::max<std::int64_t>({std::abs(options.low), std::abs(options.high), 1}));
        problems.y_scale = adds ? 2 * problems.x_scale : problems.x_scale * problems.x_scale;
    }
    random::Stream stream = options.stream;
    const auto draw = [&] {
        return options.low + static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(options.high - options.low) + 1));
    };
    for (std::size_t i = 0; i < options.samples; ++i) {
        const std::int64_t a = draw(), b = draw(), result = adds ? a + b : a * b;
        problems.x.data()[2 * i] = static_cast<float>(static_cast<double>(a) / problems.x_scale);
        problems.x.data()[2 * i + 1] = static_cast<float>(static_cast<double>(b) / problems.x_scale);
        problems.y.data()[i] = static_cast<float>(static_cast<double>(result) / problems.y_scale);
    }
    return problems;
}

TensorDataset make_blobs(const BlobsOptions& options, Location at) {
    const Caller caller{"make_blobs", at};
    caller.positive("samples", options.samples);
    caller.not_negative("deviation", options.deviation);
    random::Stream stream = options.stream;
    const std::vector<std::vector<double>> centers = centers_of(options, caller, stream);
    Rows rows(options.samples, centers.front().size());
    for (std::size_t k = 0; k < centers.size(); ++k) {
        for (std::size_t i = 0; i < share(options.samples, centers.size(), k); ++i) {
            rows.label(k);
            for (const double center : centers[k]) rows.add(center + options.deviation * stream.normal());
            rows.next();
        }
    }
    return std::move(rows).finish(centers.size(), options.shuffle, options.stream);
}

TensorDataset make_moons(const MoonsOptions& options, Location at) {
    const Caller caller{"make_moons", at};
    caller.positive("samples", options.samples);
    caller.not_negative("noise", options.noise);
    random::Stream stream = options.stream;
    const std::size_t outer = options.samples / 2, inner = options.samples - outer;
    const auto angle = [](std::size_t i, std::size_t count) {
        return count == 1 ? 0 : std::numbers::pi * static_cast<double>(i) / static_cast<double>(count - 1);
    };
    Rows rows(options.samples, 2);
    for (std::size_t i = 0; i < outer; ++i) {
        const double t = angle(i, outer);
        rows.add({std::cos(t), std::sin(t)}, 0, options.noise, stream);
    }
    for (std::size_t i = 0; i < inner; ++i) {
        const double t = angle(i, inner);
        rows.add({1 - std::cos(t), 0.5 - std::sin(t)}, 1, options.noise, stream);
    }
    return std::move(rows).finish(2, options.shuffle, options.stream);
}

TensorDataset make_circles(const CirclesOptions& options, Location at) {
    const Caller caller{"make_circles", at};
    caller.positive("samples", options.samples);
    caller.require(options.factor >= 0 && options.factor < 1, "a factor in [0, 1)", std::to_string(options.factor));
    caller.not_negative("noise", options.noise);
    random::Stream stream = options.stream;
    Rows rows(options.samples, 2);
    const std::size_t outer = options.samples / 2;
    for (std::size_t label = 0; label < 2; ++label) {
        const std::size_t count = label == 0 ? outer : options.samples - outer;
        const double radius = label == 0 ? 1 : options.factor;
        for (std::size_t i = 0; i < count; ++i) {
            const double t = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(count);
            rows.add({radius * std::cos(t), radius * std::sin(t)}, label, options.noise, stream);
        }
    }
    return std::move(rows).finish(2, options.shuffle, options.stream);
}

TensorDataset make_spirals(const SpiralsOptions& options, Location at) {
    const Caller caller{"make_spirals", at};
    caller.positive("samples", options.samples);
    caller.positive("arms", options.arms);
    caller.finite("number of turns", options.turns);
    caller.not_negative("noise", options.noise);
    random::Stream stream = options.stream;
    Rows rows(options.samples, 2);
    for (std::size_t k = 0; k < options.arms; ++k) {
        const std::size_t count = share(options.samples, options.arms, k);
        for (std::size_t i = 0; i < count; ++i) {
            const double r = static_cast<double>(i + 1) / static_cast<double>(count);
            const double part = static_cast<double>(k) / static_cast<double>(options.arms);
            const double a = 2 * std::numbers::pi * (options.turns * r + part);
            rows.add({r * std::cos(a), r * std::sin(a)}, k, options.noise, stream);
        }
    }
    return std::move(rows).finish(options.arms, options.shuffle, options.stream);
}

TensorDataset make_four_gaussians(const FourGaussiansOptions& options, Location at) {
    const Caller caller{"make_four_gaussians", at};
    caller.positive("samples", options.samples);
    caller.finite("distance", options.distance);
    caller.not_negative("deviation", options.deviation);
    random::Stream stream = options.stream;
    const double d = options.distance;
    const Point centers[] = {{d, d}, {-d, -d}, {d, -d}, {-d, d}};
    Rows rows(options.samples, 2);
    for (std::size_t cloud = 0; cloud < 4; ++cloud) {
        for (std::size_t i = 0; i < share(options.samples, 4, cloud); ++i) {
            rows.add(centers[cloud], cloud / 2, options.deviation, stream);
        }
    }
    return std::move(rows).finish(2, options.shuffle, options.stream);
}

double bayes_accuracy(const FourGaussiansOptions& options, Location at) {
    const Caller caller{"bayes_accuracy", at};
    caller.finite("distance", options.distance);
    caller.not_negative("deviation", options.deviation);
    if (options.distance == 0) return 0.5;
    // Phi(z) = erfc(-z / sqrt(2)) / 2. Without deviation z is infinite, and nothing is ever wrong.
    const double p = std::erfc(-std::abs(options.distance) / options.deviation / std::numbers::sqrt2) / 2;
    return p * p + (1 - p) * (1 - p);
}

TensorDataset make_checkerboard(const CheckerboardOptions& options, Location at) {
    const Caller caller{"make_checkerboard", at};
    caller.positive("samples", options.samples);
    caller.positive("cells", options.cells);
    caller.require(options.side > 0 && std::isfinite(options.side), "a finite side above 0", std::to_string(options.side));
    caller.not_negative("noise", options.noise);
    random::Stream stream = options.stream;
    std::vector<std::pair<Point, std::size_t>> points(options.samples);
    const auto cells = static_cast<double>(options.cells);
    for (auto& [point, label] : points) {
        const double column = cells * stream.uniform(), row = cells * stream.uniform();
        point = {options.side * (column / cells - 0.5), options.side * (row / cells - 0.5)};
        label = (static_cast<std::size_t>(column) + static_cast<std::size_t>(row)) % 2;
    }
    if (!options.shuffle) {
        std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    }
    Rows rows(options.samples, 2);
    for (const auto& [point, label] : points) rows.add(point, label, options.noise, stream);
    return std::move(rows).finish(2, false, options.stream);  // drawn in random order
}

NoisyPairs make_noisy(Array images, const NoisyOptions& options, Location at) {
    const Caller caller{"make_noisy", at};
    caller.not_negative("deviation", options.deviation);
    Array noisy = GaussianNoise{options.deviation, options.clamp}(images, options.stream, at);
    return {std::move(noisy), std::move(images)};
}

}  // namespace xtape::data

#include <xtape/analysis/tsne.hpp>

#include <xtape/analysis/forces.hpp>
#include <xtape/analysis/pca.hpp>
#include <xtape/analysis/points.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <variant>

namespace xtape::analysis {
namespace {

using detail::Plane;

constexpr std::size_t most_exact = 5000, check_every = 50;
constexpr double start_deviation = 1e-4;

void require(bool holds, std::string_view wanted, double got, Location at) {
    if (!holds) throw ConfigError(fmt::format("tsne: expected {}, got {}", wanted, got), at);
}

void check(const TsneOptions& o, std::size_t points, std::size_t features, Location at) {
    if (!(o.perplexity >= 1 && o.perplexity < static_cast<double>(points - 1))) {
        throw ConfigError(fmt::format("tsne: expected a perplexity of at least 1 and less than {} for {} points, got {}", points - 1,
                                      points, o.perplexity),
                          at);
    }
    constexpr double most = std::numeric_limits<double>::max();
    require(o.early_exaggeration >= 1 && o.early_exaggeration <= most, "an early_exaggeration of at least 1", o.early_exaggeration, at);
    require(o.iterations >= 1, "at least 1 iteration", 0, at);
    require(o.learning_rate >= 0 && o.learning_rate <= most, "a learning_rate above 0, or 0 to choose one", o.learning_rate, at);
    require(o.angle > 0 && o.angle < 1, "an angle between 0 and 1", o.angle, at);
    require(o.least_gradient >= 0, "a least_gradient of at least 0", o.least_gradient, at);
    if (o.start == TsneStart::pca && features < 2) {
        throw ConfigError("tsne: expected points of at least 2 features for a PCA start, got 1", at);
    }
}

template <class T>
Plane<T> start(const BasicArray<T>& x, const TsneOptions& options, random::Stream stream, Location at) {
    const std::size_t n = x.shape()[0];
    Plane<T> y;
    for (auto& axis : y) axis.resize(n);
    if (options.start == TsneStart::random) {
        const BasicArray<T> drawn = random::normal<T>({n, 2}, T(0), static_cast<T>(start_deviation), stream);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t axis = 0; axis < 2; ++axis) y[axis][i] = drawn.data()[2 * i + axis];
        }
        return y;
    }
    const BasicPca<T> axes = pca(x, {.components = 2}, at);
    const BasicArray<T> projected = axes.transform(x, at);
    const double deviation =
        std::sqrt(axes.explained_variance.data()[0] * static_cast<double>(n - 1) / static_cast<double>(n));
    const T scale = deviation > 0 ? static_cast<T>(start_deviation / deviation) : T(0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t axis = 0; axis < 2; ++axis) y[axis][i] = projected.data()[2 * i + axis] * scale;
    }
    return y;
}

// The data's side of the divergence, and what it does to a picture.
template <class T>
class Divergence {
public:
    Divergence(const BasicArray<T>& x, const TsneOptions& options) : angle_(options.angle) {
        const bool exact = options.method == TsneMethod::exact ||
                           (options.method == TsneMethod::automatic && x.shape()[0] <= most_exact);
        if (exact) {
            p_ = detail::dense_affinities(x, options.perplexity);
        } else {
            p_ = detail::sparse_affinities(x, options.perplexity);
        }
        std::visit([&](const auto& p) { negative_entropy_ = detail::negative_entropy(p.p.data(), p.p.size()); }, p_);
    }

    void forces(const Plane<T>& y, detail::Forces<T>& forces) const {
        if (const auto* all = std::get_if<detail::DenseAffinities<T>>(&p_)) {
            detail::exact_forces(*all, y, forces);
        } else {
            detail::tree_forces(std::get<detail::SparseAffinities<T>>(p_), y, angle_, forces);
        }
    }
    // sum p ln(p / q) with q = w / Z
    double value(const Plane<T>& y, double z) const {
        return negative_entropy_ + std::visit([&](const auto& p) { return detail::spread(p, y); }, p_) + std::log(z);
    }

private:
    double angle_, negative_entropy_ = 0;
    std::variant<detail::DenseAffinities<T>, detail::SparseAffinities<T>> p_;
};

struct Phase {
    std::size_t end;
    double exaggeration, momentum;
};

template <class T>
class Descent {
public:
    Descent(const BasicArray<T>& x, const TsneOptions& options, random::Stream stream, Location at)
        : options_(options), divergence_(x, options), y_(start(x, options, stream, at)), forces_(x.shape()[0]) {
        const auto points = static_cast<double>(x.shape()[0]);
        rate_ = options.learning_rate > 0 ? options.learning_rate : std::max(50.0, points / options.early_exaggeration / 4);
    }

    BasicTsne<T> run() {
        const std::size_t first = std::min(options_.exaggerated, options_.iterations);
        follow({first, options_.early_exaggeration, 0.5}, false);
        follow({options_.iterations, 1, 0.8}, true);
        const std::size_t n = y_[0].size();
        BasicTsne<T> result{empty_array<T>({n, 2}), reported_, done_};
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t axis = 0; axis < 2; ++axis) result.embedding.data()[2 * i + axis] = y_[axis][i];
        }
        return result;
    }

private:
    void follow(const Phase& phase, bool may_end) {
        const std::size_t n = y_[0].size();
        for (std::size_t axis = 0; axis < 2; ++axis) {
            velocity_[axis].assign(n, T(0));
            gain_[axis].assign(n, T(1));
        }
        double best = std::numeric_limits<double>::infinity();
        std::size_t best_at = done_;
        while (done_ < phase.end) {
            const bool last = done_ + 1 == options_.iterations, look = (done_ + 1) % check_every == 0 || last;
            divergence_.forces(y_, forces_);
            // That of the picture whose gradient this is; the step comes after it.
            const double norm = step(phase);
            ++done_;
            if (!look) continue;
            divergence_.forces(y_, forces_);
            reported_ = divergence_.value(y_, forces_.z);
            const bool stuck = reported_ >= best && done_ - best_at > options_.patience;
            if (reported_ < best) {
                best = reported_;
                best_at = done_;
            }
            if (options_.progress) options_.progress({done_, options_.iterations, reported_, norm});
            if (may_end && (stuck || norm <= options_.least_gradient)) return;
        }
    }

    // Moves all points; gives the gradient's norm.
    double step(const Phase& phase) {
        const auto exaggeration = static_cast<T>(phase.exaggeration), momentum = static_cast<T>(phase.momentum),
                   inverse_z = static_cast<T>(1 / forces_.z), rate = static_cast<T>(rate_);
        double squared = 0;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            for (std::size_t i = 0; i < y_[axis].size(); ++i) {
                const T gradient = 4 * (exaggeration * forces_.pull[axis][i] - inverse_z * forces_.push[axis][i]);
                T& velocity = velocity_[axis][i];
                T& gain = gain_[axis][i];
                gain = velocity * gradient < 0 ? gain + T(0.2) : std::max(gain * T(0.8), T(0.01));
                velocity = momentum * velocity - rate * gain * gradient;
                y_[axis][i] += velocity;
                squared += static_cast<double>(gradient) * static_cast<double>(gradient);
            }
        }
        return std::sqrt(squared);
    }

    const TsneOptions& options_;
    Divergence<T> divergence_;
    Plane<T> y_, velocity_, gain_;
    detail::Forces<T> forces_;
    double rate_, reported_ = 0;
    std::size_t done_ = 0;
};

template <class T>
BasicTsne<T> embed(const BasicArray<T>& x, const TsneOptions& options, random::Stream stream, Location at) {
    detail::check_points("tsne", x, at);
    if (x.shape()[0] < 4) throw ShapeError("tsne: expected at least 4 points (N, D), got " + to_string(x.shape()), at);
    check(options, x.shape()[0], x.shape()[1], at);
    return Descent<T>(x, options, stream, at).run();
}

}  // namespace

BasicTsne<float> tsne(const Array& x, const TsneOptions& options, random::Stream stream, Location at) {
    return embed(x, options, stream, at);
}
BasicTsne<double> tsne(const Array64& x, const TsneOptions& options, random::Stream stream, Location at) {
    return embed(x, options, stream, at);
}

}  // namespace xtape::analysis

#include <xtape/analysis/kmeans.hpp>

#include <xtape/analysis/points.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

namespace xtape::analysis {
namespace {

constexpr std::size_t point_block = 512;  // points of one parallel block

void check(const KMeansOptions& o, std::size_t points, Location at) {
    if (o.clusters < 1 || o.clusters > points) {
        throw ConfigError(fmt::format("kmeans: expected 1 to {0} clusters for {0} points, got {1}", points, o.clusters), at);
    }
    if (o.restarts < 1) throw ConfigError("kmeans: expected at least 1 restart, got 0", at);
    if (o.iterations < 1) throw ConfigError("kmeans: expected at least 1 iteration, got 0", at);
    if (!(o.tolerance >= 0)) {
        throw ConfigError(fmt::format("kmeans: expected a tolerance of at least 0, got {}", o.tolerance), at);
    }
}

// Nearest center of each point, and the squared distance to it.
template <class T>
void assign(const BasicArray<T>& x, const BasicArray<T>& centers, IndexArray& labels, std::vector<T>& squared) {
    const std::size_t features = x.shape()[1], clusters = centers.shape()[0];
    parallel_for(x.shape()[0], point_block, [&](std::size_t begin, std::size_t end) {
        std::vector<T> distances(clusters);
        for (std::size_t i = begin; i < end; ++i) {
            detail::squared_distances(x.data() + i * features, centers.data(), clusters, features, distances.data());
            const auto least = std::min_element(distances.begin(), distances.end());
            labels.data()[i] = least - distances.begin();
            squared[i] = *least;
        }
    });
}

template <class T>
double total(const std::vector<T>& values) {
    return parallel_reduce(
        values.size(), std::size_t{1} << 14, 0.0,
        [&](std::size_t begin, std::size_t end) {
            double sum = 0;
            for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(values[i]);
            return sum;
        },
        std::plus<>());
}

// k-means++ with several draws a center.
template <class T>
class Seeding {
public:
    Seeding(const BasicArray<T>& x, random::Stream& stream)
        : x_(x), stream_(stream), points_(x.shape()[0]), features_(x.shape()[1]), nearest_(points_) {}

    BasicArray<T> centers(std::size_t clusters) {
        BasicArray<T> centers = empty_array<T>({clusters, features_});
        const auto draws = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters)));
        std::size_t chosen = static_cast<std::size_t>(stream_.below(points_));
        distances(chosen, nearest_);
        copy(chosen, centers, 0);
        std::vector<T> tried(points_), best(points_);
        for (std::size_t k = 1; k < clusters; ++k) {
            const double sum = total(nearest_);
            double least = 0;
            for (std::size_t draw = 0; draw < draws; ++draw) {
                const std::size_t candidate = pick(sum);
                distances(candidate, tried);
                for (std::size_t i = 0; i < points_; ++i) tried[i] = std::min(tried[i], nearest_[i]);
                const double left = total(tried);
                if (draw > 0 && left >= least) continue;
                least = left;
                chosen = candidate;
                best.swap(tried);
            }
            nearest_.swap(best);
            copy(chosen, centers, k);
        }
        return centers;
    }

private:
    // A point, with a probability proportional to its squared distance from the centers; any when all are 0.
    std::size_t pick(double sum) {
        if (!(sum > 0)) return static_cast<std::size_t>(stream_.below(points_));
        double rest = stream_.uniform() * sum;
        std::size_t last = 0;
        for (std::size_t i = 0; i < points_; ++i) {
            if (nearest_[i] == 0) continue;
            last = i;
            rest -= static_cast<double>(nearest_[i]);
            if (rest < 0) break;
        }
        return last;
    }
    void distances(std::size_t from, std::vector<T>& to) const {
        parallel_for(points_, point_block, [&](std::size_t begin, std::size_t end) {
            detail::squared_distances(x_.data() + from * features_, x_.data() + begin * features_, end - begin, features_,
                                      to.data() + begin);
        });
    }
    void copy(std::size_t point, BasicArray<T>& centers, std::size_t k) const {
        std::copy_n(x_.data() + point * features_, features_, centers.data() + k * features_);
    }

    const BasicArray<T>& x_;
    random::Stream& stream_;
    std::size_t points_, features_;
    std::vector<T> nearest_;
};

std::vector<std::size_t> counts_of(const IndexArray& labels, std::size_t clusters) {
    std::vector<std::size_t> counts(clusters);
    for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
    return counts;
}

// Gives each empty cluster the point that is farthest from its center, of a cluster that keeps others. A cluster for which
// there is none (fewer distinct points than clusters) stays empty.
template <class T>
void fill_empty(IndexArray& labels, std::vector<T>& squared, std::vector<std::size_t>& counts) {
    for (std::size_t k = 0; k < counts.size(); ++k) {
        if (counts[k] > 0) continue;
        std::size_t farthest = 0;
        T most = 0;
        for (std::size_t i = 0; i < squared.size(); ++i) {
            if (squared[i] > most && counts[static_cast<std::size_t>(labels.data()[i])] > 1) {
                most = squared[i];
                farthest = i;
            }
        }
        if (!(most > 0)) return;
        --counts[static_cast<std::size_t>(labels.data()[farthest])];
        ++counts[k];
        labels.data()[farthest] = static_cast<std::int64_t>(k);
        squared[farthest] = 0;
    }
}

// Replaces the centers of clusters that have points by their means; gives the sum of the squared moves.
template <class T>
double move_to_means(const BasicArray<T>& x, const IndexArray& labels, const std::vector<std::size_t>& counts,
                     BasicArray<T>& centers) {
    const std::size_t points = x.shape()[0], features = x.shape()[1], clusters = counts.size();
    std::vector<std::size_t> ends(clusters), members(points);
    std::exclusive_scan(counts.begin(), counts.end(), ends.begin(), std::size_t{0});
    for (std::size_t i = 0; i < points; ++i) members[ends[static_cast<std::size_t>(labels.data()[i])]++] = i;
    return parallel_reduce(
        clusters, 1, 0.0,
        [&](std::size_t k, std::size_t) {
            if (counts[k] == 0) return 0.0;
            std::vector<double> mean(features);
            for (std::size_t m = ends[k] - counts[k]; m < ends[k]; ++m) {
                const T* const point = x.data() + members[m] * features;
                for (std::size_t c = 0; c < features; ++c) mean[c] += static_cast<double>(point[c]);
            }
            double moved = 0;
            for (std::size_t c = 0; c < features; ++c) {
                T& center = centers.data()[k * features + c];
                const double now = mean[c] / static_cast<double>(counts[k]), move = now - static_cast<double>(center);
                moved += move * move;
                center = static_cast<T>(now);
            }
            return moved;
        },
        std::plus<>());
}

// Mean over the features of their variance.
template <class T>
double mean_variance(const BasicArray<T>& x) {
    const std::size_t points = x.shape()[0], features = x.shape()[1];
    std::vector<double> mean(features);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) mean[i % features] += static_cast<double>(x.data()[i]);
    for (double& m : mean) m /= static_cast<double>(points);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double off = static_cast<double>(x.data()[i]) - mean[i % features];
        sum += off * off;
    }
    return sum / static_cast<double>(x.size());
}

template <class T>
BasicKMeans<T> descend(const BasicArray<T>& x, BasicArray<T> centers, const KMeansOptions& options, double least_move) {
    BasicKMeans<T> result;
    result.centers = std::move(centers);
    result.labels = empty_array<std::int64_t>({x.shape()[0]});
    std::vector<T> squared(x.shape()[0]);
    assign(x, result.centers, result.labels, squared);
    while (result.iterations < options.iterations && !result.converged) {
        ++result.iterations;
        IndexArray before = result.labels;
        std::vector<std::size_t> counts = counts_of(result.labels, options.clusters);
        fill_empty(result.labels, squared, counts);
        const double moved = move_to_means(x, result.labels, counts, result.centers);
        assign(x, result.centers, result.labels, squared);
        result.converged = moved <= least_move || result.labels == before;
    }
    result.inertia = total(squared);
    return result;
}

template <class T>
BasicKMeans<T> best_of(const BasicArray<T>& x, const KMeansOptions& options, random::Stream stream, Location at) {
    detail::check_points("kmeans", x, at);
    check(options, x.shape()[0], at);
    const double least_move = options.tolerance * mean_variance(x);
    BasicKMeans<T> best;
    for (std::size_t restart = 0; restart < options.restarts; ++restart) {
        BasicKMeans<T> one = descend(x, Seeding<T>(x, stream).centers(options.clusters), options, least_move);
        if (restart == 0 || one.inertia < best.inertia) best = std::move(one);
    }
    return best;
}

}  // namespace

template <class T>
IndexArray BasicKMeans<T>::predict(const BasicArray<T>& x, Location at) const {
    detail::check_points("kmeans", x, at);
    if (x.shape()[1] != centers.shape()[1]) {
        throw ShapeError(fmt::format("kmeans: expected points (N, {}), got {}", centers.shape()[1], to_string(x.shape())), at);
    }
    IndexArray result = empty_array<std::int64_t>({x.shape()[0]});
    std::vector<T> squared(x.shape()[0]);
    assign(x, centers, result, squared);
    return result;
}

BasicKMeans<float> kmeans(const Array& x, const KMeansOptions& options, random::Stream stream, Location at) {
    return best_of(x, options, stream, at);
}
BasicKMeans<double> kmeans(const Array64& x, const KMeansOptions& options, random::Stream stream, Location at) {
    return best_of(x, options, stream, at);
}

template struct BasicKMeans<float>;
template struct BasicKMeans<double>;

}  // namespace xtape::analysis

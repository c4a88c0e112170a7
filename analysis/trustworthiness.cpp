#include <xtape/analysis/trustworthiness.hpp>

#include <xtape/analysis/points.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

namespace xtape::analysis {
namespace {

// Sum over the k nearest of point i in the embedding of how far beyond k they rank in the data.
template <class T>
double excess(const BasicArray<T>& points, const BasicArray<T>& embedding, std::size_t i, std::size_t k,
              std::vector<T>& distances, std::vector<std::size_t>& order) {
    const std::size_t n = points.shape()[0], features = points.shape()[1], axes = embedding.shape()[1];
    detail::squared_distances(embedding.data() + i * axes, embedding.data(), n, axes, distances.data());
    distances[i] = std::numeric_limits<T>::infinity();
    const auto nearer = [&](std::size_t a, std::size_t b) {
        return distances[a] < distances[b] || (distances[a] == distances[b] && a < b);
    };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), nearer);

    detail::squared_distances(points.data() + i * features, points.data(), n, features, distances.data());
    distances[i] = std::numeric_limits<T>::infinity();
    double sum = 0;
    for (std::size_t m = 0; m < k; ++m) {
        std::size_t rank = 1;
        for (std::size_t other = 0; other < n; ++other) rank += nearer(other, order[m]);
        sum += rank > k ? static_cast<double>(rank - k) : 0.0;
    }
    return sum;
}

template <class T>
double trust(const BasicArray<T>& points, const BasicArray<T>& embedding, std::size_t k, Location at) {
    detail::check_points("trustworthiness", points, at);
    detail::check_points("trustworthiness", embedding, at);
    const std::size_t n = points.shape()[0];
    if (embedding.shape()[0] != n) {
        throw ShapeError(fmt::format("trustworthiness: expected as many embedded points as points, got {} and {}",
                                     to_string(embedding.shape()), to_string(points.shape())),
                         at);
    }
    if (k < 1 || 2 * k >= n) {
        throw ConfigError(fmt::format("trustworthiness: expected 1 or more neighbours and less than half of {} points, got {}",
                                      n, k),
                          at);
    }
    const double sum = parallel_reduce(
        n, 64, 0.0,
        [&](std::size_t begin, std::size_t end) {
            std::vector<T> distances(n);
            std::vector<std::size_t> order(n);
            double part = 0;
            for (std::size_t i = begin; i < end; ++i) part += excess(points, embedding, i, k, distances, order);
            return part;
        },
        std::plus<>());
    const auto count = static_cast<double>(n), nearest = static_cast<double>(k);
    return 1 - sum * 2 / (count * nearest * (2 * count - 3 * nearest - 1));
}

}  // namespace

double trustworthiness(const Array& points, const Array& embedding, std::size_t neighbours, Location at) {
    return trust(points, embedding, neighbours, at);
}
double trustworthiness(const Array64& points, const Array64& embedding, std::size_t neighbours, Location at) {
    return trust(points, embedding, neighbours, at);
}

}  // namespace xtape::analysis

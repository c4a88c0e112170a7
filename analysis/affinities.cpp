#include <xtape/analysis/affinities.hpp>

#include <xtape/analysis/points.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace xtape::analysis::detail {
namespace {

using xtape::detail::join_lanes;
using xtape::detail::SumOf;

constexpr std::size_t row_block = 16, tile = 64;

struct Sums {
    double weights, distances;  // of exp(-b d), of d exp(-b d)
};

// to[i] = exp(-b d[i])
Sums weigh(const double* d, std::size_t count, double b, double* to) {
    using L = Lanes<double>;
    L weights(0.0), distances(0.0);
    std::size_t i = 0;
    for (; i + L::width <= count; i += L::width) {
        const L here = L::load(d + i), w = exp(here * L(-b));
        w.store(to + i);
        weights = weights + w;
        distances = multiply_add(here, w, distances);
    }
    if (i < count) {
        const L here = L::load_some(d + i, count - i), w = L::first_of(count - i, exp(here * L(-b)), L(0.0));
        w.store_some(to + i, count - i);
        weights = weights + w;
        distances = multiply_add(here, w, distances);
    }
    return {join_lanes<SumOf<double>, double>(weights), join_lanes<SumOf<double>, double>(distances)};
}

// p_ij = (p(j|i) + p(i|j)) / (2 N), in place: each pair of tiles is one task's.
template <class T>
void make_joint(DenseAffinities<T>& a) {
    const std::size_t n = a.points, stride = a.stride;
    const T scale = static_cast<T>(0.5 / static_cast<double>(n));
    parallel_for(n, tile, [&](std::size_t begin, std::size_t end) {
        for (std::size_t first = begin; first < n; first += tile) {
            for (std::size_t i = begin; i < end; ++i) {
                for (std::size_t j = std::max(first, i + 1); j < std::min(n, first + tile); ++j) {
                    T& ours = a.p[i * stride + j];
                    T& theirs = a.p[j * stride + i];
                    ours = theirs = (ours + theirs) * scale;
                }
            }
        }
    });
}

struct Entry {
    std::uint32_t other;
    double p;
};

}  // namespace

void perplexed(const double* squared, std::size_t count, double perplexity, double* p) {
    constexpr double tolerance = 1e-5;
    const double wanted = std::log(perplexity);
    std::vector<double> d(squared, squared + count);
    const double least = *std::min_element(d.begin(), d.end());
    double mean = 0;
    for (double& x : d) mean += (x -= least);
    mean /= static_cast<double>(count);
    double b = mean > 0 ? 1 / mean : 1, low = 0, high = std::numeric_limits<double>::infinity();
    Sums sums{};
    for (int step = 0; step < 100; ++step) {
        sums = weigh(d.data(), count, b, p);
        const double entropy = std::log(sums.weights) + b * sums.distances / sums.weights;
        if (std::abs(entropy - wanted) <= tolerance) break;
        (entropy > wanted ? low : high) = b;
        b = std::isinf(high) ? 2 * b : (low + high) / 2;
        if (std::isinf(b)) break;
    }
    for (std::size_t i = 0; i < count; ++i) p[i] /= sums.weights;
}

template <class T>
DenseAffinities<T> dense_affinities(const BasicArray<T>& x, double perplexity) {
    const std::size_t n = x.shape()[0], features = x.shape()[1], width = Lanes<T>::width;
    DenseAffinities<T> result{n, (n + width - 1) / width * width, {}};
    result.p.resize(n * result.stride);
    parallel_for(n, row_block, [&](std::size_t begin, std::size_t end) {
        std::vector<T> squared(n);
        std::vector<double> others(n), p(n);
        for (std::size_t i = begin; i < end; ++i) {
            squared_distances(x.data() + i * features, x.data(), n, features, squared.data());
            std::copy(squared.begin(), squared.end(), others.begin());
            others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
            perplexed(others.data(), n - 1, perplexity, p.data());
            others.resize(n);
            T* const row = result.p.data() + i * result.stride;
            std::fill_n(row, result.stride, T(0));
            for (std::size_t j = 0; j + 1 < n; ++j) row[j < i ? j : j + 1] = static_cast<T>(p[j]);
        }
    });
    make_joint(result);
    return result;
}

template <class T>
SparseAffinities<T> sparse_affinities(const BasicArray<T>& x, double perplexity) {
    const std::size_t n = x.shape()[0];
    const std::size_t k = std::min(n - 1, static_cast<std::size_t>(3 * perplexity) + 1);
    const Neighbours<T> near = nearest(x, k);
    std::vector<double> conditional(n * k);
    parallel_for(n, row_block, [&](std::size_t begin, std::size_t end) {
        std::vector<double> squared(k);
        for (std::size_t i = begin; i < end; ++i) {
            std::copy_n(near.squared.data() + i * k, k, squared.begin());
            perplexed(squared.data(), k, perplexity, conditional.data() + i * k);
        }
    });

    // Every pair is entered from both ends; entries of one pair then stand side by side and are added up.
    std::vector<std::vector<Entry>> rows(n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t m = 0; m < k; ++m) {
            const auto j = static_cast<std::size_t>(near.index.data()[i * k + m]);
            const double p = conditional[i * k + m] / (2 * static_cast<double>(n));
            rows[i].push_back({static_cast<std::uint32_t>(j), p});
            rows[j].push_back({static_cast<std::uint32_t>(i), p});
        }
    }
    SparseAffinities<T> result;
    result.first.push_back(0);
    for (std::vector<Entry>& row : rows) {
        std::stable_sort(row.begin(), row.end(), [](const Entry& a, const Entry& b) { return a.other < b.other; });
        for (std::size_t m = 0; m < row.size();) {
            const std::uint32_t other = row[m].other;
            double p = 0;
            for (; m < row.size() && row[m].other == other; ++m) p += row[m].p;
            result.other.push_back(other);
            result.p.push_back(static_cast<T>(p));
        }
        result.first.push_back(result.p.size());
        row = {};
    }
    return result;
}

template <class T>
double negative_entropy(const T* p, std::size_t count) {
    return parallel_reduce(
        count, std::size_t{1} << 16, 0.0,
        [&](std::size_t begin, std::size_t end) {
            double sum = 0;
            for (std::size_t i = begin; i < end; ++i) {
                const auto x = static_cast<double>(p[i]);
                if (x > 0) sum += x * std::log(x);
            }
            return sum;
        },
        std::plus<>());
}

template DenseAffinities<float> dense_affinities(const Array&, double);
template DenseAffinities<double> dense_affinities(const Array64&, double);
template SparseAffinities<float> sparse_affinities(const Array&, double);
template SparseAffinities<double> sparse_affinities(const Array64&, double);
template double negative_entropy(const float*, std::size_t);
template double negative_entropy(const double*, std::size_t);

}  // namespace xtape::analysis::detail

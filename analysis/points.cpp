#include <xtape/analysis/points.hpp>

#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/kernels/serial_gemm.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace xtape::analysis::detail {
namespace {

using xtape::detail::join_lanes;
using xtape::detail::SumOf;

// R rows at once, so that `from` is read once for all of them.
template <std::size_t R, class T>
void distances_to_rows(const T* from, const T* rows, std::size_t features, T* to) {
    using L = Lanes<T>;
    std::array<L, R> sum;
    sum.fill(L(T(0)));
    std::size_t c = 0;
    for (; c + L::width <= features; c += L::width) {
        const L here = L::load(from + c);
        for (std::size_t r = 0; r < R; ++r) {
            const L apart = here - L::load(rows + r * features + c);
            sum[r] = multiply_add(apart, apart, sum[r]);
        }
    }
    if (c < features) {
        const L here = L::load_some(from + c, features - c);
        for (std::size_t r = 0; r < R; ++r) {
            const L apart = here - L::load_some(rows + r * features + c, features - c);
            sum[r] = multiply_add(apart, apart, sum[r]);
        }
    }
    for (std::size_t r = 0; r < R; ++r) to[r] = join_lanes<SumOf<T>, T>(sum[r]);
}

template <class T>
using Candidate = std::pair<T, std::int64_t>;  // squared distance, index

// Keeps the k smallest of what it is shown.
template <class T>
class Nearest {
public:
    explicit Nearest(std::size_t k) : k_(k) { heap_.reserve(k); }

    void show(T squared, std::int64_t index) {
        if (heap_.size() == k_ && !(squared < heap_.front().first)) return;
        if (heap_.size() == k_) {
            std::pop_heap(heap_.begin(), heap_.end());
            heap_.pop_back();
        }
        heap_.emplace_back(squared, index);
        std::push_heap(heap_.begin(), heap_.end());
    }
    std::vector<Candidate<T>>& found() { return heap_; }

private:
    std::size_t k_;
    std::vector<Candidate<T>> heap_;
};

// x without the mean of its columns: products of what is left lose fewer digits.
template <class T>
BasicArray<T> centred(const BasicArray<T>& x) {
    const std::size_t n = x.shape()[0], features = x.shape()[1];
    std::vector<double> mean(features);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t c = 0; c < features; ++c) mean[c] += static_cast<double>(x.data()[i * features + c]);
    }
    for (double& m : mean) m /= static_cast<double>(n);
    BasicArray<T> y = empty_array<T>(x.shape());
    for (std::size_t i = 0; i < y.size(); ++i) {
        y.data()[i] = static_cast<T>(static_cast<double>(x.data()[i]) - mean[i % features]);
    }
    return y;
}

constexpr std::size_t row_block = 64, column_block = 2048;

// The k nearest points of rows [begin, end) of centred points: |a|^2 / 2 - a b orders them.
template <class T>
void nearest_of_rows(const BasicArray<T>& x, const BasicArray<T>& centred_x, const std::vector<T>& half_squares,
                     std::size_t begin, std::size_t end, Neighbours<T>& result) {
    const std::size_t n = x.shape()[0], features = x.shape()[1], k = result.index.shape()[1], rows = end - begin;
    std::vector<Nearest<T>> best(rows, Nearest<T>(k));
    std::vector<T, PoolAllocator<T>> products(rows * column_block);
    for (std::size_t first = 0; first < n; first += column_block) {
        const std::size_t columns = std::min(column_block, n - first);
        xtape::detail::Gemm<T> product;
        product.transpose_b = true;
        product.m = rows, product.n = columns, product.k = features;
        product.a = centred_x.data() + begin * features;
        product.b = centred_x.data() + first * features;
        product.c = products.data();
        xtape::detail::serial_gemm(product, features, features, column_block);
        for (std::size_t r = 0; r < rows; ++r) {
            const T* const ours = products.data() + r * column_block;
            for (std::size_t c = 0; c < columns; ++c) {
                if (first + c == begin + r) continue;
                best[r].show(half_squares[first + c] - ours[c], static_cast<std::int64_t>(first + c));
            }
        }
    }
    for (std::size_t r = 0; r < rows; ++r) {
        std::vector<Candidate<T>>& found = best[r].found();
        const T* const from = x.data() + (begin + r) * features;
        for (Candidate<T>& one : found) {
            distances_to_rows<1>(from, x.data() + static_cast<std::size_t>(one.second) * features, features, &one.first);
        }
        std::sort(found.begin(), found.end());
        for (std::size_t i = 0; i < k; ++i) {
            result.squared.data()[(begin + r) * k + i] = found[i].first;
            result.index.data()[(begin + r) * k + i] = found[i].second;
        }
    }
}

}  // namespace

template <class T>
void check_points(const char* caller, const BasicArray<T>& x, Location at) {
    if (x.dimension() != 2 || x.size() == 0) {
        throw ShapeError(fmt::format("{}: expected points (N, D) with N and D at least 1, got {}", caller,
                                     to_string(x.shape())),
                         at);
    }
    const auto bad = std::find_if(x.data(), x.data() + x.size(), [](T value) { return !std::isfinite(value); });
    if (bad == x.data() + x.size()) return;
    throw DataError(fmt::format("{}: expected finite numbers, got {} at row {}", caller, *bad,
                                static_cast<std::size_t>(bad - x.data()) / x.shape()[1]),
                    at);
}

template <class T>
void squared_distances(const T* from, const T* rows, std::size_t count, std::size_t features, T* to) {
    std::size_t r = 0;
    for (; r + 4 <= count; r += 4) distances_to_rows<4>(from, rows + r * features, features, to + r);
    for (; r < count; ++r) distances_to_rows<1>(from, rows + r * features, features, to + r);
}

template <class T>
Neighbours<T> nearest(const BasicArray<T>& x, std::size_t k) {
    const std::size_t n = x.shape()[0], features = x.shape()[1];
    const BasicArray<T> moved = centred(x);
    std::vector<T> half_squares(n);
    const std::vector<T> zero(features);
    for (std::size_t i = 0; i < n; ++i) {
        distances_to_rows<1>(zero.data(), moved.data() + i * features, features, &half_squares[i]);
        half_squares[i] /= 2;
    }
    Neighbours<T> result{empty_array<std::int64_t>({n, k}), empty_array<T>({n, k})};
    parallel_for(n, row_block, [&](std::size_t begin, std::size_t end) {
        nearest_of_rows(x, moved, half_squares, begin, end, result);
    });
    return result;
}

template void check_points(const char*, const Array&, Location);
template void check_points(const char*, const Array64&, Location);
template void squared_distances(const float*, const float*, std::size_t, std::size_t, float*);
template void squared_distances(const double*, const double*, std::size_t, std::size_t, double*);
template Neighbours<float> nearest(const Array&, std::size_t);
template Neighbours<double> nearest(const Array64&, std::size_t);

}  // namespace xtape::analysis::detail

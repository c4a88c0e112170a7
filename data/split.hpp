// Cutting a data set in parts at random, for training, validation and testing.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/subset.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::data {

namespace detail {

/// round(size * fraction). Throws ConfigError unless 0 < fraction < 1.
std::size_t split_point(std::size_t size, double fraction, Location at);

/// Where each part ends: of fractions the rounded sums of those so far, of counts their sums. Throws ConfigError unless
/// all are above 0 (counts: at least 0) and they add up to 1 (to size).
std::vector<std::size_t> part_ends(const char* who, std::size_t size, std::span<const double> fractions, Location at);
std::vector<std::size_t> part_ends(const char* who, std::size_t size, std::span<const std::size_t> counts, Location at);

/// Where each of k parts of nearly the same size ends. Throws ConfigError unless 2 <= k <= size.
std::vector<std::size_t> fold_ends(const char* who, std::size_t size, std::size_t k, Location at);

/// All rows in an order of which every stretch has nearly the share of each label that the whole has; rows of one label
/// in random order. Throws ShapeError unless labels are (size).
IndexArray stratified_order(const char* who, std::size_t size, const IndexArray& labels, random::Stream& stream,
                            Location at);

/// Puts these rows into random order.
void shuffle(std::span<std::int64_t> rows, random::Stream& stream);

template <class T, std::size_t N>
std::vector<std::size_t> ends_of(const char* who, std::size_t size, const T (&shares)[N], Location at) {
    using Number = std::conditional_t<std::is_floating_point_v<T>, double, std::size_t>;
    std::array<Number, N> numbers{};
    for (std::size_t i = 0; i < N; ++i) numbers[i] = static_cast<Number>(shares[i]);
    return part_ends(who, size, std::span<const Number>(numbers), at);
}

/// The parts of `rows` that end there, as an array of subsets.
template <std::size_t N, class D>
auto cut(D&& dataset, std::span<const std::int64_t> rows, const std::vector<std::size_t>& ends) {
    const auto take = subsets_of(std::forward<D>(dataset));
    const auto part = [&](std::size_t i) {
        const std::size_t begin = i == 0 ? 0 : ends[i - 1];
        return take(rows.subspan(begin, ends[i] - begin));
    };
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return std::array{part(I)...}; }
    (std::make_index_sequence<N>{});
}

/// Each part between two ends once as test part, with all other rows for training.
template <class D>
auto folds(D&& dataset, const IndexArray& order, const std::vector<std::size_t>& ends, random::Stream& stream);

}  // namespace detail

/// A pair of data sets: the first holds round(size * fraction) rows drawn at random, the second the others, also in
/// random order. Takes the next stream of the process-wide seed. The parts are what subset() gives: TensorDatasets of a
/// TensorDataset, sharing its storage. Throws ConfigError unless 0 < fraction < 1.
template <class D>
auto split(D&& dataset, double fraction, Location at = Location::current()) {
    using Set = std::remove_cvref_t<D>;
    static_assert(Dataset<Set>,
                  "xtape::data::split needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    const auto size = static_cast<std::size_t>(dataset.size());
    const std::size_t point = detail::split_point(size, fraction, at);
    const IndexArray order = random::permutation(size);
    const std::span<const std::int64_t> rows(order.data(), size);
    const auto take = detail::subsets_of(std::forward<D>(dataset));
    return std::pair(take(rows.first(point)), take(rows.subspan(point)));
}

/// Any number of parts, each of rows drawn at random, by fractions of the whole or by numbers of rows:
///
///     auto [train, validation, test] = data::random_split(set, {0.7, 0.15, 0.15});
///     auto [train, test] = data::random_split(set, {1500, 297});
///
/// Part k ends at row round(size * (sum of the first k fractions)) of a random order. Gives a std::array of what
/// subset() gives. Throws ConfigError unless fractions are above 0 and add up to 1 (within 1e-6), or counts add up to
/// the size.
template <class D, class T, std::size_t N>
auto random_split(D&& dataset, const T (&shares)[N], random::Stream stream = random::next_stream(),
                  Location at = Location::current()) {
    static_assert(
        Dataset<std::remove_cvref_t<D>>,
        "xtape::data::random_split needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    const auto size = static_cast<std::size_t>(dataset.size());
    const std::vector<std::size_t> ends = detail::ends_of("random_split", size, shares, at);
    const IndexArray order = random::permutation(size, stream);
    return detail::cut<N>(std::forward<D>(dataset), std::span(order.data(), size), ends);
}

/// random_split() in which every part has nearly the share of each label that the whole has, for `labels` (N), any
/// numbers, one for each row. Errors as there, and ShapeError unless labels are (size).
template <class D, class T, std::size_t N>
auto stratified_split(D&& dataset, const IndexArray& labels, const T (&shares)[N],
                      random::Stream stream = random::next_stream(), Location at = Location::current()) {
    static_assert(
        Dataset<std::remove_cvref_t<D>>,
        "xtape::data::stratified_split needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    const auto size = static_cast<std::size_t>(dataset.size());
    const std::vector<std::size_t> ends = detail::ends_of("stratified_split", size, shares, at);
    IndexArray order = detail::stratified_order("stratified_split", size, labels, stream, at);
    for (std::size_t i = 0, begin = 0; i < N; begin = ends[i++]) {
        detail::shuffle(std::span(order.data() + begin, ends[i] - begin), stream);
    }
    return detail::cut<N>(std::forward<D>(dataset), std::span<const std::int64_t>(order.data(), size), ends);
}

/// The same with the labels of a data set that has them, as TensorDataset.
template <class D, class T, std::size_t N>
auto stratified_split(D&& dataset, const T (&shares)[N], random::Stream stream = random::next_stream(),
                      Location at = Location::current()) requires requires {
    dataset.labels();
}
{
    const IndexArray& labels = std::as_const(dataset).labels();
    return stratified_split(std::forward<D>(dataset), labels, shares, stream, at);
}

/// A round of cross-validation.
template <class Part>
struct Fold {
    Part train;
    Part test;
};

namespace detail {

template <class D>
auto folds(D&& dataset, const IndexArray& order, const std::vector<std::size_t>& ends, random::Stream& stream) {
    const auto take = subsets_of(std::forward<D>(dataset));
    using Part = decltype(take(std::span<const std::int64_t>()));
    std::vector<Fold<Part>> result;
    for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
        std::vector<std::int64_t> test(order.data() + begin, order.data() + ends[i]);
        std::vector<std::int64_t> train(order.data(), order.data() + begin);
        train.insert(train.end(), order.data() + ends[i], order.data() + order.size());
        shuffle(test, stream);
        shuffle(train, stream);
        result.push_back({take(train), take(test)});
    }
    return result;
}

}  // namespace detail

/// Cross-validation: k rounds in which each row is once in the test part, rows in random order:
///
///     for (const auto& [train, test] : data::k_fold(set, 5)) ...
///
/// The sizes of test parts differ by at most one row. Parts are what subset() gives. Throws ConfigError unless 2 <= k
/// <= size.
template <class D>
auto k_fold(D&& dataset, std::size_t k, random::Stream stream = random::next_stream(),
            Location at = Location::current()) {
    static_assert(Dataset<std::remove_cvref_t<D>>,
                  "xtape::data::k_fold needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    const auto size = static_cast<std::size_t>(dataset.size());
    const std::vector<std::size_t> ends = detail::fold_ends("k_fold", size, k, at);
    const IndexArray order = random::permutation(size, stream);
    return detail::folds(std::forward<D>(dataset), order, ends, stream);
}

/// k_fold() in which every part has nearly the share of each label that the whole has, for `labels` (N), any numbers,
/// one for each row. Errors as there, and ShapeError unless labels are (size).
template <class D>
auto stratified_k_fold(D&& dataset, const IndexArray& labels, std::size_t k,
                       random::Stream stream = random::next_stream(), Location at = Location::current()) {
    static_assert(
        Dataset<std::remove_cvref_t<D>>,
        "xtape::data::stratified_k_fold needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    const auto size = static_cast<std::size_t>(dataset.size());
    const std::vector<std::size_t> ends = detail::fold_ends("stratified_k_fold", size, k, at);
    const IndexArray order = detail::stratified_order("stratified_k_fold", size, labels, stream, at);
    return detail::folds(std::forward<D>(dataset), order, ends, stream);
}

/// The same with the labels of a data set that has them, as TensorDataset.
template <class D>
auto stratified_k_fold(D&& dataset, std::size_t k, random::Stream stream = random::next_stream(),
                       Location at = Location::current()) requires requires {
    dataset.labels();
}
{
    const IndexArray& labels = std::as_const(dataset).labels();
    return stratified_k_fold(std::forward<D>(dataset), labels, k, stream, at);
}

}  // namespace xtape::data

#include <xtape/data/split.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

namespace xtape::data::detail {

namespace {

template <class T>
std::string listed(std::span<const T> numbers) {
    std::ostringstream text;
    for (std::size_t i = 0; i < numbers.size(); ++i) text << (i == 0 ? "" : ", ") << numbers[i];
    return text.str();
}

}  // namespace

std::size_t split_point(std::size_t size, double fraction, Location at) {
    if (!(fraction > 0 && fraction < 1)) {
        std::ostringstream text;
        text << "split: expected a fraction between 0 and 1, got " << fraction;
        throw ConfigError(text.str(), at);
    }
    return static_cast<std::size_t>(std::llround(static_cast<double>(size) * fraction));
}

std::vector<std::size_t> part_ends(const char* who, std::size_t size, std::span<const double> fractions, Location at) {
    const double sum = std::accumulate(fractions.begin(), fractions.end(), 0.0);
    const bool positive = std::all_of(fractions.begin(), fractions.end(), [](double x) { return x > 0; });
    if (!positive || !(std::abs(sum - 1) <= 1e-6)) {
        throw ConfigError(std::string(who) + ": expected fractions above 0 that add up to 1, got " + listed(fractions),
                          at);
    }
    std::vector<std::size_t> ends;
    double end = 0;
    for (const double fraction : fractions) {
        end += fraction;
        ends.push_back(static_cast<std::size_t>(std::llround(static_cast<double>(size) * end)));
    }
    ends.back() = size;
    return ends;
}

std::vector<std::size_t> part_ends(const char* who, std::size_t size, std::span<const std::size_t> counts,
                                   Location at) {
    std::vector<std::size_t> ends;
    std::size_t end = 0;
    for (const std::size_t count : counts) {
        if (count > size - end) break;
        ends.push_back(end += count);
    }
    if (ends.size() != counts.size() || end != size) {
        throw ConfigError(std::string(who) + ": expected counts that add up to the " + std::to_string(size) +
                              " rows, got " + listed(counts),
                          at);
    }
    return ends;
}

std::vector<std::size_t> fold_ends(const char* who, std::size_t size, std::size_t k, Location at) {
    if (k < 2 || k > size) {
        throw ConfigError(std::string(who) + ": expected from 2 folds to one for each of the " + std::to_string(size) +
                              " rows, got " + std::to_string(k),
                          at);
    }
    std::vector<std::size_t> ends;
    for (std::size_t i = 1; i <= k; ++i) ends.push_back(size / k * i + std::min(i, size % k));
    return ends;
}

void shuffle(std::span<std::int64_t> rows, random::Stream& stream) {
    for (std::size_t left = rows.size(); left > 1; --left) std::swap(rows[left - 1], rows[stream.below(left)]);
}

IndexArray stratified_order(const char* who, std::size_t size, const IndexArray& labels, random::Stream& stream,
                            Location at) {
    if (labels.dimension() != 1 || labels.size() != size) {
        throw ShapeError(std::string(who) + ": expected a label for each of the " + std::to_string(size) +
                             " rows, got " + to_string(labels.shape()),
                         at);
    }
    IndexArray order = empty_array<std::int64_t>({size});
    std::iota(order.begin(), order.end(), std::int64_t{0});
    shuffle({order.data(), size}, stream);

    // The r-th of n rows of a label comes when (r + 1/2) / n of the whole has come.
    std::map<std::int64_t, std::pair<std::size_t, std::size_t>> counts;  // of a label: rows, and those seen so far
    for (const std::int64_t label : labels) ++counts[label].first;
    std::vector<double> place(size);
    for (const std::int64_t row : order) {
        auto& [rows, seen] = counts[labels(row)];
        place[static_cast<std::size_t>(row)] = static_cast<double>(2 * seen++ + 1) / static_cast<double>(2 * rows);
    }
    std::sort(order.data(), order.data() + size, [&](std::int64_t a, std::int64_t b) {
        const double x = place[static_cast<std::size_t>(a)], y = place[static_cast<std::size_t>(b)];
        return x != y ? x < y : labels(a) < labels(b);
    });
    return order;
}

}  // namespace xtape::data::detail

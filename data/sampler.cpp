#include <xtape/data/sampler.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

namespace xtape::data {

namespace {

void check_size(const char* who, const char* what, std::size_t have, std::size_t size) {
    if (have == size) return;
    throw ConfigError(std::string(who) + ": expected " + what + " for each of the data set's " + std::to_string(size) +
                      " rows, got " + std::to_string(have));
}

void check_vector(const char* who, const char* what, const Shape& shape, Location at) {
    if (shape.size() == 1 && shape[0] != 0) return;
    throw ShapeError(std::string(who) + ": expected " + what + " (N), N of at least 1, got " + to_string(shape), at);
}

}  // namespace

IndexArray Sampler::rows(std::size_t size, const random::Stream& stream) const {
    IndexArray rows = rows_(size, stream);
    if (rows.dimension() != 1 || rows.size() != count(size)) {
        throw ConfigError("Loader: expected the sampler to give rows of shape (" + std::to_string(count(size)) +
                          "), got " + to_string(rows.shape()));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::int64_t row = rows.data()[i];
        if (row >= 0 && static_cast<std::size_t>(row) < size) continue;
        throw ConfigError("Loader: expected the sampler to give rows below " + std::to_string(size) + ", got " +
                          std::to_string(row) + " at position " + std::to_string(i));
    }
    return rows;
}

IndexArray SequentialSampler::operator()(std::size_t size, const random::Stream&) const {
    IndexArray rows = empty_array<std::int64_t>({size});
    std::iota(rows.data(), rows.data() + size, std::int64_t{0});
    return rows;
}

IndexArray RandomSampler::operator()(std::size_t size, const random::Stream& stream) const {
    return random::permutation(size, stream);
}

WeightedSampler::WeightedSampler(const Array64& weights, std::size_t rows, Location at)
    : rows_(rows != 0 ? rows : weights.size()) {
    check_vector("WeightedSampler", "weights", weights.shape(), at);
    std::vector<double> sums;
    double sum = 0;
    for (std::size_t row = 0; row < weights.size(); ++row) {
        const double weight = weights.data()[row];
        if (!(weight >= 0) || !std::isfinite(weight)) {
            std::ostringstream text;
            text << "WeightedSampler: expected finite weights of at least 0, got " << weight << " in row " << row;
            throw DataError(text.str(), at);
        }
        if (weight > 0) last_ = row;
        sums.push_back(sum += weight);
    }
    if (!(sum > 0) || !std::isfinite(sum)) {
        std::ostringstream text;
        text << "WeightedSampler: expected weights with a finite sum above 0, got " << sum;
        throw DataError(text.str(), at);
    }
    sums_ = std::make_shared<const std::vector<double>>(std::move(sums));
}

std::size_t WeightedSampler::count(std::size_t size) const {
    check_size("WeightedSampler", "a weight", sums_->size(), size);
    return rows_;
}

IndexArray WeightedSampler::operator()(std::size_t, random::Stream stream) const {
    IndexArray rows = empty_array<std::int64_t>({rows_});
    for (std::int64_t& row : rows) {
        // A row with weight 0 has the sum of the row before, and is never the first above a number.
        const auto found = std::upper_bound(sums_->begin(), sums_->end(), stream.uniform() * sums_->back());
        row = std::min<std::int64_t>(found - sums_->begin(), static_cast<std::int64_t>(last_));
    }
    return rows;
}

BalancedSampler::BalancedSampler(const IndexArray& labels, std::size_t rows, Location at)
    : labels_(labels.size()), rows_(rows != 0 ? rows : labels.size()) {
    check_vector("BalancedSampler", "labels", labels.shape(), at);
    std::map<std::int64_t, std::vector<std::int64_t>> by_label;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        by_label[labels.data()[row]].push_back(static_cast<std::int64_t>(row));
    }
    std::vector<std::vector<std::int64_t>> lists;
    for (auto& [label, list] : by_label) lists.push_back(std::move(list));
    rows_of_labels_ = std::make_shared<const std::vector<std::vector<std::int64_t>>>(std::move(lists));
}

std::size_t BalancedSampler::count(std::size_t size) const {
    check_size("BalancedSampler", "a label", labels_, size);
    return rows_;
}

IndexArray BalancedSampler::operator()(std::size_t, random::Stream stream) const {
    IndexArray rows = empty_array<std::int64_t>({rows_});
    for (std::int64_t& row : rows) {
        const std::vector<std::int64_t>& list = (*rows_of_labels_)[stream.below(rows_of_labels_->size())];
        row = list[stream.below(list.size())];
    }
    return rows;
}

}  // namespace xtape::data

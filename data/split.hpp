// Cutting a data set in two at random, for training and testing.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/data/dataset.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::data {

namespace detail {
/// round(size * fraction). Throws ConfigError unless 0 < fraction < 1.
std::size_t split_point(std::size_t size, double fraction, Location at);
}  // namespace detail

/// Some rows of any data set, in a given order. Holds the data set; copies share it.
template <class D>
class Subset {
    static_assert(Dataset<D>, "xtape::data::Subset<D>: D needs `size() const` and `get(std::size_t i) const`");

public:
    /// Throws ConfigError for a row outside the data set.
    Subset(std::shared_ptr<const D> whole, std::span<const std::int64_t> rows) : whole_(std::move(whole)) {
        const auto size = static_cast<std::size_t>(whole_->size());
        for (const std::int64_t row : rows) {
            if (row < 0 || static_cast<std::size_t>(row) >= size) fail(size, std::to_string(row));
        }
        rows_ = std::make_shared<const std::vector<std::int64_t>>(rows.begin(), rows.end());
    }

    std::size_t size() const { return rows_->size(); }

    /// Throws ConfigError for i >= size().
    decltype(auto) get(std::size_t i) const {
        if (i >= size()) fail(size(), std::to_string(i));
        return whole_->get(static_cast<std::size_t>((*rows_)[i]));
    }

    /// The subset of these rows of this one. Throws ConfigError for a row outside it.
    Subset subset(std::span<const std::int64_t> rows) const {
        std::vector<std::int64_t> chosen;
        chosen.reserve(rows.size());
        for (const std::int64_t row : rows) {
            if (row < 0 || static_cast<std::size_t>(row) >= size()) fail(size(), std::to_string(row));
            chosen.push_back((*rows_)[static_cast<std::size_t>(row)]);
        }
        return Subset(whole_, chosen);
    }

private:
    [[noreturn]] static void fail(std::size_t size, const std::string& row) {
        throw ConfigError("Subset: expected a row below " + std::to_string(size) + ", got " + row);
    }

    std::shared_ptr<const D> whole_;
    std::shared_ptr<const std::vector<std::int64_t>> rows_;
};

/// A pair of data sets: the first holds round(size * fraction) rows drawn at random, the second the others, also in
/// random order. Takes the next stream of the process-wide seed. A data set with a member `subset(rows)` gives a pair
/// of what that returns (TensorDataset: again TensorDataset, sharing its storage), any other a pair of Subset. Throws
/// ConfigError unless 0 < fraction < 1.
template <class D>
auto split(D&& dataset, double fraction, Location at = Location::current()) {
    using Set = std::remove_cvref_t<D>;
    static_assert(Dataset<Set>,
                  "xtape::data::split needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    const auto size = static_cast<std::size_t>(dataset.size());
    const std::size_t point = detail::split_point(size, fraction, at);
    const IndexArray order = random::permutation(size);
    const std::span<const std::int64_t> rows(order.data(), size);
    const auto first = rows.first(point), second = rows.subspan(point);
    if constexpr (requires { dataset.subset(first); }) {
        return std::pair(dataset.subset(first), dataset.subset(second));
    } else {
        const auto whole = std::make_shared<const Set>(std::forward<D>(dataset));
        return std::pair(Subset<Set>(whole, first), Subset<Set>(whole, second));
    }
}

}  // namespace xtape::data

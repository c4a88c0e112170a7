// Some rows of any data set.
#pragma once

#include <xtape/data/dataset.hpp>
#include <xtape/data/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::data {

namespace detail {
/// Gives an adaptor the Batch of the data set under it, if that gathers.
template <class D>
struct BatchLike {};
template <GatheringDataset D>
struct BatchLike<D> {
    using Batch = typename D::Batch;
};
}  // namespace detail

/// Some rows of any data set, in a given order. Holds the data set; copies share it. Gathers when the data set does.
template <class D>
class Subset : public detail::BatchLike<D> {
    static_assert(Dataset<D>, "xtape::data::Subset<D>: D needs `size() const` and `get(std::size_t i) const`");

public:
    /// Throws ConfigError for a row outside the data set.
    Subset(std::shared_ptr<const D> whole, std::span<const std::int64_t> rows) : whole_(std::move(whole)) {
        const auto size = static_cast<std::size_t>(whole_->size());
        for (const std::int64_t row : rows) detail::checked_row("Subset", row, size);
        rows_ = std::make_shared<const std::vector<std::int64_t>>(rows.begin(), rows.end());
    }

    std::size_t size() const { return rows_->size(); }

    /// Throws ConfigError for i >= size().
    decltype(auto) get(std::size_t i) const {
        detail::check_row("Subset", i, size());
        return whole_->get(static_cast<std::size_t>((*rows_)[i]));
    }

    /// Fills the batch with the items of these rows of the subset. Throws ConfigError for a row outside it.
    template <class Batch>
    void gather(std::span<const std::int64_t> rows, Batch& batch) const requires GatheringDataset<D> {
        whole_->gather(rows_of_whole<detail::Rows>(rows), batch);
    }

    /// The subset of these rows of this one. Throws ConfigError for a row outside it.
    Subset subset(std::span<const std::int64_t> rows) const {
        return Subset(whole_, rows_of_whole<std::vector<std::int64_t>>(rows));
    }

private:
    template <class Result>
    Result rows_of_whole(std::span<const std::int64_t> rows) const {
        Result chosen;
        chosen.reserve(rows.size());
        for (const std::int64_t row : rows) chosen.push_back((*rows_)[detail::checked_row("Subset", row, size())]);
        return chosen;
    }

    std::shared_ptr<const D> whole_;
    std::shared_ptr<const std::vector<std::int64_t>> rows_;
};

namespace detail {
/// A function that makes subsets of a data set, which it copies or moves at most once, by the data set's own member
/// `subset(rows)` or as Subset.
template <class D>
auto subsets_of(D&& dataset) {
    using Set = std::remove_cvref_t<D>;
    if constexpr (requires(const Set& set, std::span<const std::int64_t> rows) { set.subset(rows); }) {
        return [set = Set(std::forward<D>(dataset))](std::span<const std::int64_t> rows) { return set.subset(rows); };
    } else {
        return [whole = std::make_shared<const Set>(std::forward<D>(dataset))](std::span<const std::int64_t> rows) {
            return Subset<Set>(whole, rows);
        };
    }
}
}  // namespace detail

/// The data set of these rows in this order; a row may come twice. Of a data set with a member `subset(rows)` what that
/// returns (TensorDataset: again TensorDataset, sharing its storage), of any other a Subset. Throws ConfigError for a
/// row outside 0 .. size()-1.
template <class D>
auto subset(D&& dataset, std::span<const std::int64_t> rows) {
    static_assert(Dataset<std::remove_cvref_t<D>>,
                  "xtape::data::subset needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    return detail::subsets_of(std::forward<D>(dataset))(rows);
}

}  // namespace xtape::data

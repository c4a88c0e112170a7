// What a data set is, and the one most programs use: an array of features with a class label for each row.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::data {

/// Any type with `size()` and `get(i)`, i from 0 to size() - 1, both const. An item is a tuple, a pair or a plain
/// struct of arrays and numbers, or a single one of these. Copying a data set should be cheap (share what is large).
template <class D>
concept Dataset = requires(const D& dataset, std::size_t i) {
    { dataset.size() } -> std::convertible_to<std::size_t>;
    dataset.get(i);
    requires !std::is_void_v<decltype(dataset.get(i))>;
};

/// A data set that can also fill a whole batch in one pass: `Batch` is a tuple of arrays, and `gather(rows, batch)`
/// makes it hold the items of those rows, reusing its arrays where the shapes agree. Optional; a Loader uses it when it
/// is there.
template <class D>
concept GatheringDataset = Dataset<D> &&
    requires(const D& dataset, std::span<const std::int64_t> rows, typename D::Batch& batch) {
    dataset.gather(rows, batch);
};

/// Rows of features with a class label each: features (N, ...), labels (N). Copies and subsets share one storage, which
/// never changes; so all members may be called from several threads.
class TensorDataset {
public:
    using Batch = std::tuple<Array, IndexArray>;  ///< features (B, ...), labels (B)

    /// Labels must be in 0 .. classes-1; classes = 0 stands for one more than the largest label.
    /// Throws ShapeError unless features are (N, ...) and labels (N) with one N; DataError with the row for a label out
    /// of range.
    TensorDataset(Array features, IndexArray labels, std::size_t classes = 0, Location at = Location::current());

    /// The same of features byte / 255, between 0 and 1. Kept as bytes, a quarter of the memory: each batch is made of
    /// them when it is asked for.
    TensorDataset(BasicArray<std::uint8_t> features, IndexArray labels, std::size_t classes = 0,
                  Location at = Location::current());

    std::size_t size() const;

    /// Number of classes; a subset has as many as the whole.
    std::size_t classes() const;

    /// Features (...) and label of row i. Throws ConfigError for i >= size().
    std::pair<Array, std::int64_t> get(std::size_t i) const;

    /// Copies rows into the batch. Throws ConfigError for a row outside 0 .. size()-1.
    void gather(std::span<const std::int64_t> rows, Batch& batch) const;

    /// The data set of these rows in this order (a row may come twice), without copying features.
    /// Throws ConfigError for a row outside 0 .. size()-1.
    TensorDataset subset(std::span<const std::int64_t> rows) const;

    /// All features (N, ...) and labels (N) in this set's order, valid while this data set or a copy of it lives. A
    /// subset, and a set of bytes asked for its features, puts its rows together at the first call and keeps them;
    /// otherwise nothing is copied. A temporary data set gives copies.
    const Array& features() const& { return contiguous_features(); }
    const IndexArray& labels() const& { return contiguous_labels(); }
    Array features() const&& { return contiguous_features(); }
    IndexArray labels() const&& { return contiguous_labels(); }

private:
    struct Storage;
    struct Selection;
    static std::shared_ptr<const Storage> checked(const std::shared_ptr<Storage>& storage, std::size_t classes,
                                                  Location at);
    TensorDataset(std::shared_ptr<const Storage> all, std::shared_ptr<const Selection> selection);

    std::int64_t storage_row(std::int64_t row, const char* caller) const;
    const Batch& contiguous() const;
    const Array& contiguous_features() const;
    const IndexArray& contiguous_labels() const;

    std::shared_ptr<const Storage> all_;
    std::shared_ptr<const Selection> selection_;  // null when every row is meant
};

}  // namespace xtape::data

// A data set of any arrays that have a row for each item: regression targets, inputs alone, several inputs.
#pragma once

#include <xtape/data/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::data {

namespace detail {
/// The common N. Throws ShapeError unless all shapes are (N, ...) with one N.
std::size_t row_count(std::initializer_list<Shape> shapes);
}  // namespace detail

/// Rows of arrays (N, ...) of any element types, N the same in all:
///
///     data::ArrayDataset pairs{x, y};   // items (x[i], y[i]), batches of (B, ...) arrays
///     data::ArrayDataset images{x};     // items x[i], batches one array: auto-encoders
///
/// Give arrays that are not needed otherwise with std::move. Copies share one storage, which never changes; so all
/// members may be called from several threads. For class labels TensorDataset knows more.
template <class... T>
class ArrayDataset {
    static_assert(sizeof...(T) > 0, "xtape::data::ArrayDataset needs at least one array");

public:
    /// A tuple of arrays, or the array when there is only one.
    using Batch = std::conditional_t<sizeof...(T) == 1, std::tuple_element_t<0, std::tuple<BasicArray<T>...>>,
                                     std::tuple<BasicArray<T>...>>;

    /// Throws ShapeError unless all are (N, ...) with one N.
    explicit ArrayDataset(BasicArray<T>... columns)
        : size_(detail::row_count({columns.shape()...})),
          columns_(std::make_shared<const Columns>(std::move(columns)...)) {}

    std::size_t size() const { return size_; }

    /// Row i of each array, of shape (...). Throws ConfigError for i >= size().
    Batch get(std::size_t i) const {
        detail::check_row("ArrayDataset::get", i, size_);
        const auto row = [i](const auto& column) {
            const Shape& shape = column.shape();
            auto item = empty_array<typename std::remove_cvref_t<decltype(column)>::value_type>(
                Shape(shape.begin() + 1, shape.end()));
            std::copy_n(column.data() + i * item.size(), item.size(), item.data());
            return item;
        };
        return std::apply([&](const auto&... column) { return Batch(row(column)...); }, *columns_);
    }

    /// Copies rows into the batch. Throws ConfigError for a row outside 0 .. size()-1.
    void gather(std::span<const std::int64_t> rows, Batch& batch) const {
        const auto gather_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
            (detail::gather_rows("ArrayDataset::gather", std::get<I>(*columns_), rows, array<I>(batch)), ...);
        };
        gather_all(std::index_sequence_for<T...>{});
    }

    /// The whole array number I, (N, ...), valid while this data set or a copy of it lives.
    template <std::size_t I = 0>
    const auto& column() const {
        return std::get<I>(*columns_);
    }

private:
    using Columns = std::tuple<BasicArray<T>...>;

    template <std::size_t I>
    static auto& array(Batch& batch) {
        if constexpr (sizeof...(T) == 1) {
            return batch;
        } else {
            return std::get<I>(batch);
        }
    }

    std::size_t size_;
    std::shared_ptr<const Columns> columns_;
};

template <class... T>
ArrayDataset(BasicArray<T>...) -> ArrayDataset<T...>;

}  // namespace xtape::data

// Items of a data set put together to a batch: arrays are stacked on a new first axis, numbers become arrays.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/rows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::data::detail {

template <class T>
struct Stacked {};
template <class T>
struct Stacked<BasicArray<T>> {
    using type = BasicArray<T>;
};
template <class T>
requires std::is_integral_v<T>
struct Stacked<T> {
    using type = IndexArray;
};
template <class T>
requires std::is_floating_point_v<T>
struct Stacked<T> {
    using type = Array;
};

/// An array or a number.
template <class T>
concept Part = requires {
    typename Stacked<std::remove_cvref_t<T>>::type;
};

template <class T>
concept TupleLike = requires {
    std::tuple_size<T>::value;
};

/// Converts to any member of a struct; only ever used unevaluated, to count the members.
struct AnyMember {
    template <class T>
    operator T() const;
};

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), AnyMember{})...}; };
}

/// Members of a plain struct, counted up to one more than are supported.
template <class T>
consteval std::size_t member_count() {
    if constexpr (!std::is_aggregate_v<T>)
        return 0;
    else if constexpr (takes<T>(std::make_index_sequence<5>{}))
        return 5;
    else if constexpr (takes<T>(std::make_index_sequence<4>{}))
        return 4;
    else if constexpr (takes<T>(std::make_index_sequence<3>{}))
        return 3;
    else if constexpr (takes<T>(std::make_index_sequence<2>{}))
        return 2;
    else
        return takes<T>(std::make_index_sequence<1>{}) ? 1 : 0;
}

/// References to the parts of an item, as a tuple; std::false_type for something that is no item.
template <class Item>
auto parts(const Item& item) {
    if constexpr (Part<Item>) {
        return std::tie(item);
    } else if constexpr (TupleLike<Item>) {
        return std::apply([](const auto&... part) { return std::tie(part...); }, item);
    } else if constexpr (member_count<Item>() == 1) {
        const auto& [a] = item;
        return std::tie(a);
    } else if constexpr (member_count<Item>() == 2) {
        const auto& [a, b] = item;
        return std::tie(a, b);
    } else if constexpr (member_count<Item>() == 3) {
        const auto& [a, b, c] = item;
        return std::tie(a, b, c);
    } else if constexpr (member_count<Item>() == 4) {
        const auto& [a, b, c, d] = item;
        return std::tie(a, b, c, d);
    } else {
        return std::false_type{};
    }
}

/// The parts of an item, as a tuple of values: moved out of it where it is a tuple.
template <class Item>
auto owned_parts(Item item) {
    if constexpr (Part<Item>) {
        return std::tuple<Item>(std::move(item));
    } else if constexpr (TupleLike<Item>) {
        return std::apply(
            [](auto&&... part) {
                return std::tuple<std::remove_cvref_t<decltype(part)>...>(std::forward<decltype(part)>(part)...);
            },
            std::move(item));
    } else {
        return std::apply([](const auto&... part) { return std::tuple(part...); }, parts(item));
    }
}

/// References to the arrays of a batch, as a tuple.
template <class Batch>
auto arrays_of(Batch& batch) {
    if constexpr (TupleLike<Batch>) {
        return std::apply([](auto&... array) { return std::tie(array...); }, batch);
    } else {
        return std::tie(batch);
    }
}

template <class D>
using ItemOf = std::remove_cvref_t<decltype(std::declval<const D&>().get(std::size_t{}))>;

/// The tuple that a tuple of references to parts becomes; void when there is something else among them.
template <class... T>
auto stacked(const std::tuple<T&...>&) {
    if constexpr ((Part<T> && ...))
        return std::type_identity<std::tuple<typename Stacked<std::remove_cv_t<T>>::type...>>{};
}
inline void stacked(std::false_type) {}

template <class D>
using StackedItem = decltype(stacked(parts(std::declval<const ItemOf<D>&>())));

/// A data set whose items can be put together.
template <class D>
concept Collatable = Dataset<D> && !std::is_void_v<StackedItem<D>>;

template <class D>
auto batch_type() {
    if constexpr (GatheringDataset<D>) {
        return std::type_identity<typename D::Batch>{};
    } else if constexpr (!Collatable<D>) {
        return std::type_identity<std::tuple<>>{};  // Loader says in words what is wrong
    } else if constexpr (Part<ItemOf<D>>) {
        return std::type_identity<typename Stacked<ItemOf<D>>::type>{};
    } else {
        return StackedItem<D>{};
    }
}

/// What a Loader gives: the data set's own Batch if it gathers; for items that are one array or number, their array;
/// otherwise a tuple of arrays, one for each part of an item.
template <class D>
using BatchOf = typename decltype(batch_type<D>())::type;

/// Where in a batch an item goes.
struct Slot {
    std::span<const std::int64_t> rows;
    std::size_t index;
    Location at;
};

[[noreturn]] void fail_shapes(const Slot& slot, std::size_t part, const Shape& first, const Shape& here);

template <class T>
void put(BasicArray<T>& column, const BasicArray<T>& part, std::size_t number, const Slot& slot) {
    const Shape& shape = part.shape();
    if (slot.index == 0) {
        Shape whole(shape.size() + 1);
        whole[0] = slot.rows.size();
        std::copy(shape.begin(), shape.end(), whole.begin() + 1);
        resize(column, whole);
    }
    const Shape& whole = column.shape();
    if (!std::equal(whole.begin() + 1, whole.end(), shape.begin(), shape.end())) {
        fail_shapes(slot, number, Shape(whole.begin() + 1, whole.end()), shape);
    }
    std::copy_n(part.data(), part.size(), column.data() + slot.index * part.size());
}

template <class T, class Number>
requires std::is_arithmetic_v<Number>
void put(BasicArray<T>& column, Number part, std::size_t, const Slot& slot) {
    if (slot.index == 0) resize(column, Shape{slot.rows.size()});
    column.data()[slot.index] = static_cast<T>(part);
}

/// Whether a data set's items can be put together, by itself or by collate().
template <class D>
concept Batchable = GatheringDataset<D> || Collatable<D>;

/// Fills the batch with the items of these rows, one after the other on the calling thread: get(i) is the user's.
/// Throws ShapeError when an array has not the shape of the first item's.
template <class D, class Batch>
void collate(const D& dataset, std::span<const std::int64_t> rows, Batch& batch, Location at) {
    for (std::size_t index = 0; index < rows.size(); ++index) {
        const Slot slot{rows, index, at};
        const auto& item = dataset.get(static_cast<std::size_t>(rows[index]));
        if constexpr (Part<ItemOf<D>>) {
            put(batch, item, 0, slot);
        } else {
            const auto from = parts(item);
            const auto put_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
                (put(std::get<I>(batch), std::get<I>(from), I, slot), ...);
            };
            put_all(std::make_index_sequence<std::tuple_size_v<Batch>>{});
        }
    }
}

/// Fills the batch with the items of these rows: by the data set's gather() where it has one.
template <class D>
void fill_batch(const D& dataset, std::span<const std::int64_t> rows, BatchOf<D>& batch, Location at) {
    if constexpr (GatheringDataset<D>) {
        dataset.gather(rows, batch);
    } else {
        collate(dataset, rows, batch, at);
    }
}

}  // namespace xtape::data::detail

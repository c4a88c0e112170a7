// Data sets put behind one another (concat) and beside one another (zip).
#pragma once

#include <xtape/data/collate.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/rows.hpp>
#include <xtape/data/subset.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::data {

namespace detail {

[[noreturn]] void fail_sizes(const char* who, std::span<const std::size_t> sizes);
[[noreturn]] void fail_part_shapes(std::size_t part, const Shape& first, const Shape& here);

/// Copies the rows of `piece` to the rows `places` of `batch`, which first gets its shape when `begin`.
template <class T>
void scatter(const BasicArray<T>& piece, std::span<const std::int64_t> places, bool begin, std::size_t part,
             std::size_t count, BasicArray<T>& batch) {
    const Shape whole = rows_shape(count, piece.shape());
    if (begin) resize(batch, whole);
    if (batch.shape() != whole) {
        fail_part_shapes(part, Shape(batch.shape().begin() + 1, batch.shape().end()),
                         Shape(whole.begin() + 1, whole.end()));
    }
    const std::size_t width = piece.size() / places.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
        std::copy_n(piece.data() + i * width, width, batch.data() + static_cast<std::size_t>(places[i]) * width);
    }
}

template <class First, class... Rest>
inline constexpr bool gather_alike = false;
template <GatheringDataset First, GatheringDataset... Rest>
inline constexpr bool gather_alike<First, Rest...> = (std::is_same_v<typename First::Batch, typename Rest::Batch> &&
                                                      ...);

struct Nothing {};

}  // namespace detail

/// The items of several data sets one after the other; made by concat(). Gathers when all of them do.
template <class First, class... Rest>
class Concat
    : public std::conditional_t<detail::gather_alike<First, Rest...>, detail::BatchLike<First>, detail::Nothing> {
    using Item = detail::ItemOf<First>;

public:
    explicit Concat(std::shared_ptr<const First> first, std::shared_ptr<const Rest>... rest)
        : sets_(std::move(first), std::move(rest)...) {
        std::size_t end = 0, part = 0;
        std::apply([&](const auto&... set) { ((ends_[part++] = end += static_cast<std::size_t>(set->size())), ...); },
                   sets_);
    }

    std::size_t size() const { return ends_.back(); }

    /// Throws ConfigError for i >= size().
    Item get(std::size_t i) const {
        detail::check_row("concat", i, size());
        return get_from<0>(i);
    }

    /// Fills the batch with the items of these rows. Throws ConfigError for a row outside 0 .. size()-1, ShapeError
    /// when items of one data set have another shape than those of another.
    template <class Batch>
    void gather(std::span<const std::int64_t> rows, Batch& batch) const requires detail::gather_alike<First, Rest...> {
        for (const std::int64_t row : rows) detail::checked_row("concat", row, size());
        if (rows.empty()) return std::get<0>(sets_)->gather(rows, batch);
        bool begin = true;
        const auto gather_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((begin = gather_from<I>(rows, begin, batch) && begin), ...);
        };
        gather_all(std::make_index_sequence<count>{});
    }

private:
    static constexpr std::size_t count = 1 + sizeof...(Rest);

    std::size_t begin_of(std::size_t part) const { return part == 0 ? 0 : ends_[part - 1]; }

    template <std::size_t I>
    Item get_from(std::size_t i) const {
        if constexpr (I + 1 < count) {
            if (i >= ends_[I]) return get_from<I + 1>(i);
        }
        return std::get<I>(sets_)->get(i - begin_of(I));
    }

    // Puts the rows that lie in data set I where they belong; false when there were some.
    template <std::size_t I, class Batch>
    bool gather_from(std::span<const std::int64_t> rows, bool begin, Batch& batch) const {
        detail::Rows here, places;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto row = static_cast<std::size_t>(rows[i]);
            if (row < begin_of(I) || row >= ends_[I]) continue;
            here.push_back(static_cast<std::int64_t>(row - begin_of(I)));
            places.push_back(static_cast<std::int64_t>(i));
        }
        if (here.empty()) return true;
        const auto& set = *std::get<I>(sets_);
        if (here.size() == rows.size()) {
            set.gather(here, batch);
            return false;
        }
        Batch piece;
        set.gather(here, piece);
        const auto from = detail::arrays_of(piece);
        const auto into = detail::arrays_of(batch);
        const auto scatter_all = [&]<std::size_t... P>(std::index_sequence<P...>) {
            (detail::scatter(std::get<P>(from), places, begin, P, rows.size(), std::get<P>(into)), ...);
        };
        scatter_all(std::make_index_sequence<std::tuple_size_v<decltype(from)>>{});
        return false;
    }

    std::tuple<std::shared_ptr<const First>, std::shared_ptr<const Rest>...> sets_;
    std::array<std::size_t, count> ends_{};  // rows of all data sets up to each, that one included
};

/// The items of several data sets one after the other. Their items must be of one type. The data sets are held; copies
/// share them.
template <class First, class... Rest>
auto concat(First&& first, Rest&&... rest) {
    static_assert((Dataset<std::remove_cvref_t<First>> && ... && Dataset<std::remove_cvref_t<Rest>>),
                  "xtape::data::concat needs data sets: types with `size() const` and `get(std::size_t i) const`");
    using Item = detail::ItemOf<std::remove_cvref_t<First>>;
    static_assert((std::is_same_v<Item, detail::ItemOf<std::remove_cvref_t<Rest>>> && ...),
                  "xtape::data::concat: the items of all data sets must be of one type");
    return Concat(std::make_shared<const std::remove_cvref_t<First>>(std::forward<First>(first)),
                  std::make_shared<const std::remove_cvref_t<Rest>>(std::forward<Rest>(rest))...);
}

namespace detail {

template <class Batch>
using ArraysIn = decltype(owned_parts(std::declval<Batch>()));

template <class A, class B>
struct ZipBatch {};
template <GatheringDataset A, GatheringDataset B>
struct ZipBatch<A, B> {
    using Batch = decltype(std::tuple_cat(std::declval<ArraysIn<typename A::Batch>>(),
                                          std::declval<ArraysIn<typename B::Batch>>()));
};

/// Lends arrays number Begin, Begin + 1, ... of a flat batch to a batch of one of the data sets in it, until the end of
/// the scope.
template <class Part, std::size_t Begin, class Whole>
class Lent {
public:
    explicit Lent(Whole& whole) : whole_(whole) { exchange(); }
    ~Lent() { exchange(); }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    Part part;

private:
    void exchange() {
        const auto arrays = arrays_of(part);
        const auto exchange_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
            (std::swap(std::get<I>(arrays), std::get<Begin + I>(whole_)), ...);
        };
        exchange_all(std::make_index_sequence<std::tuple_size_v<decltype(arrays)>>{});
    }
    Whole& whole_;
};

}  // namespace detail

/// Items that have the parts of an item of A and then those of the item of B in the same row; made by zip(). Gathers
/// when both do.
template <class A, class B>
class Zip : public detail::ZipBatch<A, B> {
public:
    Zip(std::shared_ptr<const A> a, std::shared_ptr<const B> b) : a_(std::move(a)), b_(std::move(b)) {
        const std::array sizes{static_cast<std::size_t>(a_->size()), static_cast<std::size_t>(b_->size())};
        if (sizes[0] != sizes[1]) detail::fail_sizes("zip", sizes);
    }

    std::size_t size() const { return static_cast<std::size_t>(a_->size()); }

    /// A tuple of all parts. Throws ConfigError for i >= size().
    auto get(std::size_t i) const {
        detail::check_row("zip", i, size());
        return std::tuple_cat(detail::owned_parts<detail::ItemOf<A>>(a_->get(i)),
                              detail::owned_parts<detail::ItemOf<B>>(b_->get(i)));
    }

    /// Fills the batch with the items of these rows.
    template <class Batch>
    void gather(std::span<const std::int64_t> rows, Batch& batch) const
        requires(GatheringDataset<A>&& GatheringDataset<B>) {
        detail::Lent<typename A::Batch, 0, Batch> a(batch);
        a_->gather(rows, a.part);
        detail::Lent<typename B::Batch, std::tuple_size_v<detail::ArraysIn<typename A::Batch>>, Batch> b(batch);
        b_->gather(rows, b.part);
    }

private:
    std::shared_ptr<const A> a_;
    std::shared_ptr<const B> b_;
};

/// Data sets of one size row by row: an item is a tuple of the parts of their items. The data sets are held; copies
/// share them. Throws ConfigError when the sizes differ.
template <class A, class B, class... More>
auto zip(A&& a, B&& b, More&&... more) {
    using SetA = std::remove_cvref_t<A>;
    using SetB = std::remove_cvref_t<B>;
    static_assert(Dataset<SetA> && Dataset<SetB>,
                  "xtape::data::zip needs data sets: types with `size() const` and `get(std::size_t i) const`");
    static_assert(detail::Batchable<SetA> && detail::Batchable<SetB>,
                  "xtape::data::zip: items must be an array, a number, or a tuple, pair or plain struct of these");
    const auto both = Zip<SetA, SetB>(std::make_shared<const SetA>(std::forward<A>(a)),
                                      std::make_shared<const SetB>(std::forward<B>(b)));
    if constexpr (sizeof...(More) == 0) {
        return both;
    } else {
        return zip(both, std::forward<More>(more)...);
    }
}

}  // namespace xtape::data

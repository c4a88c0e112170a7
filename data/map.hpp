// Items of a data set changed as they are asked for (map), or kept once they have been (cache).
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/data/collate.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/rows.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::data {

namespace detail {

/// f(item), or f(part, part, ...) of an item that is a tuple or a pair.
template <class F, class Item>
decltype(auto) call_with_item(const F& f, Item&& item) {
    if constexpr (std::is_invocable_v<const F&, Item>) {
        return f(std::forward<Item>(item));
    } else {
        return std::apply(f, std::forward<Item>(item));
    }
}

template <class F, class Item>
inline constexpr bool takes_parts = false;
template <class F, class... Part>
inline constexpr bool takes_parts<F, std::tuple<Part...>> = std::is_invocable_v<const F&, Part...>;
template <class F, class A, class B>
inline constexpr bool takes_parts<F, std::pair<A, B>> = std::is_invocable_v<const F&, A, B>;

}  // namespace detail

/// The items f makes of those of a data set, each anew whenever it is asked for; made by map().
template <class D, class F>
class Mapped {
public:
    Mapped(std::shared_ptr<const D> whole, F f)
        : whole_(std::move(whole)), f_(std::make_shared<const F>(std::move(f))) {}

    std::size_t size() const { return static_cast<std::size_t>(whole_->size()); }

    /// By value: what f returns may point into its argument, which ends here.
    auto get(std::size_t i) const { return detail::call_with_item(*f_, whole_->get(i)); }

private:
    std::shared_ptr<const D> whole_;
    std::shared_ptr<const F> f_;
};

/// The data set of the items f(item), each made whenever it is asked for. f takes an item, or the parts of an item that
/// is a tuple or a pair: `[](const Array& x, std::int64_t y) { ... }`; it is called from a loader's workers, so as
/// const and perhaps by several threads at a time. Random numbers f takes from random::next_stream() are a loader's for
/// the batch: the same for any number of workers, others in each epoch. The data set is held; copies share it and f.
template <class D, class F>
auto map(D&& dataset, F f) {
    using Set = std::remove_cvref_t<D>;
    static_assert(Dataset<Set>,
                  "xtape::data::map needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    using Given = decltype(std::declval<const Set&>().get(std::size_t{}));
    static_assert(
        std::is_invocable_v<const F&, Given> || detail::takes_parts<F, std::remove_cvref_t<Given>>,
        "xtape::data::map: f must take an item of the data set, or the parts of an item that is a tuple or pair");
    return Mapped<Set, F>(std::make_shared<const Set>(std::forward<D>(dataset)), std::move(f));
}

/// The items of a data set, each kept in memory once it has been asked for; made by cache().
template <class D>
class Cached {
public:
    using Item = detail::ItemOf<D>;

    explicit Cached(std::shared_ptr<const D> whole) : kept_(std::make_shared<Kept>(std::move(whole))) {}

    std::size_t size() const { return kept_->items.size(); }

    /// The item, valid while this data set or a copy of it lives. Throws ConfigError for i >= size(); what making an
    /// item throws is not kept.
    const Item& get(std::size_t i) const {
        detail::check_row("cache", i, size());
        Place& place = kept_->items[i];
        if (!place.ready.load(std::memory_order_acquire)) make(place, i);
        return *place.item;
    }

private:
    struct Place {
        std::atomic<bool> ready{false};
        std::optional<Item> item;
    };
    struct Kept {
        explicit Kept(std::shared_ptr<const D> set)
            : whole(std::move(set)), items(static_cast<std::size_t>(whole->size())) {}
        std::shared_ptr<const D> whole;
        random::Stream stream = random::next_stream();
        std::vector<Place> items;
        std::array<std::mutex, 64> locks;  // item i is made under lock i % 64
    };

    void make(Place& place, std::size_t i) const {
        const std::lock_guard lock(kept_->locks[i % kept_->locks.size()]);
        if (place.ready.load(std::memory_order_relaxed)) return;
        random::Stream own = kept_->stream;
        own.skip(2 * i);
        const std::uint64_t high = own.bits();
        const random::Rewind numbering({.seed = high << 32 | own.bits(), .next_stream = 0});
        place.item.emplace(kept_->whole->get(i));
        place.ready.store(true, std::memory_order_release);
    }

    std::shared_ptr<Kept> kept_;
};

/// The items of a data set, each made when it is first asked for and then kept, as for images that are decoded. Random
/// numbers that are taken while item i is made depend only on i and on the stream of the process-wide seed that this
/// call takes, never on who asks first. The data set is held; copies share it and what has been kept. May be used by
/// several threads when the data set may.
template <class D>
auto cache(D&& dataset) {
    using Set = std::remove_cvref_t<D>;
    static_assert(Dataset<Set>,
                  "xtape::data::cache needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    return Cached<Set>(std::make_shared<const Set>(std::forward<D>(dataset)));
}

}  // namespace xtape::data

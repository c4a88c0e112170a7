// Minibatches of a data set.
#pragma once

#include <xtape/data/batches.hpp>

#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

namespace xtape::data {

/// A range of batches, to be iterated any number of times; each begin() is a new epoch:
///
///     for (const auto& [x, y] : data::Loader{train, {.batch_size = 32, .shuffle = true}}) ...
///
/// TensorDataset: x (B, ...), y (B) labels. Any other data set: see detail::BatchOf. A batch is valid until the next
/// one is asked for; copy what has to stay. A data set given by name is referred to and must outlive the loader; a
/// temporary is kept. Iterating throws ShapeError when the shapes of the items differ, and whatever the data set and
/// the sampler throw, on the iterating thread and where the batch would have come; the epoch then ends.
///
/// The batches depend on the seed only, neither on the number of threads nor on `prefetch` and `workers`. With
/// `prefetch`, get() and gather() run in the background, with several `workers` also at the same time. What the data
/// set takes from random::next_stream() while a batch is made is numbered for this batch alone.
///
/// A loader is used by one thread at a time. One in the middle of an epoch must not be moved or assigned to; a copy of
/// it is behind that epoch.
template <class D>
class Loader {
    using Set = std::remove_cvref_t<D>;
    static_assert(Dataset<Set>,
                  "xtape::data::Loader needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    static_assert(
        !Dataset<Set> || detail::Batchable<Set>,
        "xtape::data::Loader: get(i) must return an array, a number, or a tuple, pair or plain struct of up to 4 "
        "arrays and numbers");

public:
    using Batch = detail::BatchOf<Set>;

    /// A place in an epoch, which ends with it.
    class Iterator {
    public:
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;

        const Batch& operator*() const { return *batch_; }
        const Batch* operator->() const { return batch_; }
        Iterator& operator++() {
            batch_ = nullptr;
            batch_ = epoch_.next();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return batch_ == nullptr; }

    private:
        friend Loader;
        explicit Iterator(const Loader& loader) : epoch_(loader.loading_, loader.view()), batch_(epoch_.next()) {}

        typename detail::Loading<Batch>::Epoch epoch_;
        const Batch* batch_;  // null at the end
    };

    /// Throws ConfigError for a batch size of 0, for both shuffle and a sampler, and what a sampler throws that does
    /// not fit the data set.
    explicit Loader(std::type_identity_t<D> dataset, LoaderOptions options = {}, Location at = Location::current())
        : dataset_(std::forward<D>(dataset)), loading_(std::move(options), size(), at) {}

    /// Draws the order of a new epoch and loads its first batch; after load_state() of a state in the middle of an
    /// epoch, goes on with that one. The loader must outlive the iterator.
    Iterator begin() const { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

    /// The same without iterators:
    ///
    ///     loader.begin_epoch();
    ///     while (const auto* batch = loader.next()) ...
    ///
    /// begin_epoch() begins an epoch as begin() does, but loads nothing; one that it began before is left.
    void begin_epoch() { loading_.begin_epoch(view()); }

    /// The next batch of the epoch that begin_epoch() began, valid until the next call; null when it has no more, and
    /// when there is no such epoch.
    const Batch* next() { return loading_.next(); }

    /// Number of batches in an epoch.
    std::size_t batches() const { return loading_.batches(size()); }

    /// Where the iteration is: which epoch, counted from 0, and which batch comes next in it. What has been prepared
    /// and not been given does not count. When all batches of an epoch have been given, batch is their number, until
    /// the next one is asked for and there is none: then the epoch is over, and this is the next one, not begun.
    LoaderState state() const { return loading_.state(size()); }

    /// Goes to the place of a state that a loader with the same data set and options gave, in this process or another:
    /// the next begin() continues there with the same rows. Epochs behind that one continue as well if the options have
    /// a seed, or if random::set_state() restores the process-wide one. Throws ConfigError when the state has another
    /// number of rows, batch size, seed or order.
    void load_state(const LoaderState& state, Location at = Location::current()) {
        loading_.load_state(state, size(), at);
    }

private:
    std::size_t size() const { return static_cast<std::size_t>(dataset_.size()); }

    detail::DatasetView<Batch> view() const { return detail::view_of(dataset_); }

    D dataset_;
    mutable detail::Loading<Batch> loading_;
};

namespace detail {
template <class T>
inline constexpr bool is_loader = false;
template <class D>
inline constexpr bool is_loader<Loader<D>> = true;
}  // namespace detail

template <class D>
requires(!detail::is_loader<std::remove_cvref_t<D>>) Loader(D&&, LoaderOptions = {}, Location = {})
->Loader<std::conditional_t<std::is_lvalue_reference_v<D>, const std::remove_cvref_t<D>&, std::remove_cvref_t<D>>>;

}  // namespace xtape::data

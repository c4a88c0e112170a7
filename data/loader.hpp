// Minibatches of a data set.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/data/collate.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/loader_state.hpp>
#include <xtape/data/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::data {

namespace detail {

/// The batches of one epoch after another, prepared by workers or by the thread that asks for them. Buffers and workers
/// stay from epoch to epoch.
template <class Set>
class Batches {
public:
    using Batch = BatchOf<Set>;

    Batches(std::size_t workers, std::size_t ahead) : workers_(workers), ahead_(ahead), prefetcher_(workers, ahead) {
        batches_.resize(prefetcher_.places());
    }

    bool made_for(std::size_t workers, std::size_t ahead) const { return workers == workers_ && ahead == ahead_; }

    /// The epoch that `state` tells, of these rows in this order; its batches from state.batch to end - 1.
    void begin(const Set& dataset, IndexArray order, const LoaderState& state, std::size_t end, Location at) {
        dataset_ = &dataset;
        order_ = std::move(order);
        state_ = state;
        at_ = at;
        prefetcher_.begin(static_cast<std::size_t>(state.batch), end, xtape::detail::BlockFunction(fill_));
    }

    /// The next batch, which is that number. Throws what making it threw.
    const Batch& take(std::size_t number) {
        prefetcher_.take();
        return buffer(number);
    }

    void stop() noexcept {
        prefetcher_.stop();
        order_.reset();  // so that the next epoch's takes its memory
    }

private:
    struct Fill {
        Batches* self;
        void operator()(std::size_t number) const { self->fill(number); }
    };

    void fill(std::size_t number) {
        const random::Rewind numbering(batch_numbering(state_, number));
        const std::size_t size = static_cast<std::size_t>(state_.batch_size), begin = number * size;
        const std::span<const std::int64_t> rows(order_->data() + begin, std::min(size, order_->size() - begin));
        fill_batch(*dataset_, rows, buffer(number), at_);
    }

    // A shorter batch, the last of an epoch, has a buffer of its own, so that none ever changes its shape.
    Batch& buffer(std::size_t number) {
        const bool whole = (number + 1) * static_cast<std::size_t>(state_.batch_size) <= order_->size();
        return whole ? batches_[number % batches_.size()] : short_;
    }

    const Set* dataset_ = nullptr;
    std::optional<IndexArray> order_;
    LoaderState state_;
    Location at_;
    Fill fill_{this};
    std::size_t workers_, ahead_;
    std::vector<Batch> batches_;
    Batch short_;
    Prefetcher prefetcher_;  // last, so that no worker fills what is destroyed
};

/// A pointer that is not copied or moved with the object it is in: to something that belongs to this one object.
template <class T>
struct Unshared : std::unique_ptr<T> {
    Unshared() = default;
    Unshared(const Unshared&) : std::unique_ptr<T>() {}
    Unshared& operator=(const Unshared&) { return *this = std::unique_ptr<T>(); }
    Unshared& operator=(std::unique_ptr<T> other) {
        std::unique_ptr<T>::operator=(std::move(other));
        return *this;
    }
};

}  // namespace detail

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
    using Batches = detail::Batches<Set>;

public:
    using Batch = detail::BatchOf<Set>;

private:
    /// An epoch that has begun. Ends, and drops what is prepared for it, with this object.
    class Epoch {
    public:
        explicit Epoch(const Loader& loader) : loader_(&loader) {
            const std::size_t size = loader.size();
            IndexArray order = loader.epochs_.begin(size);
            state_ = loader.epochs_.running();
            end_ = loader.epochs_.batches(size);
            batches_ = loader.idle_batches();
            batches_->begin(loader.dataset_, std::move(order), state_, end_, loader.at_);
        }
        Epoch(Epoch&&) = default;
        Epoch& operator=(Epoch&& other) noexcept {
            std::swap(loader_, other.loader_);
            std::swap(batches_, other.batches_);
            std::swap(state_, other.state_);
            std::swap(end_, other.end_);
            return *this;
        }
        ~Epoch() { finish(); }

        /// Null at the end, and after an exception.
        const Batch* next() {
            if (!batches_) return nullptr;
            if (state_.batch == end_) {
                loader_->epochs_.set_state({.epoch = state_.epoch + 1});
                finish();
                return nullptr;
            }
            try {
                const Batch* batch = &batches_->take(static_cast<std::size_t>(state_.batch));
                ++state_.batch;
                loader_->epochs_.set_state(state_);
                return batch;
            } catch (...) {
                finish();
                throw;
            }
        }

    private:
        void finish() noexcept {
            if (!batches_) return;
            batches_->stop();
            loader_->idle_ = std::move(batches_);
        }

        const Loader* loader_;
        std::unique_ptr<Batches> batches_;
        LoaderState state_;
        std::size_t end_ = 0;
    };

public:
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
        explicit Iterator(const Loader& loader) : epoch_(loader), batch_(epoch_.next()) {}

        Epoch epoch_;
        const Batch* batch_;  // null at the end
    };

    /// Throws ConfigError for a batch size of 0, for both shuffle and a sampler, and what a sampler throws that does
    /// not fit the data set.
    explicit Loader(std::type_identity_t<D> dataset, LoaderOptions options = {}, Location at = Location::current())
        : dataset_(std::forward<D>(dataset)), epochs_(std::move(options), size(), at), at_(at) {}

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
    void begin_epoch() {
        current_.reset();
        current_ = std::make_unique<Epoch>(*this);
    }

    /// The next batch of the epoch that begin_epoch() began, valid until the next call; null when it has no more, and
    /// when there is no such epoch.
    const Batch* next() { return current_ ? current_->next() : nullptr; }

    /// Number of batches in an epoch.
    std::size_t batches() const { return epochs_.batches(size()); }

    /// Where the iteration is: which epoch, counted from 0, and which batch comes next in it. What has been prepared
    /// and not been given does not count. When all batches of an epoch have been given, batch is their number, until
    /// the next one is asked for and there is none: then the epoch is over, and this is the next one, not begun.
    LoaderState state() const { return epochs_.state(size()); }

    /// Goes to the place of a state that a loader with the same data set and options gave, in this process or another:
    /// the next begin() continues there with the same rows. Epochs behind that one continue as well if the options have
    /// a seed, or if random::set_state() restores the process-wide one. Throws ConfigError when the state has another
    /// number of rows, batch size, seed or order.
    void load_state(const LoaderState& state, Location at = Location::current()) {
        epochs_.load(state, size(), at);
        current_.reset();
    }

private:
    std::size_t size() const { return static_cast<std::size_t>(dataset_.size()); }

    std::unique_ptr<Batches> idle_batches() const {
        const LoaderOptions& options = epochs_.options();
        const std::size_t ahead = std::min(options.prefetch, batches());
        const std::size_t workers = detail::workers_for(std::min(options.workers, ahead));
        if (idle_ && idle_->made_for(workers, ahead)) return std::move(idle_);
        return std::make_unique<Batches>(workers, ahead);
    }

    D dataset_;
    mutable detail::Epochs epochs_;
    Location at_;
    mutable detail::Unshared<Batches> idle_;  // buffers and workers between epochs
    detail::Unshared<Epoch> current_;         // of begin_epoch()
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

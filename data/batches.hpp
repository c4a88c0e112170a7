// What a Loader is below its data set's type: programs load many data sets, but few types of batches.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/data/collate.hpp>
#include <xtape/data/loader_state.hpp>
#include <xtape/data/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace xtape::data::detail {

/// A data set that somebody else keeps, as batches see it.
template <class Batch>
struct DatasetView {
    using Rows = std::span<const std::int64_t>;

    const void* dataset;
    std::size_t (*count)(const void* dataset);
    void (*fill_with)(const void* dataset, Rows rows, Batch& batch, Location at);

    std::size_t size() const { return count(dataset); }
    void fill(Rows rows, Batch& batch, Location at) const { fill_with(dataset, rows, batch, at); }
};

template <Dataset D>
DatasetView<BatchOf<D>> view_of(const D& dataset) {
    static_assert(Batchable<D>,
                  "xtape::data::Loader: get(i) must return an array, a number, or a tuple, pair or plain struct of up to 4 "
                  "arrays and numbers");
    using View = DatasetView<BatchOf<D>>;
    return {&dataset,
            [](const void* set) { return static_cast<std::size_t>(static_cast<const D*>(set)->size()); },
            [](const void* set, typename View::Rows rows, BatchOf<D>& batch, Location at) {
                fill_batch(*static_cast<const D*>(set), rows, batch, at);
            }};
}

/// The batches of one epoch after another, prepared by workers or by the thread that asks for them. Buffers and workers
/// stay from epoch to epoch.
template <class Batch>
class Batches {
public:
    Batches(std::size_t workers, std::size_t ahead);

    bool made_for(std::size_t workers, std::size_t ahead) const { return workers == workers_ && ahead == ahead_; }

    /// The epoch that `state` tells, of these rows in this order; its batches from state.batch to end - 1.
    void begin(const DatasetView<Batch>& dataset, IndexArray order, const LoaderState& state, std::size_t end,
               Location at);

    /// The next batch, which is that number. Throws what making it threw.
    const Batch& take(std::size_t number);

    void stop() noexcept;

private:
    struct Fill {
        Batches* self;
        void operator()(std::size_t number) const { self->fill(number); }
    };

    void fill(std::size_t number);
    Batch& buffer(std::size_t number);

    DatasetView<Batch> dataset_{};
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

/// Options and place of a Loader, whose members (see there) these are. The data set may stand elsewhere at each call.
template <class Batch>
class Loading {
    using View = DatasetView<Batch>;

public:
    /// An epoch that has begun. Ends, and drops what is prepared for it, with this object.
    class Epoch {
    public:
        Epoch(Loading& loading, const View& dataset);
        Epoch(Epoch&&) = default;
        Epoch& operator=(Epoch&& other) noexcept;
        ~Epoch();

        /// Null at the end, and after an exception.
        const Batch* next();

    private:
        void finish() noexcept;

        Loading* loading_;
        std::unique_ptr<Batches<Batch>> batches_;
        LoaderState state_;
        std::size_t end_ = 0;
    };

    Loading(LoaderOptions options, std::size_t size, Location at);
    Loading(const Loading&) = default;
    Loading& operator=(const Loading&) = default;
    ~Loading();

    void begin_epoch(const View& dataset);
    const Batch* next() { return current_ ? current_->next() : nullptr; }
    std::size_t batches(std::size_t size) const { return epochs_.batches(size); }
    LoaderState state(std::size_t size) const { return epochs_.state(size); }
    void load_state(const LoaderState& state, std::size_t size, Location at);

private:
    std::unique_ptr<Batches<Batch>> idle_batches(std::size_t size);

    Epochs epochs_;
    Location at_;
    Unshared<Batches<Batch>> idle_;  // buffers and workers between epochs
    Unshared<Epoch> current_;        // of begin_epoch()
};

template <class Batch>
Batches<Batch>::Batches(std::size_t workers, std::size_t ahead)
    : workers_(workers), ahead_(ahead), prefetcher_(workers, ahead) {
    batches_.resize(prefetcher_.places());
}

template <class Batch>
void Batches<Batch>::begin(const DatasetView<Batch>& dataset, IndexArray order, const LoaderState& state,
                           std::size_t end, Location at) {
    dataset_ = dataset;
    order_ = std::move(order);
    state_ = state;
    at_ = at;
    prefetcher_.begin(static_cast<std::size_t>(state.batch), end, xtape::detail::BlockFunction(fill_));
}

template <class Batch>
const Batch& Batches<Batch>::take(std::size_t number) {
    prefetcher_.take();
    return buffer(number);
}

template <class Batch>
void Batches<Batch>::stop() noexcept {
    prefetcher_.stop();
    order_.reset();  // so that the next epoch's takes its memory
}

template <class Batch>
void Batches<Batch>::fill(std::size_t number) {
    const random::Rewind numbering(batch_numbering(state_, number));
    const std::size_t size = static_cast<std::size_t>(state_.batch_size), begin = number * size;
    dataset_.fill({order_->data() + begin, std::min(size, order_->size() - begin)}, buffer(number), at_);
}

// A shorter batch, the last of an epoch, has a buffer of its own, so that none ever changes its shape.
template <class Batch>
Batch& Batches<Batch>::buffer(std::size_t number) {
    const bool whole = (number + 1) * static_cast<std::size_t>(state_.batch_size) <= order_->size();
    return whole ? batches_[number % batches_.size()] : short_;
}

template <class Batch>
Loading<Batch>::Epoch::Epoch(Loading& loading, const View& dataset) : loading_(&loading) {
    const std::size_t size = dataset.size();
    IndexArray order = loading.epochs_.begin(size);
    state_ = loading.epochs_.running();
    end_ = loading.epochs_.batches(size);
    batches_ = loading.idle_batches(size);
    batches_->begin(dataset, std::move(order), state_, end_, loading.at_);
}

template <class Batch>
Loading<Batch>::Loading(LoaderOptions options, std::size_t size, Location at)
    : epochs_(std::move(options), size, at), at_(at) {}

template <class Batch>
Loading<Batch>::~Loading() = default;

template <class Batch>
typename Loading<Batch>::Epoch& Loading<Batch>::Epoch::operator=(Epoch&& other) noexcept {
    std::swap(loading_, other.loading_);
    std::swap(batches_, other.batches_);
    std::swap(state_, other.state_);
    std::swap(end_, other.end_);
    return *this;
}

template <class Batch>
Loading<Batch>::Epoch::~Epoch() {
    finish();
}

template <class Batch>
const Batch* Loading<Batch>::Epoch::next() {
    if (!batches_) return nullptr;
    if (state_.batch == end_) {
        loading_->epochs_.set_state({.epoch = state_.epoch + 1});
        finish();
        return nullptr;
    }
    try {
        const Batch* batch = &batches_->take(static_cast<std::size_t>(state_.batch));
        ++state_.batch;
        loading_->epochs_.set_state(state_);
        return batch;
    } catch (...) {
        finish();
        throw;
    }
}

template <class Batch>
void Loading<Batch>::Epoch::finish() noexcept {
    if (!batches_) return;
    batches_->stop();
    loading_->idle_ = std::move(batches_);
}

template <class Batch>
void Loading<Batch>::begin_epoch(const View& dataset) {
    current_.reset();
    current_ = std::make_unique<Epoch>(*this, dataset);
}

template <class Batch>
void Loading<Batch>::load_state(const LoaderState& state, std::size_t size, Location at) {
    epochs_.load(state, size, at);
    current_.reset();
}

template <class Batch>
std::unique_ptr<Batches<Batch>> Loading<Batch>::idle_batches(std::size_t size) {
    const LoaderOptions& options = epochs_.options();
    const std::size_t ahead = std::min(options.prefetch, batches(size));
    const std::size_t workers = workers_for(std::min(options.workers, ahead));
    if (idle_ && idle_->made_for(workers, ahead)) return std::move(idle_);
    return std::make_unique<Batches<Batch>>(workers, ahead);
}

// What most data sets give: inputs with labels, inputs with outputs, inputs.
extern template class Batches<std::tuple<Array, IndexArray>>;
extern template class Batches<std::tuple<Array, Array>>;
extern template class Batches<Array>;
extern template class Loading<std::tuple<Array, IndexArray>>;
extern template class Loading<std::tuple<Array, Array>>;
extern template class Loading<Array>;

}  // namespace xtape::data::detail

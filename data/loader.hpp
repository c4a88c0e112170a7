// Minibatches of a data set.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/data/collate.hpp>
#include <xtape/data/dataset.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>

namespace xtape::data {

struct LoaderOptions {
    std::size_t batch_size = 32;
    bool shuffle = false;    ///< a new random order for every epoch, otherwise rows in order
    bool drop_last = false;  ///< leave out a last batch that is shorter than batch_size
};

namespace detail {
/// Throws ConfigError for options out of range.
void check(const LoaderOptions& options, Location at);
/// The rows of one epoch in the order in which they come; a shuffled one takes the next stream of the process-wide
/// seed.
IndexArray epoch_order(std::size_t size, bool shuffle);
}  // namespace detail

/// A range of batches, to be iterated any number of times; each begin() is a new epoch:
///
///     for (const auto& [x, y] : data::Loader{train, {.batch_size = 32, .shuffle = true}}) ...
///
/// TensorDataset: x (B, ...), y (B) labels. Any other data set: see detail::BatchOf. A batch is valid until the next
/// one is asked for; copy what has to stay. A data set given by name is referred to and must outlive the loader; a
/// temporary is kept. Iterating throws ShapeError when the shapes of the items differ, and whatever the data set
/// throws.
template <class D>
class Loader {
    using Set = std::remove_cvref_t<D>;
    static_assert(Dataset<Set>,
                  "xtape::data::Loader needs a data set: a type with `size() const` and `get(std::size_t i) const`");
    static_assert(
        !Dataset<Set> || GatheringDataset<Set> || detail::Collatable<Set>,
        "xtape::data::Loader: get(i) must return an array, a number, or a tuple, pair or plain struct of up to 4 "
        "arrays and numbers");

public:
    using Batch = detail::BatchOf<Set>;

    class Iterator {
    public:
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;

        const Batch& operator*() const { return batch_; }
        const Batch* operator->() const { return &batch_; }
        Iterator& operator++() {
            load();
            return *this;
        }
        void operator++(int) { load(); }
        bool operator==(std::default_sentinel_t) const { return done_; }

    private:
        friend Loader;
        explicit Iterator(const Loader& loader)
            : loader_(&loader),
              order_(detail::epoch_order(static_cast<std::size_t>(loader.dataset_.size()), loader.options_.shuffle)) {
            load();
        }

        void load() {
            const std::size_t left = order_.size() - position_;
            const LoaderOptions& options = loader_->options_;
            done_ = left == 0 || (options.drop_last && left < options.batch_size);
            if (done_) return;
            const std::span<const std::int64_t> rows(order_.data() + position_, std::min(left, options.batch_size));
            if constexpr (GatheringDataset<Set>) {
                loader_->dataset_.gather(rows, batch_);
            } else {
                detail::collate<Set>(loader_->dataset_, rows, batch_, loader_->at_);
            }
            position_ += rows.size();
        }

        const Loader* loader_;
        IndexArray order_;
        std::size_t position_ = 0;  // rows of this epoch already given
        Batch batch_;
        bool done_ = false;
    };

    /// Throws ConfigError when batch_size is 0.
    explicit Loader(std::type_identity_t<D> dataset, LoaderOptions options = {}, Location at = Location::current())
        : dataset_(std::forward<D>(dataset)), options_(options), at_(at) {
        detail::check(options_, at);
    }

    /// Draws the order of a new epoch and loads its first batch. The loader must outlive the iterator.
    Iterator begin() const { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

    /// Number of batches in an epoch.
    std::size_t batches() const {
        const auto size = static_cast<std::size_t>(dataset_.size());
        return size / options_.batch_size + (size % options_.batch_size != 0 && !options_.drop_last ? 1 : 0);
    }

private:
    D dataset_;
    LoaderOptions options_;
    Location at_;
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

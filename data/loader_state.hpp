// Where a loader is in its epochs, and what it takes to go on from there.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/data/sampler.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace xtape::data {

struct LoaderOptions {
    std::size_t batch_size = 32;
    bool shuffle = false;    ///< a new random order for every epoch, otherwise rows in order
    bool drop_last = false;  ///< leave out a last batch that is shorter than batch_size
    /// Orders follow from this seed and the number of the epoch alone; otherwise each random one takes the next stream
    /// of the process-wide seed.
    std::optional<std::uint64_t> seed = {};
    Sampler sampler = {};      ///< which rows an epoch has, in place of `shuffle`
    std::size_t prefetch = 0;  ///< batches prepared ahead in the background, and kept beside the current one
    std::size_t workers = 1;   ///< threads that prepare them, at most threads() - 1; the data set must allow it
};

/// Where a loader is: all numbers, so that they can be saved and restored anywhere. The order of the rows is not among
/// them, but follows from the numbers.
struct LoaderState {
    std::uint64_t epoch = 0;       ///< the epoch that is running, or begins next
    bool begun = false;            ///< whether it is running: its order is drawn
    std::uint64_t batch = 0;       ///< its next batch
    std::uint64_t seed = 0;        ///< the order of a running epoch comes from this seed
    std::uint64_t stream = 0;      ///< and its stream of this number
    std::uint64_t rows = 0;        ///< rows of an epoch
    std::uint64_t batch_size = 0;  ///< rows of a batch
    std::uint64_t checksum = 0;    ///< of the rows of a running epoch in their order
    friend bool operator==(const LoaderState&, const LoaderState&) = default;
};

namespace detail {

/// The epochs of a loader, whatever its data set is.
class Epochs {
public:
    /// Throws ConfigError for options out of range, also for a sampler that does not fit a data set of that size.
    Epochs(LoaderOptions options, std::size_t size, Location at);

    const LoaderOptions& options() const { return options_; }

    /// Number of rows and of batches in an epoch over a data set of that size.
    std::size_t rows(std::size_t size) const;
    std::size_t batches(std::size_t size) const;

    /// The rows of the epoch that begins now, or goes on after load(). The state then says where it begins.
    IndexArray begin(std::size_t size);

    /// Of the epoch that begin() began.
    const LoaderState& running() const { return state_; }

    LoaderState state(std::size_t size) const;
    void set_state(const LoaderState& state) { state_ = state; }  ///< as an epoch proceeds

    /// Checks a state that somebody kept. begin() will then go on there.
    void load(const LoaderState& state, std::size_t size, Location at);

private:
    bool draws() const { return options_.sampler ? options_.sampler.random() : options_.shuffle; }
    IndexArray order(std::size_t size, const LoaderState& state) const;

    LoaderOptions options_;
    LoaderState state_;
    bool resumed_ = false;  // the next begin() goes on with a running epoch
};

/// What random::next_stream() counts from while a batch is made: another numbering for each batch of each epoch.
random::State batch_numbering(const LoaderState& state, std::size_t batch);

}  // namespace detail
}  // namespace xtape::data

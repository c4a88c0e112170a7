#include <xtape/data/loader_state.hpp>

#include <string>
#include <utility>

namespace xtape::data::detail {

namespace {

// Streams of a loader's own seed and positions in a stream that nothing else reaches.
constexpr std::uint64_t own_streams = std::uint64_t{1} << 63;
constexpr std::uint64_t batch_positions = std::uint64_t{1} << 63;

// FNV-1a (Fowler, Noll, Vo), a row at a time.
std::uint64_t checksum_of(const IndexArray& order) {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const std::int64_t row : order) sum = (sum ^ static_cast<std::uint64_t>(row)) * 0x100000001b3;
    return sum;
}

std::string described(std::uint64_t rows, std::uint64_t batch_size) {
    return std::to_string(rows) + " rows in batches of " + std::to_string(batch_size);
}

}  // namespace

Epochs::Epochs(LoaderOptions options, std::size_t size, Location at) : options_(std::move(options)) {
    if (options_.batch_size == 0) throw ConfigError("Loader: expected a batch size of at least 1, got 0", at);
    if (options_.shuffle && options_.sampler) throw ConfigError("Loader: expected shuffle or a sampler, got both", at);
    rows(size);
}

std::size_t Epochs::rows(std::size_t size) const { return options_.sampler ? options_.sampler.count(size) : size; }

std::size_t Epochs::batches(std::size_t size) const {
    const std::size_t count = rows(size);
    return count / options_.batch_size + (count % options_.batch_size != 0 && !options_.drop_last ? 1 : 0);
}

IndexArray Epochs::order(std::size_t size, const LoaderState& state) const {
    const random::Stream stream(state.seed, state.stream);
    if (options_.sampler) return options_.sampler.rows(size, stream);
    return options_.shuffle ? RandomSampler{}(size, stream) : SequentialSampler{}(size, stream);
}

IndexArray Epochs::begin(std::size_t size) {
    const bool resumed = std::exchange(resumed_, false);
    if (state_.begun && !resumed) state_ = {.epoch = state_.epoch + 1};  // the one before was left in the middle
    if (!state_.begun) {
        state_.begun = true;
        if (options_.seed) {
            state_.seed = *options_.seed;
            state_.stream = own_streams | state_.epoch;
        } else if (draws()) {
            const random::Stream stream = random::next_stream();
            state_.seed = stream.seed();
            state_.stream = stream.number();
        } else {
            const random::State now = random::state();
            state_.seed = now.seed;
            state_.stream = now.next_stream;
        }
    }
    IndexArray rows = order(size, state_);
    state_.rows = rows.size();
    state_.batch_size = options_.batch_size;
    state_.checksum = checksum_of(rows);
    return rows;
}

LoaderState Epochs::state(std::size_t size) const {
    if (state_.begun) return state_;
    LoaderState before = {.epoch = state_.epoch};
    if (options_.seed) before.seed = *options_.seed;
    before.rows = rows(size);
    before.batch_size = options_.batch_size;
    return before;
}

void Epochs::load(const LoaderState& state, std::size_t size, Location at) {
    const std::string wanted = described(rows(size), options_.batch_size),
                      got = described(state.rows, state.batch_size);
    if (wanted != got)
        throw ConfigError("Loader::load_state: expected the state of " + wanted + ", got that of " + got, at);
    if (options_.seed && *options_.seed != state.seed) {
        throw ConfigError("Loader::load_state: expected the state of a loader with seed " +
                              std::to_string(*options_.seed) + ", got seed " + std::to_string(state.seed),
                          at);
    }
    if (state.batch > (state.begun ? batches(size) : 0)) {
        throw ConfigError("Loader::load_state: expected at most " + std::to_string(state.begun ? batches(size) : 0) +
                              " batches to have been given, got " + std::to_string(state.batch),
                          at);
    }
    if (state.begun && checksum_of(order(size, state)) != state.checksum) {
        throw ConfigError(
            "Loader::load_state: expected the state of a loader with the same order of rows (shuffle, sampler), "
            "got one with another",
            at);
    }
    state_ = state;
    resumed_ = true;
}

random::State batch_numbering(const LoaderState& state, std::size_t batch) {
    random::Stream stream(state.seed, state.stream, batch_positions | state.epoch << 34 | std::uint64_t{batch} << 2);
    const std::uint64_t high = stream.bits();
    return {.seed = high << 32 | stream.bits(), .next_stream = 0};
}

}  // namespace xtape::data::detail

// What loader_state_test.cpp and the process it starts both iterate.
#pragma once

#include "data/numbered.hpp"

#include <xtape/autodiff/random.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/data/map.hpp>
#include <xtape/data/sampler.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace support {

/// The kinds of loaders that are resumed.
enum class Kind { in_order, shuffled, seeded, balanced };
inline constexpr Kind kinds[] = {Kind::in_order, Kind::shuffled, Kind::seeded, Kind::balanced};

/// 50 rows, to each of which a random number is added: a data set that augments.
inline auto noisy() {
    return xtape::data::map(numbered(50), [](const xtape::Array& x, std::int64_t y) {
        return std::tuple(x(0) + static_cast<float>(xtape::random::next_stream().uniform()), y);
    });
}

inline auto resumed_loader(Kind kind, std::size_t prefetch) {
    xtape::data::LoaderOptions options{.batch_size = 4, .prefetch = prefetch, .workers = 2};
    if (kind == Kind::seeded) options.seed = 77;
    if (kind == Kind::seeded || kind == Kind::shuffled) options.shuffle = true;
    if (kind == Kind::balanced) options.sampler = xtape::data::BalancedSampler{index_array(up_to(50))};
    return xtape::data::Loader{noisy(), options};
}

/// A batch as text: rows, and the bits of the numbers.
template <class Batch>
std::string written(const Batch& batch) {
    const auto& [x, y] = batch;
    std::string text;
    for (std::size_t i = 0; i < y.size(); ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &x(i), sizeof bits);
        text += std::to_string(y(i)) + ":" + std::to_string(bits) + " ";
    }
    return text + "\n";
}

/// All batches up to the end of that epoch. Between batches the process draws, as a model with dropout does.
template <class L>
std::string until_epoch(const L& loader, std::uint64_t epoch) {
    std::string text;
    while (loader.state().epoch < epoch) {
        for (const auto& batch : loader) {
            text += written(batch);
            xtape::random::next_stream();
        }
    }
    return text;
}

}  // namespace support

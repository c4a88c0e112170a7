// A small problem to train on, and comparisons of everything that training leaves behind.
#pragma once

#include <xtape/data/digits.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/dropout.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/losses.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/optim/adam.hpp>
#include <xtape/train/fit.hpp>

#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

namespace support {

using namespace xtape;

/// The first rows of the digits.
inline data::TensorDataset some_digits(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), first);
    return data::digits().subset(rows);
}

inline nn::Sequential network() {
    return nn::Sequential{nn::Linear{64, 16}, nn::ReLU{}, nn::Dropout{0.2f}, nn::Linear{16, 10}};
}

/// The bits of all parameters, one after the other.
inline std::vector<std::uint32_t> bits(nn::Module& model) {
    std::vector<std::uint32_t> bits;
    for (const auto& parameter : model.parameters()) {
        for (const float value : parameter.value()) bits.push_back(std::bit_cast<std::uint32_t>(value));
    }
    return bits;
}

/// The bits of all series.
inline std::vector<std::uint64_t> bits(const train::History& history) {
    std::vector<std::uint64_t> bits;
    for (const std::string& name : history.names()) {
        for (const double value : history[name]) bits.push_back(std::bit_cast<std::uint64_t>(value));
    }
    return bits;
}

}  // namespace support

// A fuzz target: one reader behind the function that libFuzzer calls, or that driver.cpp calls for each file of a folder.
#pragma once

#include <xtape/autodiff/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Any bytes end in a value or in a DataError; anything else ends the program.
template <class F>
int run(const std::uint8_t* data, std::size_t size, F&& read) {
    try {
        read(std::as_bytes(std::span(data, size)));
    } catch (const xtape::DataError&) {
    }
    return 0;
}

/// Reads every byte, so that a view of what is not there is found.
inline void touch(std::span<const std::byte> bytes) {
    volatile unsigned sum = 0;
    for (const std::byte byte : bytes) sum = sum + std::to_integer<unsigned>(byte);
}

}  // namespace fuzz

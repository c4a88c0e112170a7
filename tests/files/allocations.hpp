// What the program asks of operator new, and of the pool behind arrays.
#pragma once

#include <xtape/autodiff/memory.hpp>

#include <cstddef>

namespace support {

/// Bytes asked of operator new on this thread since the program started, whatever has been given back.
std::size_t bytes_asked();

/// Calls of operator new on all threads since the program started.
std::size_t allocations();

/// Bytes asked of operator new while f() ran, plus what the pool took from the system meanwhile.
template <class F>
std::size_t bytes_asked_by(F&& f) {
    const std::size_t before = bytes_asked(), pool_before = xtape::memory_stats().peak_reserved;
    f();
    return bytes_asked() - before + (xtape::memory_stats().peak_reserved - pool_before);
}

}  // namespace support

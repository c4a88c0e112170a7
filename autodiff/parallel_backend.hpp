// Inside parallel.cpp, and what a thread library provides to it: parallel_tbb.cpp or, with XTAPE_STD_THREADS,
// parallel_std.cpp.
#pragma once

#include <xtape/autodiff/parallel.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace xtape::detail {

/// The value of XTAPE_THREADS as a number. Throws ConfigError unless it is 1 to 1024.
std::size_t parse_thread_count(std::string_view text);

/// Cores this process may use; at least 1.
std::size_t core_count();

/// Name of the thread library, with its version if it has one.
std::string thread_library();

/// run_blocks for blocks >= 2 on `threads` >= 2 threads, the caller included. Blocks see the caller's floating-point
/// environment.
void run_on_threads(std::size_t threads, std::size_t blocks, BlockFunction f);

}  // namespace xtape::detail

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/parallel_backend.hpp>
#include <xtape/autodiff/parallel_background.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace xtape {
namespace {

constexpr std::size_t most_threads = 1024;

// 0 until set_threads() or the first use decides.
constinit std::atomic<std::size_t> thread_count{0};

std::size_t initial_threads() {
    const char* const variable = std::getenv("XTAPE_THREADS");
    if (variable != nullptr && *variable != '\0') return detail::parse_thread_count(variable);
    return std::min(detail::core_count(), most_threads);
}

}  // namespace

std::size_t threads() {
    const std::size_t count = thread_count.load(std::memory_order_relaxed);
    if (count != 0) return count;
    std::size_t undecided = 0;
    const std::size_t initial = initial_threads();
    return thread_count.compare_exchange_strong(undecided, initial, std::memory_order_relaxed) ? initial : undecided;
}

void set_threads(std::size_t count) {
    if (count == 0 || count > most_threads) {
        throw ConfigError("set_threads: expected a number from 1 to 1024, got " + std::to_string(count));
    }
    thread_count.store(count, std::memory_order_relaxed);
}

namespace detail {

std::size_t parse_thread_count(std::string_view text) {
    std::size_t count = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, count);
    if (parsed.ec != std::errc{} || parsed.ptr != end || count == 0 || count > most_threads) {
        throw ConfigError("XTAPE_THREADS: expected a number from 1 to 1024, got \"" + std::string(text) + "\"");
    }
    return count;
}

void run_blocks(std::size_t blocks, BlockFunction f) {
    const std::size_t count = blocks >= 2 ? region_threads() : 1;
    if (count >= 2) return run_on_threads(count, blocks, f);
    for (std::size_t block = 0; block < blocks; ++block) f(block);
}

}  // namespace detail
}  // namespace xtape

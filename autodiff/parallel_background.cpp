#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/parallel_background.hpp>

#include <algorithm>
#include <atomic>

namespace xtape::detail {
namespace {

constinit std::atomic<std::size_t> at_work{0};
constinit thread_local bool background = false;

}  // namespace

BackgroundWork::BackgroundWork() noexcept {
    background = true;
    at_work.fetch_add(1, std::memory_order_relaxed);
}

BackgroundWork::~BackgroundWork() {
    at_work.fetch_sub(1, std::memory_order_relaxed);
    background = false;
}

bool in_background() noexcept { return background; }

std::size_t region_threads() {
    if (background) return 1;
    const std::size_t all = threads();
    return all - std::min(all - 1, at_work.load(std::memory_order_relaxed));
}

}  // namespace xtape::detail

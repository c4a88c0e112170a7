// Threads that work in the background, as a loader's workers do, within the same budget of threads.
#pragma once

#include <cstddef>

namespace xtape::detail {

/// While it lives, this thread is one of the threads() that xtape may use: its own parallel regions run inline, and
/// regions that other threads open meanwhile take fewer threads. Not to be nested.
class [[nodiscard]] BackgroundWork {
public:
    BackgroundWork() noexcept;
    ~BackgroundWork();
    BackgroundWork(const BackgroundWork&) = delete;
    BackgroundWork& operator=(const BackgroundWork&) = delete;
};

/// Whether this thread works in the background.
bool in_background() noexcept;

/// How many threads a parallel region that this thread opens now may use, this one included: threads() without those
/// that work in the background, at least 1.
std::size_t region_threads();

}  // namespace xtape::detail

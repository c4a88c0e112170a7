// Numbered pieces of work done in advance by threads in the background, and handed out in order.
#pragma once

#include <xtape/autodiff/parallel.hpp>

#include <cstddef>
#include <memory>

namespace xtape::data::detail {

/// For each number n from `first` to `end - 1`, workers call fill(n), several at a time and in any order, but never
/// more than `ahead` numbers ahead of the one that was handed out last: fill(n) may use place n % places() of its
/// results as its own until the number after n is asked for. Without workers the thread that asks calls fill itself.
///
/// 1. One thread calls begin(), take() and stop().
/// 2. Workers sleep while there is nothing to do, and end with this object, after the call of fill they are in. The
///    thread that asks sleeps too, after 20 microseconds in which it looks again and again.
/// 3. While it works, a worker counts as one of threads() (see BackgroundWork).
/// 4. After begin() nothing is allocated.
class Prefetcher {
public:
    /// Starts so many workers, fewer when the system has no thread to spare. ahead >= 1 if workers >= 1.
    Prefetcher(std::size_t workers, std::size_t ahead);
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    std::size_t places() const;

    /// `fill` refers to a function that must live until stop(); it runs in the caller's floating-point environment.
    /// Nothing may be under way.
    void begin(std::size_t first, std::size_t end, xtape::detail::BlockFunction fill);

    /// Waits until fill(n) is done for the next number n, and lets workers use the place of the number before. Throws
    /// what fill(n) threw, after stop().
    void take();

    /// Gives up what has not been taken. Afterwards no worker is inside fill.
    void stop() noexcept;

private:
    struct Shared;
    std::unique_ptr<Shared> shared_;
};

/// How many workers a loader gets that asks for so many: none on a thread that is itself one, and never all threads().
std::size_t workers_for(std::size_t wanted);

}  // namespace xtape::data::detail

#include <xtape/autodiff/parallel_background.hpp>
#include <xtape/data/prefetch.hpp>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace xtape::data::detail {

using xtape::detail::BackgroundWork;
using xtape::detail::BlockFunction;

namespace {

void pause() {
#if defined(__SSE__)
    _mm_pause();
#endif
}

// Watches whether something comes true, for about as long as it takes to go to sleep and to be woken.
template <class F>
bool soon(F&& f) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::microseconds(20);
    do {
        for (int i = 0; i < 16; ++i) {
            if (f()) return true;
            pause();
        }
    } while (Clock::now() < end);
    return false;
}

}  // namespace

// What the caller changes with every number, it changes without the mutex, which a worker may hold just then.
struct Prefetcher::Shared {
    struct Place {
        std::atomic<bool> done = false;  // set by a worker, which before it writes `error`; reset by the caller
        std::exception_ptr error;
    };

    explicit Shared(std::size_t count) : places(count) {}
    ~Shared() {
        {
            const std::scoped_lock lock(mutex);
            quit = true;
        }
        work.notify_all();
    }

    void start(std::size_t workers) {
        threads.reserve(workers);
        try {
            for (std::size_t i = 0; i < workers; ++i) threads.emplace_back([this] { serve(); });
        } catch (const std::system_error&) {
            // The system has no thread to spare; those that exist do the work, or the caller does.
        }
    }

    void serve() {
        std::unique_lock lock(mutex);
        for (;;) {
            const auto ready = [&] { return quit || (upcoming < end && upcoming < asked + places.size()); };
            if (!ready()) {
                ++asleep;  // before it looks at `asked` again: the caller changes that first and then looks at this
                work.wait(lock, ready);
                --asleep;
            }
            if (quit) return;
            const std::size_t number = upcoming++;
            ++busy;
            lock.unlock();
            std::exception_ptr error = try_to_fill(number);
            lock.lock();
            --busy;
            if (error) end = std::min(end, upcoming);  // nobody asks for what comes behind
            Place& place = places[number % places.size()];
            place.error = std::move(error);
            place.done.store(true, std::memory_order_release);
            done.notify_one();
        }
    }

    std::exception_ptr try_to_fill(std::size_t number) {
        const BackgroundWork share;
        std::fesetenv(&environment);
        try {
            (*fill)(number);
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    std::mutex mutex;
    std::condition_variable work, done;
    std::optional<BlockFunction> fill;
    std::fenv_t environment{};
    std::size_t upcoming = 0;             // the next number to be begun
    std::size_t next = 0;                 // the next number to be asked for
    std::size_t end = 0;                  // no number from here on is begun
    std::size_t busy = 0;                 // workers inside fill
    std::atomic<std::size_t> asked = 0;   // the number that was asked for last: those before it are forgotten
    std::atomic<std::size_t> asleep = 0;  // workers that sleep or are about to
    bool quit = false;
    std::vector<Place> places;
    std::vector<std::jthread> threads;  // last, so that all have ended before the rest is destroyed
};

Prefetcher::Prefetcher(std::size_t workers, std::size_t ahead)
    : shared_(std::make_unique<Shared>(workers == 0 ? 1 : ahead + 1)) {
    shared_->start(workers);
}

Prefetcher::~Prefetcher() { stop(); }

std::size_t Prefetcher::places() const { return shared_->places.size(); }

void Prefetcher::begin(std::size_t first, std::size_t end, BlockFunction fill) {
    {
        const std::scoped_lock lock(shared_->mutex);
        shared_->fill.emplace(fill);
        std::fegetenv(&shared_->environment);
        shared_->asked = shared_->upcoming = shared_->next = first;
        shared_->end = end;
    }
    shared_->work.notify_all();
}

void Prefetcher::take() {
    Shared& s = *shared_;
    if (s.threads.empty()) return (*s.fill)(s.next++);
    const std::size_t number = s.next++;
    s.asked = number;
    if (s.asleep != 0) {
        { const std::scoped_lock lock(s.mutex); }  // so that none is between looking and sleeping
        s.work.notify_one();
    }
    Shared::Place& place = s.places[number % s.places.size()];
    const auto done = [&] { return place.done.load(std::memory_order_acquire); };
    if (!soon(done)) {
        std::unique_lock lock(s.mutex);
        s.done.wait(lock, done);
    }
    place.done.store(false, std::memory_order_relaxed);
    const std::exception_ptr error = std::exchange(place.error, nullptr);
    if (!error) return;
    stop();
    std::rethrow_exception(error);
}

void Prefetcher::stop() noexcept {
    Shared& s = *shared_;
    std::unique_lock lock(s.mutex);
    s.end = 0;
    s.done.wait(lock, [&] { return s.busy == 0; });
    for (Shared::Place& place : s.places) {
        place.done = false;
        place.error = nullptr;
    }
}

std::size_t workers_for(std::size_t wanted) {
    return xtape::detail::in_background() ? 0 : std::min(wanted, threads() - 1);
}

}  // namespace xtape::data::detail

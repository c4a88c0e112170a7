#include <xtape/autodiff/parallel_background.hpp>
#include <xtape/data/prefetch.hpp>

#include <algorithm>
#include <cfenv>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace xtape::data::detail {

using xtape::detail::BackgroundWork;
using xtape::detail::BlockFunction;

struct Prefetcher::Shared {
    struct Place {
        bool done = false;
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
            work.wait(lock, [&] { return quit || (upcoming < end && upcoming < asked + places.size()); });
            if (quit) return;
            const std::size_t number = upcoming++;
            ++busy;
            lock.unlock();
            std::exception_ptr error = try_to_fill(number);
            lock.lock();
            --busy;
            if (error) end = std::min(end, upcoming);  // nobody asks for what comes behind
            places[number % places.size()] = {true, std::move(error)};
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
    std::size_t upcoming = 0;  // the next number to be begun
    std::size_t asked = 0;     // the number that was asked for last: those before it are forgotten
    std::size_t next = 0;      // the next number to be asked for
    std::size_t end = 0;       // no number from here on is begun
    std::size_t busy = 0;      // workers inside fill
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
        shared_->upcoming = shared_->asked = shared_->next = first;
        shared_->end = end;
    }
    shared_->work.notify_all();
}

void Prefetcher::take() {
    Shared& s = *shared_;
    if (s.threads.empty()) return (*s.fill)(s.next++);
    std::exception_ptr error;
    {
        std::unique_lock lock(s.mutex);
        s.asked = s.next++;
        s.work.notify_one();
        Shared::Place& place = s.places[s.asked % s.places.size()];
        s.done.wait(lock, [&] { return place.done; });
        place.done = false;
        error = std::exchange(place.error, nullptr);
    }
    if (!error) return;
    stop();
    std::rethrow_exception(error);
}

void Prefetcher::stop() noexcept {
    Shared& s = *shared_;
    std::unique_lock lock(s.mutex);
    s.end = 0;
    s.done.wait(lock, [&] { return s.busy == 0; });
    std::fill(s.places.begin(), s.places.end(), Shared::Place{});
}

std::size_t workers_for(std::size_t wanted) {
    return xtape::detail::in_background() ? 0 : std::min(wanted, threads() - 1);
}

}  // namespace xtape::data::detail

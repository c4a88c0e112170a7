#include <xtape/autodiff/parallel_backend.hpp>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace xtape::detail {
namespace {

/// One parallel region, on its caller's stack. Workers enter and leave under the pool's mutex.
class Region {
public:
    Region(std::size_t blocks, BlockFunction f) : blocks_(blocks), f_(f) { std::fegetenv(&environment_); }

    void work() {
        for (std::size_t block; (block = next_.fetch_add(1, std::memory_order_relaxed)) < blocks_;) {
            try {
                f_(block);
            } catch (...) {
                const std::scoped_lock lock(error_mutex_);
                if (!error_) error_ = std::current_exception();
                next_.store(blocks_, std::memory_order_relaxed);
            }
        }
    }

    void work_as_guest() {
        std::fesetenv(&environment_);
        work();
    }

    void rethrow() {
        if (error_) std::rethrow_exception(error_);
    }

    std::size_t places = 0;  ///< workers that may still enter
    std::size_t guests = 0;  ///< workers inside

private:
    std::size_t blocks_;
    BlockFunction f_;
    std::fenv_t environment_{};
    std::atomic<std::size_t> next_{0};
    std::mutex error_mutex_;
    std::exception_ptr error_;
};

/// Whether this thread is inside a region: an inner one then runs inline.
constinit thread_local bool inside_region = false;

/// Worker threads that are started on demand and wait for regions until the process ends; the pool is never destroyed.
class Pool {
public:
    void run(std::size_t threads, std::size_t blocks, BlockFunction f) {
        Region region(blocks, f);
        {
            const std::scoped_lock lock(mutex_);
            const std::size_t helpers = std::min(threads, blocks) - 1;
            start_workers(helpers);
            region.places = helpers;
            region_ = &region;
        }
        wake_.notify_all();
        inside_region = true;
        region.work();
        inside_region = false;
        {
            std::unique_lock lock(mutex_);
            region_ = nullptr;
            left_.wait(lock, [&] { return region.guests == 0; });
        }
        region.rethrow();
    }

    /// Held by the thread whose region is open.
    std::mutex busy;

private:
    void start_workers(std::size_t wanted) {
        try {
            for (; workers_ < wanted; ++workers_) std::thread([this] { serve(); }).detach();
        } catch (const std::system_error&) {
            // The system has no thread to spare; those that exist and the caller do the work.
        }
    }

    void serve() {
        inside_region = true;
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [&] { return region_ != nullptr && region_->places != 0; });
            Region& region = *region_;
            --region.places;
            ++region.guests;
            lock.unlock();
            region.work_as_guest();
            lock.lock();
            if (--region.guests == 0) left_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, left_;
    Region* region_ = nullptr;
    std::size_t workers_ = 0;
};

}  // namespace

std::size_t core_count() { return std::max(1U, std::thread::hardware_concurrency()); }

std::string thread_library() { return "std::thread"; }

void run_on_threads(std::size_t threads, std::size_t blocks, BlockFunction f) {
    static Pool& pool = *new Pool;
    if (!inside_region) {
        // Another thread's region has the workers now: alone is sooner than in line.
        const std::unique_lock turn(pool.busy, std::try_to_lock);
        if (turn.owns_lock()) return pool.run(threads, blocks, f);
    }
    for (std::size_t block = 0; block < blocks; ++block) f(block);
}

}  // namespace xtape::detail

#include <xtape/autodiff/parallel_backend.hpp>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>

namespace xtape::detail {
namespace {

/// One arena for each number of threads ever used, made on demand and never destroyed: set_threads() then disturbs no
/// region that runs elsewhere, and statics may still compute after main.
class Arenas {
public:
    tbb::task_arena& get(std::size_t threads) {
        std::atomic<tbb::task_arena*>& place = arenas_[threads];
        if (tbb::task_arena* const arena = place.load(std::memory_order_acquire)) return *arena;
        const std::scoped_lock lock(mutex_);
        if (place.load(std::memory_order_relaxed) == nullptr) {
            // By itself TBB makes no more threads than there are cores, whatever an arena asks for.
            if (threads > std::max(allowed_, core_count())) {
                control_.reset();
                control_ = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
                allowed_ = threads;
            }
            auto arena = std::make_unique<tbb::task_arena>(static_cast<int>(threads));
            arena->initialize();
            place.store(arena.release(), std::memory_order_release);
        }
        return *place.load(std::memory_order_relaxed);
    }

private:
    std::mutex mutex_;
    std::array<std::atomic<tbb::task_arena*>, 1025> arenas_{};
    std::unique_ptr<tbb::global_control> control_;
    std::size_t allowed_ = 0;
};

}  // namespace

std::size_t core_count() { return static_cast<std::size_t>(std::max(1, tbb::info::default_concurrency())); }

std::string thread_library() { return std::string("TBB ") + TBB_runtime_version(); }

void run_on_threads(std::size_t threads, std::size_t blocks, BlockFunction f) {
    static Arenas& arenas = *new Arenas;
    // isolated: when an outer region is cancelled by an exception, an inner one must still run all its blocks, because
    // the code behind it relies on what they wrote. fp_settings: the blocks compute in the caller's floating-point
    // environment, as they do when they run inline. It is captured here, before execute() switches to the arena's own.
    tbb::task_group_context context(tbb::task_group_context::isolated,
                                    tbb::task_group_context::default_traits | tbb::task_group_context::fp_settings);
    const auto body = [f](const tbb::blocked_range<std::size_t>& range) {
        for (std::size_t block = range.begin(); block != range.end(); ++block) f(block);
    };
    arenas.get(threads).execute([&] {
        // A thread that waits for the last blocks may otherwise take an outer task, and record on the wrong tape.
        tbb::this_task_arena::isolate([&] {
            tbb::parallel_for(tbb::blocked_range<std::size_t>(0, blocks, 1), body, tbb::simple_partitioner(), context);
        });
    });
}

}  // namespace xtape::detail

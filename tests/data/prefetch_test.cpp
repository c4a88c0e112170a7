#include "data/numbered.hpp"
#include "files/allocations.hpp"

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/parallel_background.hpp>
#include <xtape/data/combine.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/data/prefetch.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cfenv>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

using namespace xtape;
using data::Loader;
using data::detail::Prefetcher;
using support::Made;
using support::Rows;

namespace {

/// So many threads for xtape until the end of the test.
struct Threads {
    explicit Threads(std::size_t count) { set_threads(count); }
    ~Threads() { set_threads(saved); }
    std::size_t saved = threads();
};

std::size_t threads_of_process() {
    std::filesystem::directory_iterator begin("/proc/self/task"), end;
    return static_cast<std::size_t>(std::distance(begin, end));
}

struct Broken : std::runtime_error {
    explicit Broken(std::size_t where)
        : std::runtime_error("item " + std::to_string(where) + " is broken"), item(where) {}
    std::size_t item;
};

// An array of one number; item `broken` throws.
auto with_broken(std::size_t count, std::size_t broken) {
    return Made{count, [broken](std::size_t i) {
                    if (i == broken) throw Broken(i);
                    return Array{static_cast<float>(i)};
                }};
}

}  // namespace

TEST_CASE("prefetched numbers come in order, each filled once") {
    for (const std::size_t workers : {0U, 1U, 3U}) {
        Prefetcher prefetcher(workers, 2);
        CHECK(prefetcher.places() == (workers == 0 ? 1 : 3));
        std::vector<std::size_t> results(prefetcher.places());
        std::atomic<std::size_t> calls{0};
        const auto fill = [&](std::size_t n) {
            results[n % results.size()] = 10 * n;
            ++calls;
        };
        for (int round = 0; round < 50; ++round) {
            calls = 0;
            prefetcher.begin(3, 20, xtape::detail::BlockFunction(fill));
            for (std::size_t n = 3; n < 20; ++n) {
                prefetcher.take();
                REQUIRE(results[n % results.size()] == 10 * n);
            }
            REQUIRE(calls == 17);
            prefetcher.stop();
        }
    }
}

TEST_CASE("nothing is lost between threads that watch, sleep and wake in any rhythm") {
    const auto pause = [](std::size_t n, std::size_t rhythm) {
        // None, shorter and longer than a thread watches before it sleeps.
        constexpr std::size_t microseconds[] = {0, 10, 19, 21, 200};
        const std::size_t length = microseconds[rhythm < 5 ? rhythm : n * n % 5];
        if (length != 0) std::this_thread::sleep_for(std::chrono::microseconds(length));
    };
    for (const std::size_t workers : {1U, 3U}) {
        for (std::size_t rhythms = 0; rhythms < 36; ++rhythms) {
            Prefetcher prefetcher(workers, 1 + rhythms % 4);
            std::vector<std::size_t> results(prefetcher.places());
            const auto fill = [&](std::size_t n) {
                pause(n, rhythms / 6);
                results[n % results.size()] = n;
            };
            prefetcher.begin(0, 30, xtape::detail::BlockFunction(fill));
            for (std::size_t n = 0; n < 30; ++n) {
                prefetcher.take();
                REQUIRE(results[n % results.size()] == n);
                pause(n, rhythms % 6);
            }
            prefetcher.stop();
        }
    }
}

TEST_CASE("workers run ahead as far as there are places and no further") {
    Prefetcher prefetcher(1, 3);
    std::atomic<std::size_t> filled{0};
    const auto fill = [&](std::size_t) { ++filled; };
    prefetcher.begin(0, 100, xtape::detail::BlockFunction(fill));
    for (const std::size_t ahead :
         {4U, 4U, 5U}) {  // the number that was taken keeps its place until the next is asked for
        while (filled < ahead) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        CHECK(filled == ahead);
        prefetcher.take();
    }
    prefetcher.stop();
}

TEST_CASE("a prefetcher that is stopped early can begin again") {
    Prefetcher prefetcher(2, 4);
    std::vector<std::size_t> results(prefetcher.places());
    for (std::size_t round = 0; round < 200; ++round) {
        const auto fill = [&](std::size_t n) { results[n % results.size()] = n + round; };
        prefetcher.begin(0, 50, xtape::detail::BlockFunction(fill));
        for (std::size_t n = 0; n < round % 4; ++n) {
            prefetcher.take();
            REQUIRE(results[n % results.size()] == n + round);
        }
        prefetcher.stop();
    }
}

TEST_CASE("workers compute in the caller's floating-point environment") {
    Prefetcher prefetcher(1, 1);
    int rounding = 0;
    const auto fill = [&](std::size_t) { rounding = std::fegetround(); };
    std::fesetround(FE_UPWARD);
    prefetcher.begin(0, 1, xtape::detail::BlockFunction(fill));
    std::fesetround(FE_TONEAREST);
    prefetcher.take();
    CHECK(rounding == FE_UPWARD);
    prefetcher.stop();
}

TEST_CASE("batches are the same for any prefetch, workers and threads") {
    std::vector<std::vector<float>> runs;
    for (const std::size_t count : {1U, 2U, 4U}) {
        for (const std::size_t prefetch : {0U, 1U, 5U, 1000U}) {
            for (const std::size_t workers : {0U, 1U, 3U}) {
                const Threads scope(count);
                seed(12);
                const data::TensorDataset set = data::digits();
                std::vector<float> all;
                const Loader loader{set,
                                    {.batch_size = 200, .shuffle = true, .prefetch = prefetch, .workers = workers}};
                for (int epoch = 0; epoch < 2; ++epoch) {
                    for (const auto& [x, y] : loader) {
                        all.insert(all.end(), x.data(), x.data() + x.size());
                        for (const std::int64_t label : y) all.push_back(static_cast<float>(label));
                    }
                }
                runs.push_back(std::move(all));
            }
        }
    }
    CHECK(runs[0].size() == 2 * 1797 * 65);
    CHECK(std::all_of(runs.begin(), runs.end(), [&](const auto& run) { return run == runs[0]; }));
}

TEST_CASE("a loader's workers are at most the threads beside the caller, and none for one thread") {
    const auto ids_for = [](std::size_t count) {
        const Threads scope(count);
        std::mutex mutex;
        std::set<std::thread::id> ids;
        bool as_background = true;
        const Made set{64, [&](std::size_t i) {
                           std::this_thread::sleep_for(std::chrono::microseconds(200));
                           const std::scoped_lock lock(mutex);
                           as_background = as_background && xtape::detail::in_background();
                           ids.insert(std::this_thread::get_id());
                           return i;
                       }};
        for (const IndexArray& batch : Loader{set, {.batch_size = 1, .prefetch = 16, .workers = 8}})
            static_cast<void>(batch);
        CHECK(as_background == (count > 1));
        return ids;
    };
    CHECK(ids_for(1) == std::set{std::this_thread::get_id()});
    CHECK(ids_for(2).size() == 1);
    CHECK(ids_for(2).count(std::this_thread::get_id()) == 0);
    CHECK(ids_for(4).size() == 3);
}

TEST_CASE("what a worker throws comes where its batch would have come") {
    const Threads scope(4);
    for (const std::size_t workers : {0U, 1U, 3U}) {
        for (const std::size_t broken : {0U, 7U, 19U}) {
            const auto set = with_broken(20, broken);
            const Loader loader{set, {.batch_size = 2, .prefetch = 4, .workers = workers}};
            std::size_t batches = 0, item = 99;
            try {
                for (const Array& x : loader) {
                    CHECK(x(0, 0) == static_cast<float>(2 * batches));
                    ++batches;
                }
            } catch (const Broken& error) {
                item = error.item;
                CHECK(std::string(error.what()) == "item " + std::to_string(broken) + " is broken");
            }
            CHECK(batches == broken / 2);
            CHECK(item == broken);
            CHECK(loader.state().epoch == 0);
            CHECK(loader.state().batch == broken / 2);
        }
    }
}

TEST_CASE("an exception ends the epoch, and the next begins anew") {
    const Threads scope(2);
    std::atomic<bool> broken{true};
    const Made set{8, [&](std::size_t i) {
                       if (i == 5 && broken) throw Broken(i);
                       return i;
                   }};
    const Loader loader{set, {.batch_size = 2, .prefetch = 2}};
    auto place = loader.begin();
    ++place;
    CHECK_THROWS_AS(++place, Broken);
    CHECK((place == loader.end()));
    broken = false;
    Rows all;
    for (const IndexArray& x : loader) all.insert(all.end(), x.begin(), x.end());
    CHECK(all == support::up_to(8));
}

TEST_CASE("a shape that changes is an error with its place, also from a worker") {
    const Threads scope(2);
    const Made uneven{6, [](std::size_t i) { return Array::from_shape({i == 4 ? 3U : 1U}); }};
    const auto run = [&] {
        for (const Array& x : Loader(uneven, {.batch_size = 3, .prefetch = 2}, Location{})) static_cast<void>(x);
    };
    CHECK_THROWS_WITH_AS(
        run(), "Loader: expected items of one shape, got (1) in item 3 and (3) in item 4 (part 0 of each item)",
        ShapeError);
}

TEST_CASE("leaving a loop early and destroying loaders leaves no thread behind") {
    const Threads scope(4);
    const data::TensorDataset set = support::numbered(1000);
    support::labels(Loader{set, {.prefetch = 4, .workers = 3}});
    const std::size_t before = threads_of_process();
    for (std::size_t round = 0; round < 100; ++round) {
        const Loader loader{set,
                            {.batch_size = 3, .shuffle = true, .prefetch = 1 + round % 7, .workers = 1 + round % 3}};
        std::size_t batches = 0;
        for (const auto& batch : loader) {
            static_cast<void>(batch);
            if (++batches > round % 5) break;
        }
        if (round % 2 == 0) continue;
        auto place = loader.begin();  // and left where it is
        ++place;
    }
    CHECK(threads_of_process() == before);
}

TEST_CASE("workers stay from epoch to epoch") {
    const Threads scope(2);
    std::mutex mutex;
    std::set<std::thread::id> ids;
    const Made set{20, [&](std::size_t i) {
                       const std::scoped_lock lock(mutex);
                       ids.insert(std::this_thread::get_id());
                       return i;
                   }};
    const Loader loader{set, {.batch_size = 2, .prefetch = 3}};
    for (int epoch = 0; epoch < 5; ++epoch) {
        for (const IndexArray& batch : loader) static_cast<void>(batch);
    }
    CHECK(ids.size() == 1);
}

TEST_CASE("edges: no rows, and batches larger than the data set, with prefetch") {
    const Threads scope(2);
    CHECK(support::labels(Loader{support::numbered(0), {.prefetch = 3}}).empty());
    CHECK(support::labels(Loader{support::numbered(3), {.batch_size = 10, .prefetch = 3}}) == support::up_to(3));
    CHECK(support::labels(Loader{support::numbered(3), {.batch_size = 10, .drop_last = true, .prefetch = 3}}).empty());
}

TEST_CASE("two iterations over one loader do not disturb each other") {
    const Threads scope(4);
    const data::TensorDataset set = support::numbered(9);
    const Loader loader{set, {.batch_size = 3, .prefetch = 2}};
    Rows seen;
    for (const auto& [x, y] : loader) {
        CHECK(support::labels(loader) == support::up_to(9));
        seen.insert(seen.end(), y.begin(), y.end());
    }
    CHECK(seen == support::up_to(9));
}

TEST_CASE("a loader in a data set of a loader works on its worker's thread") {
    const Threads scope(4);
    const data::TensorDataset inner = support::numbered(4);
    const Made outer{6, [&](std::size_t i) {
                         const Rows rows = support::labels(Loader{inner, {.batch_size = 1, .prefetch = 2}});
                         return static_cast<std::int64_t>(i) * rows[3];
                     }};
    for (const IndexArray& x : Loader{outer, {.prefetch = 2}}) CHECK(x == IndexArray{0, 3, 6, 9, 12, 15});
}

TEST_CASE("a warm loader asks the heap and the system for nothing, whatever prepares its batches") {
    const Threads scope(4);
    const data::TensorDataset set = support::numbered(1000);
    const auto pairs =
        data::zip(data::subset(data::ArrayDataset{support::numbered_array(1000)}, support::up_to(1000)), set);
    const auto both = data::concat(pairs, pairs);
    const auto count = [](const auto& loader) {
        std::size_t batches = 0;
        const auto run = [&] {
            const std::size_t calls = support::allocations(), system = memory_stats().system_allocations;
            for (const auto& batch : loader) {
                static_cast<void>(batch);
                ++batches;
            }
            return support::allocations() - calls + memory_stats().system_allocations - system;
        };
        // The best of some epochs: a worker that gets its first batch late fills its cache then.
        std::size_t fewest = run();
        for (int epoch = 0; epoch < 20 && fewest != 0; ++epoch) fewest = std::min(fewest, run());
        CHECK(batches >= 16);
        return fewest;
    };
    for (const std::size_t prefetch : {0U, 3U}) {
        for (const std::size_t workers : {1U, 3U}) {
            const data::LoaderOptions options{
                .batch_size = 64, .shuffle = true, .prefetch = prefetch, .workers = workers};
            INFO("prefetch ", prefetch, ", workers ", workers);
            CHECK(count(Loader{set, options}) == 0);
            CHECK(count(Loader{both, options}) == 0);
        }
    }
}

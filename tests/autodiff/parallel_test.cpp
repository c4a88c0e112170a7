#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/parallel_backend.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace xtape;

namespace {

struct KeepThreads {
    std::size_t saved = threads();
    ~KeepThreads() { set_threads(saved); }
};

/// Enough arithmetic that several threads take part.
double spin(std::size_t rounds) {
    double x = 1;
    for (std::size_t i = 0; i < rounds; ++i) x = std::sqrt(x + static_cast<double>(i));
    return x;
}

struct Stop : std::runtime_error {
    explicit Stop(std::size_t where) : std::runtime_error("stop"), block(where) {}
    std::size_t block;
};

}  // namespace

TEST_CASE("every index is visited exactly once, in blocks of the grain") {
    const KeepThreads keep;
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        for (const std::size_t n : {0U, 1U, 2U, 7U, 64U, 65U, 1000U}) {
            for (const std::size_t grain : {0U, 1U, 2U, 7U, 64U, 999U, 1000U, 1001U, 100000U}) {
                const std::string label =
                    std::to_string(n) + " in " + std::to_string(grain) + "s on " + std::to_string(count) + " threads";
                INFO(label);
                const std::size_t width = grain == 0 ? 1 : grain;
                const auto visits = std::make_unique<std::atomic<int>[]>(n);
                std::atomic<int> odd_blocks = 0;
                parallel_for(n, grain, [&](std::size_t begin, std::size_t end) {
                    if (begin % width != 0 || end != std::min(n, begin + width)) ++odd_blocks;
                    for (std::size_t i = begin; i < end; ++i) ++visits[i];
                });
                CHECK(odd_blocks == 0);
                CHECK(std::all_of(visits.get(), visits.get() + n, [](const auto& v) { return v == 1; }));
            }
        }
    }
}

TEST_CASE("a grain near the largest number does not overflow") {
    std::size_t blocks = 0;
    parallel_for(10, ~std::size_t{0}, [&](std::size_t begin, std::size_t end) { blocks += end - begin; });
    CHECK(blocks == 10);
}

TEST_CASE("several threads take part in a region") {
    const KeepThreads keep;
    set_threads(4);
    std::mutex mutex;
    std::set<std::thread::id> seen;
    // Threads may come late, so blocks wait a moment for a second one.
    for (int attempt = 0; attempt < 100 && seen.size() < 2; ++attempt) {
        parallel_for(8, 1, [&](std::size_t, std::size_t) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            const std::scoped_lock lock(mutex);
            seen.insert(std::this_thread::get_id());
        });
    }
    CHECK(seen.size() >= 2);
    CHECK(seen.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("more threads than cores really run, and one thread is the caller") {
    const KeepThreads keep;
    set_threads(5);
    // Five blocks that each wait until all five have begun.
    std::atomic<int> begun = 0;
    for (int attempt = 0; attempt < 200 && begun < 5; ++attempt) {
        begun = 0;
        parallel_for(5, 1, [&](std::size_t, std::size_t) {
            ++begun;
            for (int wait = 0; wait < 100 && begun < 5; ++wait)
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            if (begun < 5) begun = -100;
        });
    }
    CHECK(begun == 5);
    set_threads(1);
    int strangers = 0;
    const auto caller = std::this_thread::get_id();
    parallel_for(100, 1, [&](std::size_t, std::size_t) { strangers += std::this_thread::get_id() != caller; });
    CHECK(strangers == 0);
}

TEST_CASE("a reduction of floats has the same bits on any number of threads and follows the block order") {
    const KeepThreads keep;
    std::vector<float> values(100003);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = std::ldexp(static_cast<float>(i * 2654435761U % 1000003U), static_cast<int>(i % 40) - 20);
    }
    constexpr std::size_t grain = 97;
    const auto sum = [&](std::size_t begin, std::size_t end) {
        float total = 0;
        for (std::size_t i = begin; i < end; ++i) total += values[i];
        return total;
    };
    const auto plus = [](float a, float b) { return a + b; };
    float expected = 0.5F;
    for (std::size_t begin = 0; begin < values.size(); begin += grain) {
        expected += sum(begin, std::min(values.size(), begin + grain));
    }
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        for (int repeat = 0; repeat < 20; ++repeat) {
            const float total = parallel_reduce(values.size(), grain, 0.5F, sum, plus);
            CHECK(std::memcmp(&total, &expected, sizeof total) == 0);
        }
    }
}

TEST_CASE("a reduction counts its first value once, whatever the number of blocks") {
    const KeepThreads keep;
    set_threads(2);
    const auto count = [](std::size_t begin, std::size_t end) { return end - begin; };
    const auto plus = [](std::size_t a, std::size_t b) { return a + b; };
    for (const std::size_t n : {0U, 1U, 9U, 10U, 11U, 20U, 25U}) {
        CHECK(parallel_reduce(n, 10, std::size_t{1000}, count, plus) == 1000 + n);
        CHECK(parallel_reduce(n, 0, std::size_t{1000}, count, plus) == 1000 + n);
    }
    const auto join = [](const std::string& a, const std::string& b) { return a + b; };
    const auto digits = [](std::size_t begin, std::size_t) { return std::to_string(begin / 2); };
    CHECK(parallel_reduce(20, 2, std::string("<"), digits, join) == "<0123456789");
}

TEST_CASE("a reduction over bool keeps neighbouring blocks apart") {
    const KeepThreads keep;
    set_threads(4);
    const auto both = [](bool a, bool b) { return a && b; };
    for (std::size_t odd = 0; odd < 200; ++odd) {
        const auto differs = [&](std::size_t begin, std::size_t) { return begin != odd; };
        REQUIRE_FALSE(parallel_reduce(200, 1, true, differs, both));
    }
    CHECK(parallel_reduce(
        200, 1, true, [](std::size_t, std::size_t) { return true; }, both));
}

TEST_CASE("regions nest") {
    const KeepThreads keep;
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        std::atomic<std::size_t> visits = 0;
        parallel_for(20, 1, [&](std::size_t, std::size_t) {
            parallel_for(30, 4, [&](std::size_t begin, std::size_t end) {
                parallel_for(end - begin, 1, [&](std::size_t, std::size_t) { ++visits; });
            });
        });
        CHECK(visits == 600);
    }
}

TEST_CASE("an exception reaches the caller with its type, and the next region works") {
    const KeepThreads keep;
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        for (const std::size_t k : {0U, 1U, 7U, 50U, 98U, 99U}) {
            const std::string label = "block " + std::to_string(k) + " on " + std::to_string(count) + " threads";
            INFO(label);
            std::size_t caught = 1000;
            try {
                parallel_for(100, 1, [&](std::size_t begin, std::size_t) {
                    if (begin == k) throw Stop(begin);
                });
            } catch (const Stop& stop) {
                caught = stop.block;
            }
            CHECK(caught == k);
            std::atomic<int> visits = 0;
            parallel_for(100, 1, [&](std::size_t, std::size_t) { ++visits; });
            CHECK(visits == 100);
        }
        CHECK_THROWS_AS(parallel_reduce(
                            10, 1, 0, [](std::size_t, std::size_t) -> int { throw ShapeError("x"); },
                            [](int a, int b) { return a + b; }),
                        ShapeError);
        CHECK_THROWS_AS(parallel_for(100, 1, [](std::size_t, std::size_t) { throw 5; }), int);
        CHECK_THROWS_AS(parallel_for(1, 1, [](std::size_t, std::size_t) { throw 5; }), int);
    }
}

TEST_CASE("an exception leaves a nested region by way of the outer one") {
    const KeepThreads keep;
    set_threads(4);
    CHECK_THROWS_AS(parallel_for(50, 1,
                                 [](std::size_t outer, std::size_t) {
                                     parallel_for(50, 1, [&](std::size_t inner, std::size_t) {
                                         if (outer == 20 && inner == 30) throw Stop(inner);
                                     });
                                 }),
                    Stop);
}

TEST_CASE("an inner region is complete even when the outer one has failed meanwhile") {
    const KeepThreads keep;
    set_threads(2);
    std::atomic<bool> begun = false, thrown = false;
    std::atomic<int> incomplete = 0;
    const auto await = [](const std::atomic<bool>& flag) {
        for (int i = 0; i < 100 && !flag; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    const auto outer = [&](std::size_t block, std::size_t) {
        if (block == 0) {
            await(begun);
            thrown = true;
            throw Stop(block);
        }
        begun = true;
        await(thrown);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        std::atomic<int> visits = 0;
        parallel_for(100, 1, [&](std::size_t, std::size_t) { ++visits; });
        if (visits != 100) ++incomplete;
    };
    for (int repeat = 0; repeat < 5; ++repeat) {
        begun = thrown = false;
        CHECK_THROWS_AS(parallel_for(2, 1, outer), Stop);
    }
    CHECK(incomplete == 0);
}

namespace {
thread_local std::size_t current_item = 0;
}

TEST_CASE("a thread inside an item never picks up another item while its inner region runs") {
    // A thread that waits in TBB may run any task of the outer loop, and then what is thread-local, such as the tape
    // that records, belongs to another item when it comes back. For that one thread must wait for an inner block that a
    // second one stole while a third still has items: many short outer loops over blocks of uneven length, which sleep
    // so that all threads take part.
    const KeepThreads keep;
    set_threads(4);
    std::atomic<int> changed = 0;
    std::atomic<int> visits = 0;
    for (int repeat = 0; repeat < 60; ++repeat) {
        parallel_for(20, 1, [&](std::size_t item, std::size_t) {
            current_item = item + 1;
            for (int region = 0; region < 2; ++region) {
                parallel_for(8, 1, [&](std::size_t block, std::size_t) {
                    if ((7 * block + item) % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
                    ++visits;
                });
                if (current_item != item + 1) ++changed;
            }
            current_item = 0;
        });
    }
    CHECK(changed == 0);
    CHECK(visits == 60 * 20 * 2 * 8);
}

TEST_CASE("several threads of the program may run regions at once") {
    const KeepThreads keep;
    set_threads(2);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> callers;
    for (std::size_t caller = 1; caller <= 4; ++caller) {
        callers.emplace_back([&, caller] {
            for (std::size_t repeat = 0; repeat < 200; ++repeat) {
                const std::size_t n = 100 * caller + repeat;
                const auto sum = parallel_reduce(
                    n, 10, std::size_t{0}, [](std::size_t begin, std::size_t end) { return end - begin; },
                    [](std::size_t a, std::size_t b) { return a + b; });
                if (sum != n) ++wrong;
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
}

TEST_CASE("blocks compute in the caller's floating-point environment and leave every thread's as it was") {
    const KeepThreads keep;
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        const auto blocks_with = [](int mode) {
            std::atomic<int> found = 0;
            parallel_for(64, 1, [&](std::size_t, std::size_t) {
                if (spin(2000) > 0 && std::fegetround() == mode) ++found;
            });
            return found.load();
        };
        CHECK(blocks_with(FE_TONEAREST) == 64);
        std::fesetround(FE_UPWARD);
        const int upward = blocks_with(FE_UPWARD);
        const int after = std::fegetround();
        std::fesetround(FE_TONEAREST);
        CHECK(upward == 64);
        CHECK(after == FE_UPWARD);
        CHECK(blocks_with(FE_TONEAREST) == 64);
        CHECK(std::fegetround() == FE_TONEAREST);
    }
}

TEST_CASE("the number of threads can be set from 1 to 1024") {
    const KeepThreads keep;
    for (const std::size_t count : {1U, 3U, 1024U}) {
        set_threads(count);
        CHECK(threads() == count);
    }
    set_threads(3);
    CHECK_THROWS_WITH_AS(set_threads(0), "set_threads: expected a number from 1 to 1024, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(set_threads(1025), "set_threads: expected a number from 1 to 1024, got 1025", ConfigError);
    CHECK(threads() == 3);
}

TEST_CASE("XTAPE_THREADS is a number from 1 to 1024") {
    CHECK(detail::parse_thread_count("1") == 1);
    CHECK(detail::parse_thread_count("1024") == 1024);
    for (const std::string text : {"0", "1025", "-1", "two", "2 ", " 2", "2.5", "", "99999999999999999999999"}) {
        const std::string expected = "XTAPE_THREADS: expected a number from 1 to 1024, got \"" + text + "\"";
        CHECK_THROWS_WITH_AS(detail::parse_thread_count(text), expected.c_str(), ConfigError);
    }
}

#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/parallel_background.hpp>

#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <vector>

using namespace xtape;

namespace {

struct KeepThreads {
    std::size_t saved = threads();
    ~KeepThreads() { set_threads(saved); }
};

}  // namespace

TEST_CASE("a thread that works in the background is one of those that regions may use") {
    const KeepThreads keep;
    set_threads(3);
    CHECK(detail::region_threads() == 3);
    CHECK_FALSE(detail::in_background());
    {
        const detail::BackgroundWork here;
        CHECK(detail::in_background());
        CHECK(detail::region_threads() == 1);
        std::size_t elsewhere = 0;
        std::jthread([&] { elsewhere = detail::region_threads(); }).join();
        CHECK(elsewhere == 2);
        CHECK(threads() == 3);
    }
    CHECK(detail::region_threads() == 3);
}

TEST_CASE("a region may always use the thread that opens it") {
    const KeepThreads keep;
    set_threads(2);
    std::size_t left = 0;
    const detail::BackgroundWork here;
    std::jthread([&] {
        const detail::BackgroundWork second;
        std::jthread([&] { left = detail::region_threads(); }).join();
    }).join();
    CHECK(left == 1);
}

TEST_CASE("regions of a thread in the background run inline and in order") {
    const KeepThreads keep;
    set_threads(4);
    const detail::BackgroundWork here;
    std::vector<std::size_t> begins;  // no lock: only this thread may come here
    std::set<std::thread::id> ids;
    parallel_for(50, 7, [&](std::size_t begin, std::size_t) {
        begins.push_back(begin);
        ids.insert(std::this_thread::get_id());
    });
    CHECK(begins == std::vector<std::size_t>{0, 7, 14, 21, 28, 35, 42, 49});
    CHECK(ids == std::set{std::this_thread::get_id()});
}

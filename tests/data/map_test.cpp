#include "data/numbered.hpp"

#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/map.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

using namespace xtape;
using support::Made;
using support::Rows;

namespace {

struct KeepThreads {
    std::size_t saved = threads();
    ~KeepThreads() { set_threads(saved); }
};

// The numbers of one epoch of a set of one number an item.
template <class D>
std::vector<float> epoch(const D& set, data::LoaderOptions options) {
    std::vector<float> all;
    for (const Array& x : data::Loader{set, std::move(options)}) all.insert(all.end(), x.begin(), x.end());
    return all;
}

float draw() { return static_cast<float>(random::next_stream().uniform()); }

}  // namespace

TEST_CASE("map makes items of items when they are asked for") {
    int made = 0;
    const auto halves = data::map(Made{4, [](std::size_t i) { return static_cast<int>(i); }}, [&](int i) {
        ++made;
        return 0.5 * i;
    });
    CHECK(halves.size() == 4);
    CHECK(made == 0);
    CHECK(halves.get(3) == 1.5);
    CHECK(halves.get(3) == 1.5);
    CHECK(made == 2);
}

TEST_CASE("a mapped function takes the parts of pairs and tuples, or the whole") {
    const data::TensorDataset set = support::numbered(3);
    const auto parts = data::map(set, [](const Array& x, std::int64_t y) { return x(1) + static_cast<float>(y); });
    CHECK(parts.get(2) == 4.5f);
    const auto whole = data::map(set, [](const std::pair<Array, std::int64_t>& item) { return item.second; });
    CHECK(whole.get(2) == 2);
    const auto tuples = data::map(data::ArrayDataset{support::numbered_array(3), Array64{1., 2., 3.}},
                                  [](const Array& x, const Array64& y) { return std::tuple(y, x); });
    for (const auto& [y, x] : data::Loader{tuples}) {
        CHECK(y == Array64{1., 2., 3.});
        CHECK(x == support::numbered_array(3));
    }
}

TEST_CASE("what a mapped function draws depends on the seed and the epoch, not on the number of workers") {
    const KeepThreads keep;
    set_threads(4);
    const auto noise =
        data::map(Made{50, [](std::size_t i) { return static_cast<float>(i); }}, [](float) { return draw(); });
    for (const bool shuffle : {false, true}) {
        std::vector<std::vector<float>> runs;
        for (const std::size_t workers : {0U, 1U, 3U}) {
            seed(5);
            data::Loader loader{noise,
                                {.batch_size = 4, .shuffle = shuffle, .seed = 7, .prefetch = 5, .workers = workers}};
            std::vector<float> drawn;
            for (int epoch = 0; epoch < 2; ++epoch) {
                for (const Array& x : loader) drawn.insert(drawn.end(), x.begin(), x.end());
            }
            CHECK(random::state().next_stream == 0);
            runs.push_back(drawn);
        }
        CHECK(runs[0] == runs[1]);
        CHECK(runs[0] == runs[2]);
        CHECK(runs[0].size() == 100);
        const std::vector<float> first(runs[0].begin(), runs[0].begin() + 50),
            second(runs[0].begin() + 50, runs[0].end());
        CHECK(first != second);
        CHECK(first[0] != first[4]);  // batches draw differently
    }
}

TEST_CASE("cache makes each item once") {
    int made = 0;
    const auto cached = data::cache(Made{3, [&made](std::size_t i) {
                                             ++made;
                                             return std::pair(Array{static_cast<float>(i)}, i);
                                         }});
    CHECK(cached.size() == 3);
    CHECK(made == 0);
    const auto copy = cached;
    for (int epoch = 0; epoch < 3; ++epoch) {
        for (const auto& [x, i] : data::Loader{copy, {.shuffle = true}}) CHECK(x(2, 0) == static_cast<float>(i(2)));
    }
    CHECK(made == 3);
    CHECK(&cached.get(1) == &copy.get(1));
    CHECK_THROWS_WITH_AS(cached.get(3), "cache: expected a row below 3, got 3", ConfigError);
}

TEST_CASE("cache does not keep what making an item throws") {
    bool broken = true;
    const auto cached = data::cache(Made{2, [&broken](std::size_t i) {
                                             if (broken) throw std::runtime_error("not yet");
                                             return i;
                                         }});
    CHECK_THROWS_WITH_AS(cached.get(1), "not yet", std::runtime_error);
    broken = false;
    CHECK(cached.get(1) == 1);
}

TEST_CASE("a cached item draws the same numbers whoever asks first") {
    const KeepThreads keep;
    set_threads(4);
    const Made noise{40, [](std::size_t) { return draw(); }};
    seed(3);
    const auto in_order = data::cache(noise);
    const std::vector<float> wanted = epoch(in_order, {});
    CHECK(epoch(in_order, {}) == wanted);
    seed(3);
    const auto backwards = data::cache(noise);
    for (std::size_t i = 40; i-- > 0;) CHECK(backwards.get(i) == wanted[i]);
    seed(3);
    const auto by_workers = data::cache(noise);
    epoch(by_workers, {.batch_size = 3, .shuffle = true, .prefetch = 4, .workers = 3});
    CHECK(epoch(by_workers, {}) == wanted);
    CHECK(epoch(data::cache(noise), {}) != wanted);
}

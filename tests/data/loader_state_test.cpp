#include "data/resumed.hpp"

#include <xtape/autodiff/parallel.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <memory>

using namespace xtape;
using data::Loader;
using data::LoaderState;
using support::Kind;
using support::Rows;

namespace {

struct Threads {
    explicit Threads(std::size_t count) { set_threads(count); }
    ~Threads() { set_threads(saved); }
    std::size_t saved = threads();
};

struct Kept {
    LoaderState loader;
    random::State process;
    std::string before;  // the batches up to there
};

struct Place {
    std::uint64_t epoch, batch;
};

// The batches of three epochs, and what there was to keep when the loader was at that place.
std::pair<std::string, Kept> run(Kind kind, std::size_t prefetch, Place place) {
    seed(21);
    const auto loader = support::resumed_loader(kind, prefetch);
    std::string text;
    Kept kept;
    while (loader.state().epoch < 3) {
        for (const auto& now : loader) {
            text += support::written(now);
            random::next_stream();
            const LoaderState state = loader.state();
            if (state.epoch == place.epoch && state.batch == place.batch) kept = {state, random::state(), text};
        }
        const LoaderState state = loader.state();
        if (state.epoch == place.epoch && state.batch == place.batch) kept = {state, random::state(), text};
    }
    return {text, kept};
}

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    REQUIRE(pipe);
    std::string text;
    std::array<char, 4096> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
        text.append(buffer.data(), count);
    return text;
}

}  // namespace

TEST_CASE(
    "another process goes on from a state with the same batches, from the middle of an epoch and between epochs") {
    const Threads scope(3);
    for (const Kind kind : support::kinds) {
        for (const Place place : {Place{0, 1}, Place{1, 5}, Place{1, 13}, Place{2, 0}}) {
            const auto [all, kept] = run(kind, 3, place);
            REQUIRE(!kept.before.empty());
            std::string command = XTAPE_BATCHES;
            const LoaderState& s = kept.loader;
            for (const std::uint64_t number :
                 {static_cast<std::uint64_t>(kind), std::uint64_t{2}, s.epoch, std::uint64_t{s.begun}, s.batch, s.seed,
                  s.stream, s.rows, s.batch_size, s.checksum, kept.process.seed, kept.process.next_stream}) {
                command += " " + std::to_string(number);
            }
            INFO("kind ", static_cast<int>(kind), ", epoch ", place.epoch, ", batch ", place.batch);
            CHECK(kept.before + output_of(command) == all);
        }
    }
}

TEST_CASE("the same state is reached with and without prefetch") {
    const Threads scope(3);
    for (const Kind kind : support::kinds) {
        const auto [all, kept] = run(kind, 0, {1, 5});
        const auto [all_prefetched, kept_prefetched] = run(kind, 6, {1, 5});
        CHECK(all == all_prefetched);
        CHECK(kept.loader == kept_prefetched.loader);
        CHECK(kept.process == kept_prefetched.process);
    }
}

TEST_CASE("a state counts what has been given") {
    const Threads scope(2);
    const data::TensorDataset set = support::numbered(10);
    const Loader loader{set, {.batch_size = 4, .prefetch = 2}};
    CHECK(loader.state() == LoaderState{.rows = 10, .batch_size = 4});
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    for (int epoch = 0; epoch < 2; ++epoch) {
        for (const auto& batch : loader) {
            static_cast<void>(batch);
            places.emplace_back(loader.state().epoch, loader.state().batch);
        }
        places.emplace_back(loader.state().epoch, loader.state().batch);
    }
    CHECK(places == decltype(places){{0, 1}, {0, 2}, {0, 3}, {1, 0}, {1, 1}, {1, 2}, {1, 3}, {2, 0}});
}

TEST_CASE("an epoch that is left in the middle is over, unless its state is loaded") {
    const data::TensorDataset set = support::numbered(6);
    Loader loader{set, {.batch_size = 2}};
    const auto leave = [&] {
        for (const auto& batch : loader) {
            static_cast<void>(batch);
            break;
        }
    };
    leave();
    const LoaderState left = loader.state();
    CHECK(left.batch == 1);
    CHECK(support::labels(loader) == support::up_to(6));
    CHECK(loader.state().epoch == 2);
    loader.load_state(left);
    CHECK(loader.state() == left);
    CHECK(support::labels(loader) == Rows{2, 3, 4, 5});
    CHECK(loader.state().epoch == 1);
    CHECK(support::labels(loader) == support::up_to(6));
}

TEST_CASE("a state taken after the last batch leaves nothing of its epoch") {
    const data::TensorDataset set = support::numbered(4);
    Loader loader{set, {.batch_size = 2}};
    LoaderState last;
    for (const auto& batch : loader) {
        static_cast<void>(batch);
        last = loader.state();
    }
    CHECK(last.batch == 2);
    loader.load_state(last);
    CHECK(support::labels(loader).empty());
    CHECK(loader.state().epoch == 1);
    CHECK(support::labels(loader) == support::up_to(4));
}

TEST_CASE("an epoch can be begun and its batches asked for, as a loop does it") {
    const Threads scope(3);
    seed(4);
    const data::TensorDataset set = support::numbered(10);
    Loader loader{set, {.batch_size = 4, .shuffle = true, .prefetch = 2}};
    const Rows first = support::labels(loader), second = support::labels(loader);
    seed(4);
    Loader asked{set, {.batch_size = 4, .shuffle = true, .prefetch = 2}};
    CHECK(asked.next() == nullptr);  // nothing has begun
    for (const Rows& wanted : {first, second}) {
        asked.begin_epoch();
        CHECK(asked.state().begun);
        CHECK(asked.state().batch == 0);
        Rows rows;
        while (const auto* batch = asked.next())
            rows.insert(rows.end(), std::get<1>(*batch).begin(), std::get<1>(*batch).end());
        CHECK(rows == wanted);
        CHECK(asked.next() == nullptr);
    }
    CHECK(asked.state() == LoaderState{.epoch = 2, .rows = 10, .batch_size = 4});
}

TEST_CASE("a state between the beginning of an epoch and its first batch has the order, and no stream is drawn again") {
    seed(4);
    const data::TensorDataset set = support::numbered(10);
    Loader loader{set, {.batch_size = 4, .shuffle = true}};
    loader.begin_epoch();
    const LoaderState state = loader.state();
    Rows wanted;
    while (const auto* batch = loader.next())
        wanted.insert(wanted.end(), std::get<1>(*batch).begin(), std::get<1>(*batch).end());
    const random::State process = random::state();
    Loader other{set, {.batch_size = 4, .shuffle = true}};
    other.load_state(state);
    CHECK(support::labels(other) == wanted);
    CHECK(random::state() == process);
}

TEST_CASE("an epoch of begin_epoch() can be left for another") {
    const Threads scope(2);
    const data::TensorDataset set = support::numbered(6);
    Loader loader{set, {.batch_size = 2, .prefetch = 2}};
    loader.begin_epoch();
    loader.next();
    loader.begin_epoch();
    CHECK(loader.state().epoch == 1);
    CHECK(std::get<1>(*loader.next()) == IndexArray{0, 1});
    const LoaderState state = loader.state();
    loader.next();
    loader.load_state(state);
    CHECK(loader.next() == nullptr);
    loader.begin_epoch();
    CHECK(std::get<1>(*loader.next()) == IndexArray{2, 3});
    loader.next();
    CHECK(loader.next() == nullptr);
}

TEST_CASE("a loader with its own seed shuffles each epoch differently, and leaves the process-wide streams alone") {
    seed(1);
    const data::TensorDataset set = support::numbered(30);
    const Loader loader{set, {.shuffle = true, .seed = 5}};
    const Rows first = support::labels(loader), second = support::labels(loader);
    CHECK(random::state() == random::State{.seed = 1, .next_stream = 0});
    CHECK(first != second);
    seed(2);
    const Loader again{set, {.shuffle = true, .seed = 5}}, other{set, {.shuffle = true, .seed = 6}};
    CHECK(support::labels(again) == first);
    CHECK(support::labels(again) == second);
    CHECK(support::labels(other) != first);
}

TEST_CASE("a copy of a loader is where the loader is, and goes on by itself") {
    const data::TensorDataset set = support::numbered(6);
    Loader loader{set, {.batch_size = 2, .shuffle = true, .seed = 3, .prefetch = 1}};
    const Rows first = support::labels(loader);
    const Loader copy = loader;
    const Rows second = support::labels(loader);
    CHECK(support::labels(copy) == second);
    CHECK(copy.state().epoch == 2);
    const Loader moved = std::move(loader);
    CHECK(moved.state().epoch == 2);
}

TEST_CASE("a state of another loader is refused") {
    const data::TensorDataset set = support::numbered(10);
    Loader shuffled{set, {.batch_size = 4, .shuffle = true, .seed = 1}};
    auto place = shuffled.begin();
    const LoaderState state = shuffled.state();
    const auto load = [&](const data::TensorDataset& into, data::LoaderOptions options, const LoaderState& wanted) {
        Loader(into, std::move(options)).load_state(wanted, Location{});
    };
    load(set, {.batch_size = 4, .shuffle = true, .seed = 1}, state);
    CHECK_THROWS_WITH_AS(
        load(set, {.batch_size = 5, .shuffle = true}, state),
        "Loader::load_state: expected the state of 10 rows in batches of 5, got that of 10 rows in batches of 4",
        ConfigError);
    CHECK_THROWS_WITH_AS(
        load(support::numbered(11), {.batch_size = 4, .shuffle = true}, state),
        "Loader::load_state: expected the state of 11 rows in batches of 4, got that of 10 rows in batches of 4",
        ConfigError);
    CHECK_THROWS_WITH_AS(load(set, {.batch_size = 4, .shuffle = true, .seed = 2}, state),
                         "Loader::load_state: expected the state of a loader with seed 2, got seed 1", ConfigError);
    CHECK_THROWS_WITH_AS(
        load(set, {.batch_size = 4}, state),
        "Loader::load_state: expected the state of a loader with the same order of rows (shuffle, sampler), got one "
        "with another",
        ConfigError);
    LoaderState beyond = state;
    beyond.batch = 4;
    CHECK_THROWS_WITH_AS(load(set, {.batch_size = 4, .shuffle = true}, beyond),
                         "Loader::load_state: expected at most 3 batches to have been given, got 4", ConfigError);
    beyond.begun = false;
    beyond.batch = 1;
    CHECK_THROWS_WITH_AS(load(set, {.batch_size = 4, .shuffle = true}, beyond),
                         "Loader::load_state: expected at most 0 batches to have been given, got 1", ConfigError);
}

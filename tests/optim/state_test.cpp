#include <xtape/optim/state.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using optim::detail::StateReader;

namespace {

const optim::State example{{{"0.mean", Array{1.f, 2.f}}}, {{"steps", 3}, {"half", 0.5}, {"minus", -1}}};

}  // namespace

TEST_CASE("a state is read entry by entry, in any order") {
    StateReader<float> reader("Adam", example, Location{});
    CHECK(reader.number("minus") == -1);
    CHECK(reader.count("steps") == 3);
    CHECK(reader.has_array("0.mean"));
    CHECK_FALSE(reader.has_array("steps"));
    CHECK(reader.array("0.mean", {2}) == Array{1.f, 2.f});
    CHECK_THROWS_WITH_AS(reader.finish(), "Adam: load_state: expected no number \"half\", got one", DataError);
    CHECK(reader.number("half") == 0.5);
    reader.finish();
}

TEST_CASE("what is missing, misshapen or unexpected in a state is an error that names it") {
    StateReader<float> reader("Adam", example, Location{});
    CHECK_THROWS_WITH_AS(reader.array("1.mean", {2}), "Adam: load_state: expected an array \"1.mean\", got none",
                         DataError);
    CHECK_THROWS_WITH_AS(reader.array("0.mean", {2, 1}),
                         "Adam: load_state: expected \"0.mean\" of shape (2, 1), got (2)", DataError);
    CHECK_THROWS_WITH_AS(reader.number("0.mean"), "Adam: load_state: expected a number \"0.mean\", got none",
                         DataError);
    CHECK_THROWS_WITH_AS(reader.count("half"), "Adam: load_state: expected a count as \"half\", got 0.5", DataError);
    CHECK_THROWS_WITH_AS(reader.count("minus"), "Adam: load_state: expected a count as \"minus\", got -1", DataError);
    CHECK_THROWS_WITH_AS(reader.finish(), "Adam: load_state: expected no array \"0.mean\", got one", DataError);
}

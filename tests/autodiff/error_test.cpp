#include <xtape/autodiff/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

using namespace xtape;

namespace {

template <class E, class F>
std::string text_of(F&& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("an error without a location is its message") {
    const ShapeError error("add: expected shapes that broadcast, got (2) and (3)");
    CHECK(std::string(error.what()) == "add: expected shapes that broadcast, got (2) and (3)");
    CHECK(error.message() == "add: expected shapes that broadcast, got (2) and (3)");
    CHECK(error.layer().empty());
    CHECK(error.module() == nullptr);
}

TEST_CASE("an error with a location ends in the file's name without folders and the line") {
    const Location here = Location::current();
    const GraphError error("backward: expected a scalar, got (3)", here);
    CHECK(std::string(error.what()) ==
          "backward: expected a scalar, got (3) (at error_test.cpp:" + std::to_string(here.line()) + ")");
    CHECK(error.message() == "backward: expected a scalar, got (3)");
}

TEST_CASE("a layer's path stands in front and a longer one replaces it") {
    const Location here = Location::current();
    const int inner = 0, outer = 0;
    ShapeError error("linear: expected (n, 3), got (4, 5)", here);
    error.set_layer("0 (Linear 3->2)", &inner);
    CHECK(error.module() == &inner);
    error.set_layer("encoder.0 (Linear 3->2)", &outer);
    CHECK(error.module() == &outer);
    CHECK(error.layer() == "encoder.0 (Linear 3->2)");
    CHECK(error.message() == "linear: expected (n, 3), got (4, 5)");
    CHECK(std::string(error.what()) ==
          "encoder.0 (Linear 3->2): linear: expected (n, 3), got (4, 5) (at error_test.cpp:" +
              std::to_string(here.line()) + ")");
}

TEST_CASE("a location told later is taken once, and never over one that is known") {
    const Location first = Location::current();
    const Location second = Location::current();
    const std::string at_first = " (at error_test.cpp:" + std::to_string(first.line()) + ")";
    ShapeError error("linear: bad");
    error.set_location(Location{});
    CHECK(std::string(error.what()) == "linear: bad");
    error.set_layer("head", nullptr);
    error.set_location(first);
    CHECK(std::string(error.what()) == "head: linear: bad" + at_first);
    error.set_location(second);
    CHECK(std::string(error.what()) == "head: linear: bad" + at_first);
    ShapeError known("linear: bad", first);
    known.set_location(second);
    CHECK(std::string(known.what()) == "linear: bad" + at_first);
}

TEST_CASE("a location is unknown until it is given, and a file need not lie in a folder") {
    CHECK(Location{}.line() == 0);
    CHECK(std::string(ShapeError("x", Location::current("a.cpp", 7)).what()) == "x (at a.cpp:7)");
    CHECK(std::string(ShapeError("x", Location::current("/b/c/a.cpp", 7)).what()) == "x (at a.cpp:7)");
}

TEST_CASE("a layer named while the error passes by reference is still there further out") {
    const auto text = text_of<Error>([] {
        try {
            throw ShapeError("linear: bad");
        } catch (Error& error) {
            error.set_layer("head", nullptr);
            throw;
        }
    });
    CHECK(text == "head: linear: bad");
}

TEST_CASE("every kind is caught as Error and as std::exception, and not as another kind") {
    CHECK(text_of<Error>([] { throw ShapeError("a"); }) == "a");
    CHECK(text_of<Error>([] { throw GraphError("b"); }) == "b");
    CHECK(text_of<Error>([] { throw DataError("c"); }) == "c");
    CHECK(text_of<Error>([] { throw IoError("d"); }) == "d");
    CHECK(text_of<std::exception>([] { throw ConfigError("e"); }) == "e");
    CHECK_FALSE(std::is_base_of_v<ShapeError, GraphError>);
    CHECK_FALSE(std::is_base_of_v<DataError, IoError>);
}

TEST_CASE("copying an error cannot throw") {
    CHECK(std::is_nothrow_copy_constructible_v<ConfigError>);
    CHECK(std::is_nothrow_copy_assignable_v<ConfigError>);
    const ConfigError error("set_threads: expected a number from 1 to 1024, got 0");
    const ConfigError copy = error;
    CHECK(std::string(copy.what()) == error.what());
}

#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/csv.hpp>
#include <xtape/data/dataset.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using data::Column;
using data::Missing;
using Strings = std::vector<std::string>;

namespace {

data::Table read(const std::string& text, const data::CsvOptions& options = {}) {
    return data::read_csv(support::bytes(text), "x", options);
}

const std::string people = "age,city,income\n30,Paris,2.5\n,Lyon,3\n50,?,NA\n40,Paris,-1e1\n";

}  // namespace

TEST_CASE("a column of numbers is an array") {
    const data::Table table = read("a,b\n1,\"2.5\"\n -3 ,.1\n+4e2,5.\n");
    CHECK(table.numbers("a") == Array{1, -3, 400});
    CHECK(table.numbers("b") == Array{2.5f, 0.1f, 5});
    CHECK(table.numbers<double>("b") == Array64{2.5, 0.1, 5});
    CHECK(table.matrix() == Array{{1, 2.5f}, {-3, 0.1f}, {400, 5}});
    CHECK(to_string(read("a,b\n").numbers("a").shape()) == "(0)");
    CHECK(to_string(read("a,b\n").matrix().shape()) == "(0, 2)");
}

TEST_CASE("numbers may have a comma for their decimal sign") {
    const data::Table table = read("a;b\n1,5;-2\n3;1,25e2\n", {.separator = ';', .decimal = ','});
    CHECK(table.matrix() == Array{{1.5f, -2}, {3, 125}});
    CHECK_THROWS_WITH_AS(read("a\n1.5\n", {.separator = ';', .decimal = ','}).matrix(),
                         "x: expected a number, got \"1.5\" at line 2, column 1 (\"a\")", DataError);
    CHECK_THROWS_WITH_AS(read("a\n1,5,2\n", {.separator = ';', .decimal = ','}).matrix(),
                         "x: expected a number, got \"1,5,2\" at line 2, column 1 (\"a\")", DataError);
}

TEST_CASE("missing numbers are refused, or replaced by a number or the mean") {
    const data::Table table = read(people);
    CHECK(table.missing("age") == 1);
    CHECK(table.missing("city") == 1);
    CHECK_THROWS_WITH_AS(table.numbers("age"),
                         "x: expected a number, got \"\", which is missing, at line 3, column 1 (\"age\")", DataError);
    CHECK(table.numbers("age", -1) == Array{30, -1, 50, 40});
    CHECK(table.numbers("age", Missing::mean()) == Array{30, 40, 50, 40});
    CHECK(table.numbers<double>("income", Missing::mean()) == Array64{2.5, 3, -1.5, -10});
    CHECK(read("a,b\n,1\n2,\n").matrix(7) == Array{{7, 1}, {2, 7}});
    CHECK(read("a,b\n,1\n2,\n").matrix(Missing::mean()) == Array{{2, 1}, {2, 1}});
    CHECK_THROWS_WITH_AS(read("a,b\n,1\n").numbers("a", Missing::mean()),
                         "x: expected numbers to take the mean of in column 1 (\"a\"), got none", DataError);
}

TEST_CASE("rows with missing values can be left out") {
    const data::Table table = read(people);
    const data::Table whole = table.drop_missing();
    CHECK(whole.rows() == 2);
    CHECK(whole.numbers("age") == Array{30, 40});
    CHECK(whole.text(1, "income") == "-1e1");
    CHECK(whole.place(1, 2) == "line 5, column 3 (\"income\")");
    CHECK(table.drop_missing({"age"}).rows() == 3);
    CHECK(table.drop_missing({"age", "city"}).numbers("age") == Array{30, 40});
    CHECK(table.rows() == 4);
}

TEST_CASE("what counts as missing can be told") {
    const data::Table table = read("a,b\n-999,NA\n1,\n", {.missing = {"-999"}});
    CHECK(table.numbers("a", Missing::mean()) == Array{1, 1});
    CHECK(table.missing("b") == 0);
    CHECK(table.categories("b").names == Strings{"", "NA"});
    CHECK_THROWS_WITH_AS(read("a\n\"\"\n", {.missing = {}}).numbers("a"),
                         "x: expected a number, got \"\" at line 2, column 1 (\"a\")", DataError);
}

TEST_CASE("categories are sorted, in the order seen, or given") {
    const data::Table table = read("c\nb\n\"a,\"\"\"\nb\n\u00e9\nZ\n");
    const data::Categories sorted = table.categories("c");
    CHECK(sorted.names == Strings{"Z", "a,\"", "b", "\u00e9"});
    CHECK(sorted.indices == IndexArray{2, 1, 2, 3, 0});
    const data::Categories seen = table.categories("c", {.first_seen = true});
    CHECK(seen.names == Strings{"b", "a,\"", "\u00e9", "Z"});
    CHECK(seen.indices == IndexArray{0, 1, 0, 2, 3});
    const data::Categories given = read("c\nyes\nno\n").categories("c", {.names = {"yes", "maybe", "no"}});
    CHECK(given.names == Strings{"yes", "maybe", "no"});
    CHECK(given.indices == IndexArray{0, 2});
    CHECK_THROWS_WITH_AS(read("c\nyes\nNo\n").categories("c", {.names = {"yes", "no"}}),
                         "x: expected one of \"yes\", \"no\", got \"No\" at line 3, column 1 (\"c\")", DataError);
    CHECK_THROWS_WITH_AS(table.categories("c", {.names = {"b", "b"}}),
                         "Table::categories: expected categories that differ, got \"b\", \"b\"", ConfigError);
}

TEST_CASE("missing categories are refused or have a category of their own") {
    const data::Table table = read(people);
    CHECK_THROWS_WITH_AS(table.categories("city"),
                         "x: expected a category, got \"?\", which is missing, at line 4, column 2 (\"city\")",
                         DataError);
    const data::Categories cities = table.categories("city", {.missing = "unknown"});
    CHECK(cities.names == Strings{"Lyon", "Paris", "unknown"});
    CHECK(cities.indices == IndexArray{1, 0, 2, 1});
}

TEST_CASE("features put numbers, indices and one-hot columns side by side") {
    const data::Table table = read(people);
    const data::Features features = table.features({Column::one_hot("city", {.missing = "none"}),
                                                    {"age", Missing::mean()},
                                                    Column::index("city", {.missing = "none"})});
    CHECK(features.names == Strings{"city=Lyon", "city=Paris", "city=none", "age", "city"});
    CHECK(features.values == Array{{0, 1, 0, 30, 1}, {1, 0, 0, 40, 0}, {0, 0, 1, 50, 2}, {0, 1, 0, 40, 1}});
    CHECK(read("a,b\n0.1,2\n").features<double>({"b", "a"}).values == Array64{{2, 0.1}});
    CHECK(to_string(read("a,b\n").features({Column::one_hot("a")}).values.shape()) == "(0, 0)");
    CHECK_THROWS_WITH_AS(table.features({}), "Table::features: expected at least one column, got none", ConfigError);
}

TEST_CASE("the columns of one table's features encode another table in the same way") {
    const data::Table train = read("x,c\n1,b\n,a\n3,c\n"), test = read("c,x\nc,\na,5\n");
    const auto columns = train.features({{"x", Missing::mean()}, Column::one_hot("c")}).columns;
    CHECK(test.features(columns).values == Array{{2, 0, 0, 1}, {5, 1, 0, 0}});
    CHECK_THROWS_WITH_AS(read("c,x\nd,1\n").features(columns),
                         "x: expected one of \"a\", \"b\", \"c\", got \"d\" at line 2, column 1 (\"c\")", DataError);
}

TEST_CASE("a one-hot encoding of more categories than are found by itself can be given them") {
    std::string text = "id\n";
    Strings names;
    for (std::size_t i = 0; i < 1500; ++i) {
        names.push_back(std::to_string(i));
        text += names.back() + "\n";
    }
    CHECK_THROWS_WITH_AS(read(text).features({Column::one_hot("id")}),
                         "x: expected at most 1024 categories for a one-hot encoding, got 1500 in column 1 (\"id\")",
                         DataError);
    const Array eye = read(text).features({Column::one_hot("id", {.names = names})}).values;
    CHECK(to_string(eye.shape()) == "(1500, 1500)");
    CHECK(eye(3, 3) == 1);
    CHECK(eye(3, 4) == 0);
}

TEST_CASE("features and classes make a data set") {
    const data::Table table = read("a,b,kind\n1,2,dog\n3,4,cat\n");
    const data::Categories kinds = table.categories("kind");
    const data::TensorDataset set(table.features({"a", "b"}).values, kinds.indices, kinds.names.size());
    CHECK(set.size() == 2);
    CHECK(set.get(0).second == 1);
    CHECK(set.get(1).first == Array{3, 4});
}

TEST_CASE("rows and columns that are not there are refused") {
    const data::Table table = read("a,b\n1,2\n");
    CHECK_THROWS_WITH_AS(table.numbers("c"), "x: expected a column \"c\", got \"a\", \"b\"", DataError);
    CHECK_THROWS_WITH_AS(table.features({"a", "c"}), "x: expected a column \"c\", got \"a\", \"b\"", DataError);
    CHECK_THROWS_WITH_AS(table.drop_missing({"c"}), "x: expected a column \"c\", got \"a\", \"b\"", DataError);
    CHECK_THROWS_WITH_AS(table.text(1, "a"), "x: expected a row below 1, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(table.place(0, 2), "x: expected a column below 2, got 2", ConfigError);
    CHECK(read("1,2\n", {.header = false}).place(0, 1) == "line 1, column 2");
    std::string many;
    for (int i = 0; i < 30; ++i) many += (i == 0 ? "" : ",") + std::to_string(i);
    std::string first_20;
    for (int i = 0; i < 20; ++i) first_20 += "\"" + std::to_string(i) + "\", ";
    CHECK_THROWS_WITH_AS(read(many).column("x"), ("x: expected a column \"x\", got " + first_20 + "...").c_str(),
                         DataError);
}

#include "data/golden.hpp"
#include "files/allocations.hpp"
#include "files/check_golden.hpp"

#include <xtape/data/csv.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::bytes;
using support::Bytes;
using Strings = std::vector<std::string>;

namespace {

data::Table read(const std::string& text, const data::CsvOptions& options = {}) {
    return data::read_csv(bytes(text), "x", options);
}

Strings column(const data::Table& table, const std::string& name) {
    Strings cells;
    for (std::size_t row = 0; row < table.rows(); ++row) cells.push_back(table.text(row, name));
    return cells;
}

}  // namespace

TEST_CASE("a CSV file has the columns of its header") {
    const data::Table table = read("age,sex,bmi\n19,female,27.9\n18,male,33.77\n");
    CHECK(table.rows() == 2);
    CHECK(table.columns() == 3);
    CHECK(table.names() == Strings{"age", "sex", "bmi"});
    CHECK(table.column("bmi") == 2);
    CHECK(column(table, "sex") == Strings{"female", "male"});
    CHECK(column(table, "bmi") == Strings{"27.9", "33.77"});
}

TEST_CASE("a CSV file without a header has numbered or given names") {
    const data::Table numbered = read("1,2\n3,4\n", {.header = false});
    CHECK(numbered.names() == Strings{"0", "1"});
    CHECK(column(numbered, "1") == Strings{"2", "4"});
    const data::Table given = read("1,2\n3,4\n", {.header = false, .names = {"x", "y"}});
    CHECK(column(given, "y") == Strings{"2", "4"});
    const data::Table replaced = read("a,a\n3,4\n", {.names = {"x", "y"}});
    CHECK(replaced.names() == Strings{"x", "y"});
    CHECK(column(replaced, "y") == Strings{"4"});
    CHECK(read("a,b\n").rows() == 0);
}

TEST_CASE("lines end with LF, CRLF or CR, the last with the file") {
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        for (const std::string& last : {end, std::string()}) {
            INFO(bytes(end).size(), " ", last.size());
            const data::Table table = read("a,b" + end + "1,2" + end + end + "3,4" + last);
            CHECK(column(table, "a") == Strings{"1", "3"});
            CHECK(column(table, "b") == Strings{"2", "4"});
        }
    }
}

TEST_CASE("a cell in quotes may hold separators, line ends and quotes") {
    const data::Table table = read("a,b\n\"1,2\",\"x\r\ny\"\n\"say \"\"no\"\"\",\"\"\n5\" disk,a\"\"b\n\"\"\"\",2\n");
    CHECK(column(table, "a") == Strings{"1,2", "say \"no\"", "5\" disk", "\""});
    CHECK(column(table, "b") == Strings{"x\r\ny", "", "a\"\"b", "2"});
    CHECK(read("\"a\nb\",c\n1,2\n").names() == Strings{"a\nb", "c"});
}

TEST_CASE("a byte-order mark is no part of the first name") {
    CHECK(read("\xEF\xBB\xBF"
               "age,b\n1,2\n")
              .names() == Strings{"age", "b"});
    CHECK(read("\xEF\xBB\xBF\"a\",b\n1,2\n").names() == Strings{"a", "b"});
    CHECK(column(read("n\u00e4me\nM\u00fcller\n"), "n\u00e4me") == Strings{"M\u00fcller"});
}

TEST_CASE("the separator may be another one") {
    CHECK(column(read("a;b\n1,5;2\n", {.separator = ';', .decimal = ','}), "a") == Strings{"1,5"});
    CHECK(column(read("a\tb\n\t x\n", {.separator = '\t'}), "b") == Strings{" x"});
    CHECK(column(read("a\tb\n\t x \n", {.separator = '\t', .trim = true}), "b") == Strings{"x"});
    CHECK(column(read("a\tb\n\t\n", {.separator = '\t', .trim = true}), "a") == Strings{""});
}

TEST_CASE("runs of spaces and tabs separate where the separator is a space") {
    const data::Table table = read("  a  b\tc\n1 2 3 \n\t4\t 5  6\n\n\"x y\" 8 \"\"\n", {.separator = ' '});
    CHECK(table.names() == Strings{"a", "b", "c"});
    CHECK(column(table, "a") == Strings{"1", "4", "x y"});
    CHECK(column(table, "b") == Strings{"2", "5", "8"});
    CHECK(column(table, "c") == Strings{"3", "6", ""});
    CHECK_THROWS_WITH_AS(
        read("a b\n\"1\"2 3\n", {.separator = ' '}),
        "x: expected a separator or the end of the line behind the closing quote, got \"2 3\" at line 2, column 1",
        DataError);
}

TEST_CASE("blanks around cells are kept unless they are trimmed") {
    const std::string text = "a, b ,c\n 1 , x y , \"q\" \n";
    CHECK_THROWS_WITH_AS(read(text).column("b"), "x: expected a column \"b\", got \"a\", \" b \", \"c\"", DataError);
    CHECK(column(read(text), "c") == Strings{" \"q\" "});
    const data::Table trimmed = read(text, {.trim = true});
    CHECK(trimmed.place(0, 2) == "line 2, column 3 (\"c\")");
    CHECK(trimmed.names() == Strings{"a", "b", "c"});
    CHECK(column(trimmed, "b") == Strings{"x y"});
    CHECK(column(trimmed, "c") == Strings{"q"});
}

TEST_CASE("lines that begin with the comment sign are skipped") {
    const data::Table table = read("# made by hand, \"\na,b\n#1,2,3\n3,#4\n#", {.comment = '#'});
    CHECK(column(table, "a") == Strings{"3"});
    CHECK(column(table, "b") == Strings{"#4"});
    CHECK(column(read("a\n#1\n"), "a") == Strings{"#1"});
}

TEST_CASE("gzip is recognised by content, and a missing file has a name") {
    const support::TemporaryFolder folder;
    CHECK(column(data::read_csv(folder.write("packed", support::gzip(bytes("a\n1\n")))), "a") == Strings{"1"});
    CHECK(column(data::read_csv(folder.write("plain.gz", bytes("a\n1\n"))), "a") == Strings{"1"});
    CHECK_THROWS_WITH_AS(data::read_csv(folder.path() / "none"),
                         (folder.path().string() + "/none: cannot read: No such file or directory").c_str(), IoError);
}

TEST_CASE("every bad CSV file is refused with what is wrong and where") {
    const auto read_columns = [](const Bytes& content) {
        const data::Table table = data::read_csv(content, "x");
        table.numbers("n");
        table.categories("c");
        table.features({"n", data::Column::one_hot("c")});
    };
    support::check_refused(support::golden_csv(), read_columns);
    support::check_read(support::golden_csv(), read_columns);
}

TEST_CASE("CSV options that cannot be are refused") {
    CHECK_THROWS_WITH_AS(read("a", {.separator = '"'}),
                         "read_csv: expected a separator that is neither a quote nor a line end nor NUL, got \"\"\"",
                         ConfigError);
    CHECK_THROWS_WITH_AS(read("a", {.separator = '\n'}),
                         "read_csv: expected a separator that is neither a quote nor a line end nor NUL, got \"\\x0a\"",
                         ConfigError);
    CHECK_THROWS_WITH_AS(read("a", {.decimal = ';'}),
                         "read_csv: expected a decimal sign that is a point or a comma, got \";\"", ConfigError);
    CHECK_THROWS_WITH_AS(read("a", {.decimal = ','}),
                         "read_csv: expected a decimal sign other than the separator, got \",\"", ConfigError);
    CHECK_THROWS_WITH_AS(
        read("a", {.comment = ','}),
        "read_csv: expected a comment sign that is neither a quote nor a line end nor the separator, got \",\"",
        ConfigError);
    CHECK_THROWS_WITH_AS(read("a,b", {.names = {"n", "n"}}), "read_csv: expected names that differ, got \"n\", \"n\"",
                         ConfigError);
    CHECK_THROWS_WITH_AS(read("a,b\n", {.names = {"n"}}),
                         "x: expected 1 columns, as many as names are given, got 2 at line 1", DataError);
    CHECK_THROWS_WITH_AS(read("", {.header = false}), "x: expected at least one row, got the end of the file at line 1",
                         DataError);
}

TEST_CASE("gzip that grows by more than text does is refused") {
    const Bytes member = support::gzip(Bytes(3'000'000, std::byte{'\n'}));
    Bytes bomb;
    for (int i = 0; i < 90; ++i) bomb.insert(bomb.end(), member.begin(), member.end());
    CHECK_THROWS_WITH_AS(data::read_csv(bomb, "x"), "x: expected at most 268435456 bytes after decompression, got more",
                         DataError);
}

TEST_CASE("more columns than are read are refused") {
    CHECK_THROWS_WITH_AS(read(std::string(data::max_csv_columns, ',')),
                         "x: expected at most 1048576 columns, got 1048577 at line 1", DataError);
}

TEST_CASE("small CSV files ask for little memory, whatever they say") {
    for (const Bytes& content :
         {bytes(",,,,,,,,,,,,"), bytes("\"\"\"\"\"\"\"\"\"\"\"\""), bytes("a\n1e99999999"),
          bytes("\n\n\n\n\n\n\n\n\n\n\n\n"), Bytes{std::byte{0x1f}, std::byte{0x8b}, std::byte{8}},
          support::gzip(Bytes(10'000, std::byte{','}))}) {
        const std::size_t asked = support::bytes_asked_by([&] {
            try {
                data::read_csv(content, "x").matrix();
            } catch (const DataError&) {
            }
        });
        CHECK(asked < (1 << 20));
    }
    for (const support::Golden& golden : support::golden_csv()) {
        INFO(golden.name);
        const std::size_t asked = support::bytes_asked_by([&] {
            try {
                data::read_csv(golden.bytes, "x").categories("c");
            } catch (const DataError&) {
            }
        });
        CHECK(asked < (1 << 20));
    }
}

#include "data/golden.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/folder.hpp>
#include <xtape/data/usps.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace xtape;
using support::bytes;
using support::usps_line;

namespace {

std::vector<int> histogram(const IndexArray& labels) {
    std::vector<int> counts(10);
    for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
    return counts;
}

}  // namespace

TEST_CASE("usps reads its two files in either form") {
    const support::TemporaryFolder folder;
    folder.write("usps_train.csv.gz", support::gzip(bytes(usps_line("3", "-0.5", ",") + usps_line("0", "1", ","))));
    folder.write("zip.test", bytes(usps_line("9", "0.25", " ")));
    const auto [train, test] = data::usps(folder.path());
    CHECK(to_string(train.features().shape()) == "(2, 256)");
    CHECK(train.labels() == IndexArray{3, 0});
    CHECK(train.classes() == 10);
    CHECK(train.features()(0, 255) == -0.5f);
    CHECK(test.labels() == IndexArray{9});
    CHECK(test.features()(0, 0) == 0.25f);

    const data::Usps images = data::usps(folder.path(), {.image = true, .unit_range = true});
    CHECK(to_string(images.train.features().shape()) == "(2, 1, 16, 16)");
    CHECK(images.train.features()(0, 0, 3, 3) == 0.25f);
    CHECK(images.train.features()(1, 0, 0, 0) == 1.f);
    CHECK(images.test.features()(0, 0, 15, 15) == 0.625f);
}

TEST_CASE("usps without its files tells their names and where they can be had") {
    const auto missing = [](const std::string& got) {
        return "usps: expected a folder with the files zip.train.gz or usps_train.csv.gz, zip.test.gz or "
               "usps_test.csv.gz (or the "
               "same without .gz), got " +
               got +
               ". They can be had from https://hastie.su.domains/ElemStatLearn/data.html; scripts/get-data usps DIR "
               "fetches them "
               "into DIR/usps. Name the folder with --data DIR or in the environment variable XTAPE_DATA";
    };
    const support::TemporaryFolder folder;
    CHECK_THROWS_WITH_AS(data::usps(""), missing("no folder").c_str(), IoError);
    folder.write("zip.train", bytes(usps_line("3", "0", " ")));
    CHECK_THROWS_WITH_AS(data::usps(folder.path()),
                         missing("\"" + folder.path().string() + "\" without zip.test").c_str(), IoError);
}

TEST_CASE("usps names the file that is damaged") {
    const support::TemporaryFolder folder;
    folder.write("zip.train", bytes(usps_line("3", "0", " ")));
    folder.write("zip.test", bytes(usps_line("3", "2", " ")));
    CHECK_THROWS_WITH_AS(
        data::usps(folder.path()),
        (folder.path().string() + "/zip.test: expected a grey value from -1 to 1, got \"2\" at line 1, column 2")
            .c_str(),
        DataError);
}

TEST_CASE("the known USPS files have the known counts" * doctest::skip(std::getenv("XTAPE_DATA") == nullptr)) {
    const auto [train, test] = data::usps(data::data_folder("", "usps"));
    CHECK(to_string(train.features().shape()) == "(7291, 256)");
    CHECK(to_string(test.features().shape()) == "(2007, 256)");
    CHECK(histogram(train.labels()) == std::vector<int>{1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644});
    CHECK(histogram(test.labels()) == std::vector<int>{359, 264, 198, 166, 200, 160, 170, 147, 166, 177});
    CHECK(*std::min_element(train.features().begin(), train.features().end()) == -1.f);
    CHECK(*std::max_element(train.features().begin(), train.features().end()) == 1.f);
    CHECK(train.features()(0, 7) == -0.631f);
}

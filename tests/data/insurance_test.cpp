#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/folder.hpp>
#include <xtape/data/insurance.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::bytes;

namespace {

// The first three rows of the known file, and one of a region that they lack.
const std::string slice =
    "age,sex,bmi,children,smoker,region,charges\n19,female,27.9,0,yes,southwest,16884.924\n"
    "18,male,33.77,1,no,southeast,1725.5523\n28,male,33,3,no,southeast,4449.462\n33,male,22.705,0,no,northwest,21984."
    "47061\n";

std::string missing(const std::string& got) {
    return "insurance: expected a folder with the file insurance.csv.gz (or the same without .gz), got " + got +
           ". It can be had from https://github.com/stedy/Machine-Learning-with-R-datasets; scripts/get-data insurance "
           "DIR fetches "
           "it into DIR/insurance. Name the folder with --data DIR or in the environment variable XTAPE_DATA";
}

}  // namespace

TEST_CASE("insurance reads its file or the folder that has it") {
    const support::TemporaryFolder folder;
    const auto file = folder.write("insurance.csv", bytes(slice));
    for (const auto& path : {file, folder.path()}) {
        const data::Insurance insurance = data::insurance(path);
        CHECK(insurance.names == std::vector<std::string>{"age", "sex", "bmi", "children", "smoker", "region=northeast",
                                                          "region=northwest", "region=southeast", "region=southwest"});
        CHECK(insurance.features == Array{{19, 0, 27.9f, 0, 1, 0, 0, 0, 1},
                                          {18, 1, 33.77f, 1, 0, 0, 0, 1, 0},
                                          {28, 1, 33, 3, 0, 0, 0, 1, 0},
                                          {33, 1, 22.705f, 0, 0, 0, 1, 0, 0}});
        CHECK(insurance.target == Array{{16884.924f}, {1725.5523f}, {4449.462f}, {21984.47061f}});
    }
}

TEST_CASE("insurance prefers the subfolder of its name") {
    const support::TemporaryFolder folder;
    folder.write("insurance.csv", bytes(slice + slice.substr(slice.find('\n') + 1)));
    std::filesystem::create_directory(folder.path() / "insurance");
    CHECK_THROWS_WITH_AS(data::insurance(folder.path()),
                         missing("\"" + folder.path().string() + "/insurance\" without insurance.csv").c_str(),
                         IoError);
    folder.write("insurance/insurance.csv", bytes(slice));
    CHECK(to_string(data::insurance(folder.path()).features.shape()) == "(4, 9)");
}

TEST_CASE("insurance without its file tells its name and where it can be had") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK_THROWS_WITH_AS(data::insurance(""), missing("no folder").c_str(), IoError);
    CHECK_THROWS_WITH_AS(data::insurance(folder.path()), missing("\"" + path + "\" without insurance.csv").c_str(),
                         IoError);
    CHECK_THROWS_WITH_AS(data::insurance(folder.path() / "no.csv"),
                         missing("\"" + path + "/no.csv\", which is not a folder").c_str(), IoError);
}

TEST_CASE("insurance refuses other tables and other words") {
    const support::TemporaryFolder folder;
    const std::string file = (folder.path() / "insurance.csv").string();
    folder.write("insurance.csv", bytes("age,bmi\n1,2\n"));
    CHECK_THROWS_WITH_AS(data::insurance(file), (file + ": expected a column \"sex\", got \"age\", \"bmi\"").c_str(),
                         DataError);
    folder.write("insurance.csv", bytes(slice + "33,Male,22,0,no,northwest,21984\n"));
    CHECK_THROWS_WITH_AS(
        data::insurance(file),
        (file + ": expected one of \"female\", \"male\", got \"Male\" at line 6, column 2 (\"sex\")").c_str(),
        DataError);
}

TEST_CASE("the known insurance file has the known counts" * doctest::skip(std::getenv("XTAPE_DATA") == nullptr)) {
    const char* const data = std::getenv("XTAPE_DATA");
    // It may also lie among other small files.
    const auto folder = data::data_folder("", "insurance"), small = std::filesystem::path(data) / "small";
    const data::Insurance insurance =
        data::insurance(std::filesystem::exists(small / "insurance.csv") ? small : folder);
    CHECK(to_string(insurance.features.shape()) == "(1338, 9)");
    std::vector<double> sums(9);
    double charges = 0;
    for (std::size_t row = 0; row < 1338; ++row) {
        for (std::size_t i = 0; i < 9; ++i) sums[i] += insurance.features(row, i);
        charges += insurance.target(row, 0);
    }
    CHECK(sums[1] == 676);
    CHECK(sums[3] == 324 + 2 * 240 + 3 * 157 + 4 * 25 + 5 * 18);
    CHECK(sums[4] == 274);
    CHECK(std::vector<double>(sums.begin() + 5, sums.end()) == std::vector<double>{324, 325, 364, 325});
    CHECK(charges / 1338 == doctest::Approx(13270.42).epsilon(1e-6));
}

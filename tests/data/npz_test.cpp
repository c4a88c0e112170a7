#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/npz.hpp>
#include <xtape/files/npz.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

std::filesystem::path write(const support::TemporaryFolder& folder) {
    const BasicArray<std::uint8_t> images{{0, 255}, {7, 1}, {2, 2}};
    const IndexArray labels{1, 0, 3};
    const Array weights{1, 2, 3};
    const std::filesystem::path path = folder.path() / "set.npz";
    files::write_npz(path, std::vector{files::stored("x_train", images), files::stored("y_train", labels),
                                       files::stored("weights", weights)});
    return path;
}

}  // namespace

TEST_CASE("a data set is made of two arrays of an .npz file") {
    const support::TemporaryFolder folder;
    const data::TensorDataset set = data::load_npz(write(folder), "x_train", "y_train");
    CHECK(set.features() == Array{{0, 255}, {7, 1}, {2, 2}});
    CHECK(set.labels() == IndexArray{1, 0, 3});
    CHECK(set.classes() == 4);
    CHECK(data::load_npz(folder.path() / "set.npz", "weights", "y_train", 10).classes() == 10);
}

TEST_CASE("load_npz refuses names that are not there and arrays that do not fit") {
    const support::TemporaryFolder folder;
    const std::filesystem::path path = write(folder);
    CHECK_THROWS_WITH_AS(
        data::load_npz(path, "x", "y_train"),
        (path.string() + ": expected an array \"x\", got \"x_train\", \"y_train\", \"weights\"").c_str(), DataError);
    CHECK_THROWS_WITH_AS(data::load_npz(path, "x_train", "weights"),
                         (path.string() + ": \"weights\": expected integers, got float32").c_str(), DataError);
    CHECK_THROWS_WITH_AS(data::load_npz(path, "x_train", "x_train", 0, Location()),
                         "TensorDataset: expected features (N, ...) and labels (N), got (3, 2) and (3, 2)", ShapeError);
    CHECK_THROWS_WITH_AS(data::load_npz(path, "x_train", "y_train", 3, Location()),
                         "TensorDataset: expected labels from 0 to 2, got 3 in row 2", DataError);
}

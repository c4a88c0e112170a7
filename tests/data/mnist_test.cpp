#include "data/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/folder.hpp>
#include <xtape/data/mnist.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::bytes;
using support::Bytes;
using support::idx;

namespace {

constexpr std::size_t pixels = 28 * 28;

// Image i is filled with grey value first + i.
Bytes images(std::uint32_t count, unsigned first = 0) {
    Bytes values;
    for (unsigned i = 0; i < count; ++i) values.insert(values.end(), pixels, static_cast<std::byte>(first + i));
    return idx({count, 28, 28}, values);
}

// Three rows to train and two to test, some files packed, some not.
void write_small(const support::TemporaryFolder& folder) {
    folder.write("train-images-idx3-ubyte.gz", support::gzip(images(3, 253)));
    folder.write("train-labels-idx1-ubyte", idx({3}, bytes({7, 0, 9})));
    folder.write("t10k-images-idx3-ubyte", images(2));
    folder.write("t10k-labels-idx1-ubyte.gz", support::gzip(idx({2}, bytes({1, 2}))));
}

std::string missing(
    const std::string& got, const std::string& set = "mnist",
    const std::string& source = "https://ossci-datasets.s3.amazonaws.com/mnist/ or http://yann.lecun.com/exdb/mnist/") {
    return set +
           ": expected a folder with the files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
           "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz (or the same without .gz), got " +
           got + ". They can be had from " + source + "; scripts/get-data " + set + " DIR fetches them into DIR/" +
           set + ". Name the folder with --data DIR or in the environment variable XTAPE_DATA";
}

std::vector<int> histogram(const IndexArray& labels) {
    std::vector<int> counts(10);
    for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
    return counts;
}

}  // namespace

TEST_CASE("mnist reads its four files, packed or not") {
    const support::TemporaryFolder folder;
    write_small(folder);
    const auto [train, test] = data::mnist(folder.path());
    CHECK(to_string(train.features().shape()) == "(3, 784)");
    CHECK(train.labels() == IndexArray{7, 0, 9});
    CHECK(train.classes() == 10);
    CHECK(train.features()(0, 0) == 253.f / 255.f);
    CHECK(train.features()(2, 783) == 1.f);
    CHECK(to_string(test.features().shape()) == "(2, 784)");
    CHECK(test.labels() == IndexArray{1, 2});
    CHECK(test.features()(0, 5) == 0.f);
    CHECK(test.features()(1, 5) == 1.f / 255.f);
    CHECK(to_string(data::mnist(folder.path(), {.image = true}).test.features().shape()) == "(2, 1, 28, 28)");
}

TEST_CASE("mnist without its files tells their names and where they can be had") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK_THROWS_WITH_AS(data::mnist(""), missing("no folder").c_str(), IoError);
    CHECK_THROWS_WITH_AS(data::mnist(folder.path() / "none"),
                         missing("\"" + path + "/none\", which is not a folder").c_str(), IoError);
    write_small(folder);
    std::filesystem::remove(folder.path() / "train-labels-idx1-ubyte");
    CHECK_THROWS_WITH_AS(data::mnist(folder.path()),
                         missing("\"" + path + "\" without train-labels-idx1-ubyte").c_str(), IoError);
    std::filesystem::remove(folder.path() / "t10k-images-idx3-ubyte");
    CHECK_THROWS_WITH_AS(data::mnist(folder.path()),
                         missing("\"" + path + "\" without train-labels-idx1-ubyte, t10k-images-idx3-ubyte").c_str(),
                         IoError);
}

TEST_CASE("fashion_mnist reads the files of the same names") {
    const support::TemporaryFolder folder;
    write_small(folder);
    const auto [train, test] = data::fashion_mnist(folder.path(), {.image = true});
    CHECK(to_string(train.features().shape()) == "(3, 1, 28, 28)");
    CHECK(test.labels() == IndexArray{1, 2});
    CHECK(data::fashion_mnist_classes[9] == "Ankle boot");
    CHECK_THROWS_WITH_AS(data::fashion_mnist(""),
                         missing("no folder", "fashion-mnist",
                                 "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/ or "
                                 "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion")
                             .c_str(),
                         IoError);
}

TEST_CASE("mnist refuses files that do not belong together") {
    const support::TemporaryFolder folder;
    write_small(folder);
    const std::string path = folder.path().string() + "/";

    folder.write("t10k-labels-idx1-ubyte.gz", support::gzip(idx({3}, bytes({1, 2, 3}))));
    CHECK_THROWS_WITH_AS(data::mnist(folder.path()),
                         (path + "t10k-labels-idx1-ubyte.gz: expected one label for each of the 2 images in " + path +
                          "t10k-images-idx3-ubyte, got 3 labels")
                             .c_str(),
                         DataError);
    folder.write("t10k-labels-idx1-ubyte.gz", images(2));
    CHECK_THROWS_WITH_AS(data::mnist(folder.path()),
                         (path + "t10k-labels-idx1-ubyte.gz: expected labels of shape (N), got (2, 28, 28)").c_str(),
                         DataError);
    folder.write("train-images-idx3-ubyte.gz", idx({3}, bytes({1, 2, 3})));
    CHECK_THROWS_WITH_AS(data::mnist(folder.path()),
                         (path + "train-images-idx3-ubyte.gz: expected images of shape (N, 28, 28), got (3)").c_str(),
                         DataError);
    folder.write("train-images-idx3-ubyte.gz", idx({1, 28, 29}, Bytes(28 * 29)));
    CHECK_THROWS_WITH_AS(
        data::mnist(folder.path()),
        (path + "train-images-idx3-ubyte.gz: expected images of shape (N, 28, 28), got (1, 28, 29)").c_str(),
        DataError);
}

TEST_CASE("mnist refuses labels above 9 and damaged files") {
    const support::TemporaryFolder folder;
    write_small(folder);
    const std::string path = folder.path().string() + "/";

    folder.write("train-labels-idx1-ubyte", idx({3}, bytes({7, 200, 10})));
    CHECK_THROWS_WITH_AS(data::mnist(folder.path()),
                         (path + "train-labels-idx1-ubyte: expected labels from 0 to 9, got 200 in row 1").c_str(),
                         DataError);
    folder.write("train-labels-idx1-ubyte", bytes("<!DOCTYPE html><html>404</html>"));
    CHECK_THROWS_WITH_AS(
        data::mnist(folder.path()),
        (path + "train-labels-idx1-ubyte: expected an IDX file (00 00, type 08, rank 01 to 04), got 3C 21 44 "
                "4F; this looks like an HTML page instead of the data at byte 0")
            .c_str(),
        DataError);
    Bytes cut = support::gzip(images(3));
    cut.resize(25);
    folder.write("train-images-idx3-ubyte.gz", cut);
    CHECK_THROWS_WITH_AS(
        data::mnist(folder.path()),
        (path + "train-images-idx3-ubyte.gz: expected more gzip data, got the end of the file at byte 25 "
                "(truncated)")
            .c_str(),
        DataError);
}

TEST_CASE("the official MNIST files have the published counts" * doctest::skip(std::getenv("XTAPE_DATA") == nullptr)) {
    // Class counts and pixel statistics (mean 0.1307, standard deviation 0.3081) as published for the official files.
    const auto [train, test] = data::mnist(data::data_folder("", "mnist"));
    CHECK(to_string(train.features().shape()) == "(60000, 784)");
    CHECK(to_string(test.features().shape()) == "(10000, 784)");
    CHECK(histogram(train.labels()) == std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
    CHECK(histogram(test.labels()) == std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
    double sum = 0, squares = 0;
    for (const float pixel : train.features()) {
        sum += pixel;
        squares += static_cast<double>(pixel) * pixel;
    }
    const double mean = sum / (60000 * 784.0);
    CHECK(mean == doctest::Approx(0.1307).epsilon(0.001));
    CHECK(squares / (60000 * 784.0) - mean * mean == doctest::Approx(0.3081 * 0.3081).epsilon(0.001));
}

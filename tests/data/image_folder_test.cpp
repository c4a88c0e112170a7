#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/image_folder.hpp>
#include <xtape/data/png.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using Strings = std::vector<std::string>;

namespace {

data::ByteArray gray(std::size_t height, std::size_t width, std::uint8_t value) {
    return data::ByteArray(Shape{height, width, 1}, value);
}

// A picture whose three channels are filled with these.
data::ByteArray colored(std::size_t height, std::size_t width, std::uint8_t red, std::uint8_t green,
                        std::uint8_t blue) {
    data::ByteArray image(Shape{height, width, 3});
    for (std::size_t i = 0; i < height * width; ++i) {
        const std::uint8_t color[] = {red, green, blue};
        std::copy_n(color, 3, image.data() + 3 * i);
    }
    return image;
}

void write(const std::filesystem::path& file, const data::ByteArray& image) {
    std::filesystem::create_directories(file.parent_path());
    data::write_png(file, image);
}

// Two dogs and a cat, and what must not disturb.
void write_animals(const support::TemporaryFolder& folder) {
    write(folder.path() / "dog" / "2.png", gray(2, 3, 51));
    write(folder.path() / "dog" / "10.PNG", gray(2, 3, 255));
    write(folder.path() / "cat" / "1.png", gray(2, 3, 0));
    folder.write("README.txt", support::bytes("not a class"));
    std::filesystem::create_directory(folder.path() / ".hidden");
    std::ofstream(folder.path() / "dog" / ".hidden") << "x";
}

}  // namespace

TEST_CASE("an image folder has its subfolders as classes and their files, sorted") {
    const support::TemporaryFolder folder;
    write_animals(folder);
    const data::ImageFolder set = data::image_folder(folder.path());
    CHECK(set.size() == 3);
    CHECK(set.classes() == Strings{"cat", "dog"});
    CHECK(set.file(0) == folder.path() / "cat" / "1.png");
    CHECK(set.file(1) == folder.path() / "dog" / "10.PNG");
    CHECK(set.file(2) == folder.path() / "dog" / "2.png");
    const auto [image, label] = set.get(2);
    CHECK(to_string(image.shape()) == "(1, 2, 3)");
    CHECK(image(0, 1, 2) == 0.2f);
    CHECK(label == 1);
    CHECK(set.get(0).second == 0);
}

TEST_CASE("an image folder can be loaded as a whole") {
    const support::TemporaryFolder folder;
    write_animals(folder);
    const data::ImageFolder set = data::image_folder(folder.path());
    const data::TensorDataset loaded = set.load();
    CHECK(to_string(loaded.features().shape()) == "(3, 1, 2, 3)");
    CHECK(loaded.labels() == IndexArray{0, 1, 1});
    CHECK(loaded.classes() == 2);
    for (std::size_t i = 0; i < set.size(); ++i) CHECK(loaded.get(i).first == set.get(i).first);
}

TEST_CASE("pictures get the channels that are asked for") {
    const support::TemporaryFolder folder;
    write(folder.path() / "a" / "colored.png", colored(1, 2, 255, 51, 0));
    write(folder.path() / "a" / "gray.png", gray(1, 2, 102));
    data::ByteArray transparent(Shape{1, 2, 4}, std::uint8_t{0});
    write(folder.path() / "a" / "transparent.png", transparent);
    const data::TensorDataset three = data::image_folder(folder.path(), {.channels = 3, .background = 51}).load();
    CHECK(three.features() == Array{{{{1, 1}}, {{0.2f, 0.2f}}, {{0, 0}}},
                                    {{{0.4f, 0.4f}}, {{0.4f, 0.4f}}, {{0.4f, 0.4f}}},
                                    {{{0.2f, 0.2f}}, {{0.2f, 0.2f}}, {{0.2f, 0.2f}}}});
    const data::ImageFolder one = data::image_folder(folder.path());
    // 0.299 * 255 + 0.587 * 51 = 106.2
    CHECK(one.get(0).first == Array{{{106.f / 255.f, 106.f / 255.f}}});
    CHECK(one.get(2).first == Array{{{1, 1}}});
}

TEST_CASE("an image folder that is none is refused by name") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK_THROWS_WITH_AS(data::image_folder(folder.path() / "none"),
                         (path + "/none: cannot read: No such file or directory").c_str(), IoError);
    CHECK_THROWS_WITH_AS(data::image_folder(folder.path()),
                         (path + ": expected a folder for each class, got none").c_str(), DataError);
    write_animals(folder);
    std::filesystem::create_directory(folder.path() / "empty");
    CHECK_THROWS_WITH_AS(data::image_folder(folder.path()),
                         (path + "/empty: expected .png files in the folder of a class, got none").c_str(), DataError);
    folder.write("empty/photo.jpg", support::bytes("x"));
    CHECK_THROWS_WITH_AS(
        data::image_folder(folder.path()),
        (path + "/empty/photo.jpg: expected only .png files in the folder of a class, got this").c_str(), DataError);
    CHECK_THROWS_WITH_AS(data::image_folder(folder.path(), {.channels = 2}),
                         "ImageFolder: expected 1 or 3 channels, got 2", ConfigError);
}

TEST_CASE("pictures that cannot be used are refused by name") {
    const support::TemporaryFolder folder;
    write_animals(folder);
    const data::ImageFolder set = data::image_folder(folder.path());
    const std::string cat = (folder.path() / "cat" / "1.png").string(),
                      dog = (folder.path() / "dog" / "2.png").string();
    CHECK_THROWS_WITH_AS(set.get(3), "ImageFolder::get: expected a row below 3, got 3", ConfigError);
    CHECK_THROWS_WITH_AS(set.file(3), "ImageFolder::file: expected a row below 3, got 3", ConfigError);
    write(dog, gray(3, 3, 0));
    CHECK(to_string(set.get(2).first.shape()) == "(1, 3, 3)");
    CHECK_THROWS_WITH_AS(set.load(), (dog + ": expected a picture of 2 x 3 pixels like " + cat + ", got 3 x 3").c_str(),
                         DataError);
    folder.write("cat/1.png", support::bytes("no picture"));
    try {
        set.load();
        FAIL("a damaged picture was read");
    } catch (const DataError& error) {
        CHECK(std::string(error.what()).starts_with(cat + ": expected "));
    }
}

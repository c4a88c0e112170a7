#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/transforms.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

using namespace xtape;

namespace {

random::Stream stream(std::uint64_t number = 0) { return {7, number}; }

// 1, 2, 3, ... in this shape.
Array counted(const Shape& shape) {
    Array result = empty_array<float>(shape);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = static_cast<float>(i + 1);
    return result;
}

const Array image = counted(Shape{1, 2, 3});  // 1 2 3 above 4 5 6

template <class E, class F>
void check_refused(const std::string& message, F&& call) {
    try {
        call();
        FAIL("accepted, but expected: " << message);
    } catch (const E& error) {
        CHECK(error.message() == message);
    }
}

void check_near(const Array& got, const Array& wanted, float tolerance) {
    REQUIRE(got.shape() == wanted.shape());
    for (std::size_t i = 0; i < got.size(); ++i) {
        INFO("number ", i);
        CHECK(std::abs(got.data()[i] - wanted.data()[i]) <= tolerance);
    }
}

// Image i of a batch.
Array image_of(const Array& batch, std::size_t i) {
    const Shape& shape = batch.shape();
    Array result = empty_array<float>(Shape(shape.begin() + 1, shape.end()));
    std::copy_n(batch.data() + i * result.size(), result.size(), result.data());
    return result;
}

}  // namespace

TEST_CASE("images become rows and rows images") {
    const Array batch = counted(Shape{2, 1, 2, 3});
    CHECK(data::Flatten{}(batch) == counted(Shape{2, 6}));
    CHECK(data::Flatten{}(image) == counted(Shape{6}));
    CHECK(data::ToImage{1, 2, 3}(counted(Shape{2, 6})) == batch);
    CHECK(data::ToImage{1, 2, 3}(counted(Shape{6})) == image);
}

TEST_CASE("images are padded and cut") {
    CHECK(data::Pad{.top = 1, .left = 2, .value = 9}(image) ==
          Array{{{9.f, 9.f, 9.f, 9.f, 9.f}, {9.f, 9.f, 1.f, 2.f, 3.f}, {9.f, 9.f, 4.f, 5.f, 6.f}}});
    CHECK(data::Pad{.bottom = 1, .right = 1}(image) == Array{{{1.f, 2.f, 3.f, 0.f}, {4.f, 5.f, 6.f, 0.f}, {0.f, 0.f, 0.f, 0.f}}});
    CHECK(data::Crop{.top = 0, .left = 1, .height = 2, .width = 2}(image) == Array{{{2.f, 3.f}, {5.f, 6.f}}});
    CHECK(data::Crop{1, 1, 3, 4}(data::Pad{1, 1, 1, 1}(counted(Shape{2, 3, 3, 4}))) == counted(Shape{2, 3, 3, 4}));
}

TEST_CASE("images are mirrored") {
    CHECK(data::FlipHorizontal{}(image) == Array{{{3.f, 2.f, 1.f}, {6.f, 5.f, 4.f}}});
    CHECK(data::FlipVertical{}(image) == Array{{{4.f, 5.f, 6.f}, {1.f, 2.f, 3.f}}});
    const Array batch = counted(Shape{3, 2, 4, 5});
    CHECK(data::FlipHorizontal{}(data::FlipHorizontal{}(batch)) == batch);
    CHECK(image_of(data::FlipVertical{}(batch), 2) == data::FlipVertical{}(image_of(batch, 2)));
}

TEST_CASE("images are moved by whole pixels exactly, and between them by interpolation") {
    CHECK(data::Shift{.right = 1}(image) == Array{{{0.f, 1.f, 2.f}, {0.f, 4.f, 5.f}}});
    CHECK(data::Shift{.down = -1, .fill = 9}(image) == Array{{{4.f, 5.f, 6.f}, {9.f, 9.f, 9.f}}});
    CHECK(data::Shift{.right = 0.5}(image) == Array{{{0.5f, 1.5f, 2.5f}, {2.f, 4.5f, 5.5f}}});
    CHECK(data::Shift{.down = 0.25}(image) == Array{{{0.75f, 1.5f, 2.25f}, {3.25f, 4.25f, 5.25f}}});
    CHECK(data::Shift{.down = 100, .fill = 7}(image) == Array(Shape{1, 2, 3}, 7.f));
    CHECK(data::Shift{.right = 1e300, .fill = 7}(image) == Array(Shape{1, 2, 3}, 7.f));
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(data::Shift{.fill = inf}(image) == image);  // what lies beside a pixel that is hit takes no part
}

TEST_CASE("images are turned counterclockwise around their center") {
    const Array square = counted(Shape{1, 3, 3});
    check_near(data::Rotate{90}(square), Array{{{3.f, 6.f, 9.f}, {2.f, 5.f, 8.f}, {1.f, 4.f, 7.f}}}, 1e-5f);
    check_near(data::Rotate{180}(square), Array{{{9.f, 8.f, 7.f}, {6.f, 5.f, 4.f}, {3.f, 2.f, 1.f}}}, 1e-5f);
    check_near(data::Rotate{-90}(data::Rotate{90}(square)), square, 1e-5f);
    CHECK(data::Rotate{0}(square) == square);
    const Array turned = data::Rotate{.degrees = 45, .fill = 0}(square);
    CHECK(turned(0, 1, 1) == doctest::Approx(5).epsilon(1e-6));
    // Its corner comes from sqrt(2) above the center: 0.41421 of the way from the pixel there, 2, to the fill.
    CHECK(turned(0, 0, 0) == doctest::Approx(2 * (2 - std::sqrt(2.0))).epsilon(1e-6));
}

TEST_CASE("images are resized as Pillow does") {
    Array squares = counted(Shape{1, 3, 4});
    for (float& value : squares) value = (value - 1) * (value - 1);
    // Image.fromarray(x, "F").resize((w, h), Image.BILINEAR) of Pillow 9.4, x = arange(12)**2.
    check_near(data::Resize{2, 2}(squares), Array{{{9.14285660f, 18.5714283f}, {56.2857170f, 81.4285736f}}}, 1e-5f);
    check_near(data::Resize{1, 3}(squares), Array{{{27.8428574f, 39.6428566f, 54.2428551f}}}, 1e-5f);
    check_near(data::Resize{6, 5}(squares),
               Array{{{0.f, 0.7f, 2.5f, 5.5f, 9.f},
                      {4.f, 6.1f, 9.5f, 14.1f, 19.f},
                      {12.f, 16.9f, 23.5f, 31.3f, 39.f},
                      {28.f, 35.7f, 45.5f, 56.5f, 67.f},
                      {52.f, 62.5f, 75.5f, 89.7f, 103.f},
                      {64.f, 75.9f, 90.5f, 106.3f, 121.f}}},
               1e-4f);
    CHECK(data::Resize{3, 4}(squares) == squares);
    CHECK(data::Resize{5, 7}(Array(Shape{2, 3, 4, 4}, 0.25f)).shape() == Shape{2, 3, 5, 7});
}

TEST_CASE("random parts lie within the padded image and reach all of it") {
    const Array one = counted(Shape{1, 1, 3, 3});
    const data::RandomCrop crop{.height = 2, .width = 2, .padding = 1};
    std::set<float> corners;
    for (std::uint64_t i = 0; i < 300; ++i) {
        const Array part = crop(one, stream(i));
        REQUIRE(part.shape() == Shape{1, 1, 2, 2});
        corners.insert(part.data()[3]);
    }
    CHECK(corners == std::set<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});  // 1..9, and the padding on the right and below
    CHECK(data::RandomCrop{.height = 3, .width = 3}(one, stream()) == one);
}

TEST_CASE("random movements are those of their amounts") {
    const Array one = counted(Shape{1, 4, 4});
    std::set<std::pair<int, int>> seen;
    for (std::uint64_t i = 0; i < 200; ++i) {
        const Array moved = data::RandomShift{.max_down = 1, .max_right = 2}(one, stream(i));
        bool found = false;
        for (int down = -1; down <= 1; ++down) {
            for (int right = -2; right <= 2; ++right) {
                if (moved != data::Shift{.down = static_cast<double>(down), .right = static_cast<double>(right)}(one)) continue;
                seen.insert({down, right});
                found = true;
            }
        }
        CHECK(found);
    }
    CHECK(seen.size() == 15);

    // A turn by a uniform angle: that of a single draw.
    random::Stream own = stream();
    CHECK(data::RandomRotate{30}(one, stream()) == data::Rotate{30 * (2 * own.uniform() - 1)}(one));

    std::size_t sideways = 0, upside_down = 0;
    const Array flipped = data::RandomFlip{.horizontal = 0.25, .vertical = 0.75}(Array(Shape{4000, 1, 1, 1}, 0.f) + counted(Shape{1, 2, 2}), stream());
    for (std::size_t i = 0; i < 4000; ++i) {
        const float corner = flipped.data()[4 * i];
        sideways += corner == 2.f || corner == 4.f;
        upside_down += corner == 3.f || corner == 4.f;
    }
    CHECK(std::abs(static_cast<double>(sideways) - 1000) < 110);  // four deviations
    CHECK(std::abs(static_cast<double>(upside_down) - 3000) < 110);
}

TEST_CASE("noise has the deviation, salt and pepper the share that was asked for") {
    const Array gray(Shape{200, 200}, 0.5f);
    double squares = 0;
    for (const float value : data::GaussianNoise{.deviation = 0.3, .clamp = false}(gray, stream())) squares += (value - 0.5) * (value - 0.5);
    CHECK(std::abs(std::sqrt(squares / 40000) - 0.3) < 0.0043);  // four standard errors
    for (const float value : data::GaussianNoise{.deviation = 1}(gray, stream())) CHECK((value >= 0 && value <= 1));
    CHECK(data::GaussianNoise{.deviation = 0}(gray, stream()) == gray);

    double salt = 0, pepper = 0, rest = 0;
    for (const float value : data::SaltAndPepper{.probability = 0.2, .low = -1, .high = 2}(gray, stream())) {
        (value == 2.f ? salt : value == -1.f ? pepper : rest) += 1;
        CHECK((value == 2.f || value == -1.f || value == 0.5f));
    }
    CHECK(std::abs(salt - 4000) < 240);
    CHECK(std::abs(pepper - 4000) < 240);
    CHECK(data::SaltAndPepper{.probability = 0}(gray, stream()) == gray);
}

TEST_CASE("random transforms give the same bits on any number of threads, and each image its own draws") {
    const Array batch = random::uniform<float>(Shape{70, 2, 13, 9}, 0.f, 1.f, stream(1));
    const std::size_t before = threads();
    const auto check = [&](const auto& transform) {
        Array first;
        for (const std::size_t count : {1u, 2u, 4u}) {
            set_threads(count);
            const Array changed = transform(batch, stream(2));
            if (count == 1) first = changed;
            CHECK(changed == first);
        }
        CHECK(transform(batch, stream(3)) != first);
    };
    check(data::RandomCrop{.height = 9, .width = 7, .padding = 2});
    check(data::RandomShift{3, 3});
    check(data::RandomRotate{40});
    check(data::RandomFlip{0.5, 0.5});
    check(data::GaussianNoise{});
    check(data::SaltAndPepper{});
    set_threads(before);

    const Array equal(Shape{8, 1, 5, 5}, 0.f);
    const Array turned = data::RandomRotate{45}(equal + counted(Shape{1, 5, 5}), stream());
    for (std::size_t i = 1; i < 8; ++i) CHECK(image_of(turned, i) != image_of(turned, 0));
}

TEST_CASE("without a stream the next of the process-wide seed is taken") {
    const Array batch = counted(Shape{4, 1, 6, 6});
    seed(3);
    const random::Stream next = random::next_stream();
    seed(3);
    CHECK(data::RandomShift{2, 2}(batch) == data::RandomShift{2, 2}(batch, next));
    CHECK(random::state().next_stream == 1);
    seed(0);
}

TEST_CASE("a batch without images stays one") {
    const Array none(Shape{0, 1, 4, 4}, 0.f);
    CHECK(data::RandomRotate{}(none).shape() == Shape{0, 1, 4, 4});
    CHECK(data::Resize{2, 3}(none).shape() == Shape{0, 1, 2, 3});
    CHECK(data::Flatten{}(none).shape() == Shape{0, 16});
}

TEST_CASE("shapes and options that do not go are refused") {
    const Array matrix(Shape{2, 3}, 0.f);
    const auto rank = [](const std::string& name) { return name + ": expected images (N, C, H, W) or an image (C, H, W), got shape (2, 3)"; };
    check_refused<ShapeError>(rank("Flatten"), [&] { data::Flatten{}(matrix); });
    check_refused<ShapeError>(rank("Pad"), [&] { data::Pad{}(matrix); });
    check_refused<ShapeError>(rank("Crop"), [&] { data::Crop{0, 0, 1, 1}(matrix); });
    check_refused<ShapeError>(rank("Resize"), [&] { data::Resize{1, 1}(matrix); });
    check_refused<ShapeError>(rank("FlipHorizontal"), [&] { data::FlipHorizontal{}(matrix); });
    check_refused<ShapeError>(rank("FlipVertical"), [&] { data::FlipVertical{}(matrix); });
    check_refused<ShapeError>(rank("Shift"), [&] { data::Shift{}(matrix); });
    check_refused<ShapeError>(rank("Rotate"), [&] { data::Rotate{}(matrix); });
    check_refused<ShapeError>(rank("RandomCrop"), [&] { data::RandomCrop{.height = 1, .width = 1}(matrix); });
    check_refused<ShapeError>(rank("RandomShift"), [&] { data::RandomShift{}(matrix); });
    check_refused<ShapeError>(rank("RandomRotate"), [&] { data::RandomRotate{}(matrix); });
    check_refused<ShapeError>(rank("RandomFlip"), [&] { data::RandomFlip{}(matrix); });
    check_refused<ShapeError>("ToImage: expected rows (N, 6) or a row (6), got shape (2, 3)", [&] { data::ToImage{1, 2, 3}(matrix); });
    check_refused<ShapeError>("Crop: expected images that hold 2 x 2 pixels from (1, 0), got shape (1, 2, 3)",
                              [] { data::Crop{.top = 1, .left = 0, .height = 2, .width = 2}(image); });
    check_refused<ShapeError>("RandomCrop: expected images that hold 5 x 3 pixels with padding 1, got shape (1, 2, 3)",
                              [] { data::RandomCrop{.height = 5, .width = 3, .padding = 1}(image); });
    check_refused<ShapeError>("Resize: expected images with pixels, got shape (1, 0, 3)", [] { data::Resize{1, 1}(Array(Shape{1, 0, 3}, 0.f)); });
    check_refused<ConfigError>("Resize: expected sides of at least 1, got 0 x 2", [] { data::Resize{0, 2}(image); });
    const double nan = std::numeric_limits<double>::quiet_NaN();
    check_refused<ConfigError>("Shift: expected finite pixels, got nan", [=] { data::Shift{.right = nan}(image); });
    check_refused<ConfigError>("Rotate: expected finite degrees, got nan", [=] { data::Rotate{nan}(image); });
    check_refused<ConfigError>("RandomRotate: expected finite degrees, got inf",
                               [] { data::RandomRotate{std::numeric_limits<double>::infinity()}(image); });
    check_refused<ConfigError>("RandomFlip: expected a probability in [0, 1], got 1.500000", [] { data::RandomFlip{1.5}(image); });
    check_refused<ConfigError>("GaussianNoise: expected a finite deviation of at least 0, got -1.000000",
                               [] { data::GaussianNoise{-1}(image); });
    check_refused<ConfigError>("SaltAndPepper: expected a probability in [0, 1], got nan", [=] { data::SaltAndPepper{nan}(image); });
}

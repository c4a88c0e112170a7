#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/data/features.hpp>
#include <xtape/files/safetensors.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;
using data::MinMaxScaler;
using data::Per;
using data::Standardizer;

namespace {

const Array rows{{1.f, 10.f, 7.f}, {3.f, 10.f, -7.f}, {5.f, 10.f, 0.f}, {7.f, 10.f, 0.f}};

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

}  // namespace

TEST_CASE("standardised features have mean 0 and deviation 1, equal ones become 0") {
    const Standardizer scaler = Standardizer::fit(rows);
    CHECK(scaler.mean() == Array{4.f, 10.f, 0.f});
    // sqrt((9 + 1 + 1 + 9) / 4) and sqrt(98 / 4).
    check_near(scaler.deviation(), Array{2.2360680f, 1.f, 4.9497475f}, 1e-6f);
    check_near(scaler(rows),
               Array{{-1.3416408f, 0.f, 1.4142136f}, {-0.4472136f, 0.f, -1.4142136f}, {0.4472136f, 0.f, 0.f}, {1.3416408f, 0.f, 0.f}},
               1e-6f);
    CHECK(scaler(Array{4.f, 11.f, 0.f}) == Array{0.f, 1.f, 0.f});  // a single row; other rows may differ where these did not
    check_near(scaler.inverse(scaler(rows)), rows, 1e-5f);
    CHECK(scaler.inverse(Array{0.f, 0.f, 0.f}) == scaler.mean());
}

TEST_CASE("equal features whose mean rounds are equal all the same") {
    const Array equal(Shape{1000, 1}, 0.1f);
    const Standardizer scaler = Standardizer::fit(equal);
    CHECK(scaler.deviation() == Array{1.f});
    CHECK(scaler(equal) == Array(Shape{1000, 1}, 0.f));
}

TEST_CASE("large means leave the deviation exact") {
    // Numbers n - 1, n, n + 1 around 4096: variance 2 / 3, which squares minus the squared mean would lose in float.
    const Standardizer scaler = Standardizer::fit(Array{{4095.f}, {4096.f}, {4097.f}});
    CHECK(std::abs(scaler.deviation()(0) - 0.81649658f) < 1e-7f);
}

TEST_CASE("features go from 0 to 1 between the smallest and the largest") {
    const MinMaxScaler scaler = MinMaxScaler::fit(rows);
    CHECK(scaler.low() == Array{1.f, 10.f, -7.f});
    CHECK(scaler.extent() == Array{6.f, 1.f, 14.f});
    check_near(scaler(rows), Array{{0.f, 0.f, 1.f}, {1.f / 3, 0.f, 0.f}, {2.f / 3, 0.f, 0.5f}, {1.f, 0.f, 0.5f}}, 1e-7f);
    CHECK(scaler(Array{13.f, 10.f, -14.f}) == Array{2.f, 0.f, -0.5f});
    check_near(scaler.inverse(scaler(rows)), rows, 1e-5f);
}

TEST_CASE("images may be scaled by channel or altogether") {
    Array images = empty_array<float>(Shape{2, 2, 1, 2});
    const float numbers[] = {0, 2, 10, 30, 4, 6, 10, 30};
    std::copy(std::begin(numbers), std::end(numbers), images.data());
    const Standardizer by_channel = Standardizer::fit(images, Per::channel);
    CHECK(by_channel.mean() == Array{3.f, 20.f});
    check_near(by_channel.deviation(), Array{2.2360680f, 10.f}, 1e-6f);
    CHECK(by_channel(images)(1, 1, 0, 1) == 1.f);
    CHECK(MinMaxScaler::fit(images, Per::channel)(images)(0, 0, 0, 1) == doctest::Approx(1.0 / 3));

    const Standardizer altogether = Standardizer::fit(images, Per::all);
    CHECK(altogether.mean() == Array{11.5f});
    CHECK(MinMaxScaler::fit(images, Per::all).extent() == Array{30.f});
    CHECK(altogether.row_shape() == Shape{2, 1, 2});

    check_refused<ShapeError>("Standardizer::fit: expected images (N, C, H, W), got shape (4, 3)",
                              [] { Standardizer::fit(rows, Per::channel); });
}

TEST_CASE("a scaler is fitted and used with the same bits on any number of threads") {
    const Array many = random::normal<float>(Shape{300, 700}, 3.f, 2.f, {7, 0});
    const std::size_t before = threads();
    Array first;
    for (const std::size_t count : {1u, 2u, 4u}) {
        set_threads(count);
        const Array scaled = Standardizer::fit(many)(many);
        if (count == 1) first = scaled;
        CHECK(scaled == first);
    }
    set_threads(before);
}

TEST_CASE("a scaler is saved with other arrays and loaded again") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "model.safetensors";
    const Array weight{1.f, 2.f};
    std::vector<files::StoredArray> arrays = Standardizer::fit(rows).stored();
    arrays.push_back(files::stored("weight", weight));
    files::write_safetensors(path, arrays);

    const Standardizer loaded(files::read_safetensors(path).arrays);
    CHECK(loaded(rows) == Standardizer::fit(rows)(rows));
    CHECK(loaded.row_shape() == Shape{3});
    const auto named = MinMaxScaler::fit(rows).stored("input.");
    CHECK(MinMaxScaler(named, "input.")(rows) == MinMaxScaler::fit(rows)(rows));
}

TEST_CASE("arrays that are no scaler are refused") {
    const Array one{1.f}, two{1.f, 2.f}, zero{0.f};
    const IndexArray three{3}, negative{-3};
    const auto load = [](const Array& shift, const Array& divisor, const IndexArray& row_shape) {
        const std::vector arrays = {files::stored("scaler.shift", shift), files::stored("scaler.divisor", divisor),
                                    files::stored("scaler.row_shape", row_shape)};
        return Standardizer(arrays);
    };
    CHECK(load(one, one, three)(Array{1.f, 2.f, 3.f}) == Array{0.f, 1.f, 2.f});
    const std::string wanted = "Standardizer: expected shift and divisor (K), not 0, for rows of a multiple of K numbers, got shapes ";
    check_refused<DataError>(wanted + "(2) and (2) for rows (3)", [&] { load(two, two, three); });
    check_refused<DataError>(wanted + "(1) and (2) for rows ()", [&] { load(one, two, three); });
    check_refused<DataError>(wanted + "(1) and (1) for rows (3)", [&] { load(one, zero, three); });
    check_refused<DataError>(wanted + "(1) and (1) for rows (18446744073709551613)", [&] { load(one, one, negative); });
    check_refused<DataError>("Standardizer: expected an array \"scaler.shift\", got 1 others", [&] {
        const std::vector arrays = {files::stored("weight", one)};
        Standardizer scaler(arrays);
    });
}

TEST_CASE("rows that do not fit a scaler are refused") {
    const Standardizer scaler = Standardizer::fit(rows);
    check_refused<ShapeError>("Standardizer: expected a row (3) or several of them, got shape (4, 2)",
                              [&] { scaler(Array(Shape{4, 2}, 0.f)); });
    check_refused<ShapeError>("Standardizer::inverse: expected a row (3) or several of them, got shape ()",
                              [&] { scaler.inverse(Array(1.f)); });
    check_refused<ShapeError>("MinMaxScaler::fit: expected rows (N, ...) with at least one number, got shape (0, 3)",
                              [] { MinMaxScaler::fit(Array(Shape{0, 3}, 0.f)); });
    const float nan = std::numeric_limits<float>::quiet_NaN();
    check_refused<DataError>("Standardizer::fit: expected finite numbers, got others in feature 1",
                             [&] { Standardizer::fit(Array{{1.f, nan}, {2.f, 3.f}}); });
}

TEST_CASE("bytes become floats, numbers are scaled, labels become rows") {
    CHECK(data::ToFloat{}(BasicArray<std::uint8_t>{0, 51, 255}) == Array{0.f, 0.2f, 1.f});
    CHECK(data::ToFloat{.divisor = 16}(BasicArray<std::uint8_t>{{4, 16}}) == Array{{0.25f, 1.f}});
    CHECK(data::Scale{.factor = 2, .offset = -1}(Array{0.f, 0.5f, 1.f}) == Array{-1.f, 0.f, 1.f});

    const data::OneHot one_hot{3};
    CHECK(one_hot(IndexArray{2, 0}) == Array{{0.f, 0.f, 1.f}, {1.f, 0.f, 0.f}});
    CHECK(one_hot(std::int64_t{1}) == Array{0.f, 1.f, 0.f});
    check_refused<DataError>("OneHot: expected labels from 0 to 2, got 3 in row 1", [&] { one_hot(IndexArray{0, 3}); });
    check_refused<DataError>("OneHot: expected labels from 0 to 2, got -1 in row 0", [&] { one_hot(std::int64_t{-1}); });
    check_refused<ShapeError>("OneHot: expected labels (N), got shape (1, 1)", [&] { one_hot(IndexArray(Shape{1, 1}, 0)); });
}

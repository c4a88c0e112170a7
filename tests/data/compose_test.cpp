#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/compose.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/data/features.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/data/map.hpp>
#include <xtape/data/transforms.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace xtape;

TEST_CASE("composed transforms are applied in order") {
    const data::Compose prepare{data::ToFloat{.divisor = 1}, data::Scale{.factor = 2, .offset = 1}, data::FlipHorizontal{}};
    BasicArray<std::uint8_t> bytes = empty_array<std::uint8_t>(Shape{1, 1, 2});
    bytes.data()[0] = 3, bytes.data()[1] = 5;
    CHECK(prepare(bytes) == Array{{{11.f, 7.f}}});
    CHECK(data::Compose{prepare, data::Flatten{}}(bytes) == Array{11.f, 7.f});
}

TEST_CASE("composed random transforms take their parts of the stream") {
    const Array batch = random::uniform<float>(Shape{5, 1, 8, 8}, 0.f, 1.f, {1, 0});
    const data::Compose augment{data::RandomShift{2, 2}, data::Pad{}, data::GaussianNoise{}};
    const random::Stream stream(4, 2);
    random::Stream third = stream;
    third.skip(std::uint64_t{2} << 48);
    const Array expected = data::GaussianNoise{}(data::RandomShift{2, 2}(batch, stream), third);
    CHECK(augment(batch, stream) == expected);
    CHECK(augment(batch, stream) == expected);

    seed(9);
    const Array first = augment(batch);
    CHECK(random::state().next_stream == 2);
    CHECK(augment(batch) != first);
    seed(9);
    CHECK(augment(batch) == first);
    seed(0);
}

TEST_CASE("a transform of the features leaves the rest of an item alone") {
    const auto change = data::on_features(data::Scale{.factor = 2});
    const auto [x, y] = change(Array{1.f, 2.f}, std::int64_t{7});
    CHECK(x == Array{2.f, 4.f});
    CHECK(y == 7);
}

TEST_CASE("items changed by a loader are the same for any number of workers, and others in each epoch") {
    const data::TensorDataset digits = data::digits({.image = true});
    const IndexArray some = random::permutation(70, {1, 0});
    const auto changed = data::map(digits.subset(some), data::on_features(data::Compose{data::RandomShift{1, 1}, data::GaussianNoise{}}));
    const std::size_t before = threads();
    set_threads(4);
    const auto epochs = [&](std::size_t prefetch, std::size_t workers) {
        std::vector<Array> batches;
        const data::Loader loader{changed, {.batch_size = 32, .shuffle = true, .seed = 3, .prefetch = prefetch, .workers = workers}};
        for (int epoch = 0; epoch < 2; ++epoch) {
            for (const auto& [x, y] : loader) batches.push_back(x);
        }
        return batches;
    };
    const std::vector<Array> alone = epochs(0, 1);
    REQUIRE(alone.size() == 6);
    CHECK(alone[0].shape() == Shape{32, 1, 8, 8});
    CHECK(epochs(3, 3) == alone);
    CHECK(alone[3] != alone[0]);
    set_threads(before);
}

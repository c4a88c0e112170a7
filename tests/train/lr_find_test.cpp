#include "train/support.hpp"

#include <xtape/autodiff/random.hpp>
#include <xtape/optim/sgd.hpp>
#include <xtape/train/lr_find.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;
using support::bits;

TEST_CASE("the range test finds a rate at which training works, and changes nothing") {
    seed(4);
    const data::TensorDataset set = support::some_digits(0, 600);
    nn::Sequential model = support::network();
    optim::SGD sgd{model.parameters(), {.lr = 0.5, .momentum = 0.9}};
    {
        Tape tape;  // so that the optimizer has something to remember
        tape.backward(nn::cross_entropy(model(set.features()), set.labels()));
    }
    sgd.step();
    model.eval();
    const auto weights = bits(model);
    const auto momentum = sgd.state();
    const random::State random = random::state();

    const train::LRFindResult result = train::lr_find(model, nn::cross_entropy, sgd, set, {.lowest = 1e-5, .highest = 100});
    CHECK(bits(model) == weights);
    CHECK(sgd.state().arrays[0].second == momentum.arrays[0].second);
    CHECK(sgd.learning_rate() == 0.5);
    CHECK(random::state() == random);
    CHECK_FALSE(model.training());

    CHECK(result.rates.size() == result.losses.size());
    CHECK(result.rates.front() == doctest::Approx(1e-5));
    CHECK(result.rates.back() < 100);  // it ended when the loss ran away
    CAPTURE(result.suggestion);
    CHECK(result.suggestion > 1e-3);
    CHECK(result.suggestion < 5);
    seed(4);
    nn::Sequential other = support::network();
    optim::SGD trained{other.parameters(), {.lr = result.suggestion, .momentum = 0.9}};
    CHECK(train::fit(other, nn::cross_entropy, trained, set, {.epochs = 5}).last("loss") < 1);
}

TEST_CASE("the range test refuses options out of range") {
    nn::Sequential model = support::network();
    optim::SGD sgd{model.parameters(), {.lr = 0.5}};
    const data::TensorDataset set = support::some_digits(0, 10);
    const auto fails = [&](train::LRFindOptions options, const char* text) {
        CHECK_THROWS_WITH_AS(train::lr_find(model, nn::cross_entropy, sgd, set, options, Location{}), text, ConfigError);
    };
    fails({.lowest = 0}, "lr_find: expected 0 < lowest < highest, got 0 and 10");
    fails({.steps = 9}, "lr_find: expected at least 10 steps, got 9");
    fails({.smoothing = 1}, "lr_find: expected a smoothing in [0, 1), got 1");
    fails({.diverged = 1}, "lr_find: expected diverged above 1, got 1");
}

#include "train/support.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/optim/clip.hpp>
#include <xtape/optim/sgd.hpp>
#include <xtape/train/callbacks.hpp>
#include <xtape/train/metrics.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace xtape;
using support::bits;

namespace {

// y = w x with one weight, so that steps can be worked out by hand.
struct Line : nn::Module {
    Parameter w{Array{1.f}};
    Tensor forward(const Tensor& x) override { return x * w; }
    void visit(nn::Visitor& v) override { v("w", w); }
};

// Items x and target.
struct Points {
    std::vector<std::pair<float, float>> points;
    std::size_t size() const { return points.size(); }
    std::pair<Array, Array> get(std::size_t i) const { return {Array{points[i].first}, Array{points[i].second}}; }
};

// The loop that fit stands for, as users write it by hand.
std::vector<std::uint32_t> by_hand(const data::TensorDataset& set, std::size_t epochs, std::size_t batch_size) {
    seed(5);
    nn::Sequential model = support::network();
    optim::Adam adam{model.parameters(), {.lr = 1e-2}};
    const data::Loader loader{set, {.batch_size = batch_size, .shuffle = true}};
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
        for (const auto& [x, y] : loader) {
            Tape tape;
            tape.backward(nn::cross_entropy(model(x), y));
            adam.step();
            adam.zero_grad();
        }
    }
    return bits(model);
}

Tensor squares(const Tensor& outputs, const Tensor& target) { return sum(square(outputs - target)); }

}  // namespace

TEST_CASE("fit makes the steps of the loop by hand, to the last bit") {
    const data::TensorDataset set = support::some_digits(0, 100);
    seed(5);
    nn::Sequential model = support::network();
    optim::Adam adam{model.parameters(), {.lr = 1e-2}};
    const train::History history = train::fit(model, nn::cross_entropy, adam, set, {.epochs = 3, .batch_size = 32});
    CHECK(history.size() == 3);
    CHECK(history.names() == std::vector<std::string>{"loss", "lr"});
    CHECK(bits(model) == by_hand(set, 3, 32));
}

TEST_CASE("fit gives the same bits on any number of threads") {
    const data::TensorDataset set = support::some_digits(0, 200), test = support::some_digits(200, 100);
    std::vector<std::uint32_t> weights;
    std::vector<std::uint64_t> numbers;
    const std::size_t before = threads();
    for (const std::size_t count : {1U, 2U, 4U}) {
        set_threads(count);
        seed(1);
        nn::Sequential model = support::network();
        optim::Adam adam{model.parameters(), {.lr = 1e-2}};
        const train::History history = train::fit(model, nn::cross_entropy, adam, set, test,
                                                  {.epochs = 2, .batch_size = 16, .metrics = {train::Accuracy{}}});
        if (count == 1) weights = bits(model), numbers = bits(history);
        CHECK(bits(model) == weights);
        CHECK(bits(history) == numbers);
    }
    set_threads(before);
}

TEST_CASE("the history of fit holds losses and metrics of training and validation") {
    seed(2);
    const data::TensorDataset set = support::some_digits(0, 400), test = support::some_digits(400, 200);
    nn::Sequential model = support::network();
    optim::Adam adam{model.parameters(), {.lr = 1e-2}};
    const train::History history =
        train::fit(model, nn::cross_entropy, adam, set,
                   {.epochs = 10, .batch_size = 32, .gradient_norm = true, .validation = &test, .metrics = {train::Accuracy{}}});
    CHECK(history.names() ==
          std::vector<std::string>{"loss", "accuracy", "val_loss", "val_accuracy", "lr", "gradient_norm"});
    CHECK(history["loss"].front() > 2 * history["loss"].back());
    CHECK(history.best("val_accuracy") > 0.8);
    CHECK(history["lr"] == std::vector<double>(10, 1e-2));
    // Validation is in evaluation mode with the weights of then: the last is what evaluate says now.
    const train::Evaluation now = train::evaluate(model, nn::cross_entropy, test, {.batch_size = 256, .metrics = {train::Accuracy{}}});
    CHECK(now.loss() == history["val_loss"].back());
    CHECK(now["accuracy"] == history["val_accuracy"].back());
    CHECK(now["accuracy"] == train::accuracy(model, test));
    CHECK_THROWS_WITH_AS((void)now["f1"], "Evaluation: expected one of loss, accuracy, got \"f1\"", ConfigError);
}

TEST_CASE("the loss of an epoch is the mean over its items, also when the last batch is shorter") {
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 0}};
    const Points points{{{1.f, 1.f}, {2.f, 3.f}, {1.f, 5.f}}};
    // (y - x)^2: 0, 1, 16.
    const train::History history = train::fit(model, nn::mse, sgd, points, {.epochs = 1, .batch_size = 2, .shuffle = false});
    CHECK(history["loss"][0] == doctest::Approx(17.0 / 3).epsilon(1e-6));
    CHECK(train::evaluate(model, nn::mse, points, {.batch_size = 2}).loss() == doctest::Approx(17.0 / 3).epsilon(1e-6));
}

TEST_CASE("a loss may be any function of outputs and target") {
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 0.5}};
    const Points points{{{1.f, 3.f}}};
    const auto loss = [](const Tensor& y, const Array& target) { return sum(square(y - target)) / 2; };
    train::fit(model, loss, sgd, points, {.epochs = 1, .batch_size = 1});
    CHECK(model.w.value()(0) == 2);  // 1 - 0.5 (1 - 3)
}

TEST_CASE("a loss may be a plain function, as it may be a lambda that does the same") {
    const Points points{{{1, 3}, {2, 5}}};
    const auto trained = [&](const auto& loss) {
        Line line;
        optim::SGD sgd{line.parameters(), {.lr = 0.01}};
        train::fit(line, loss, sgd, points, points, {.epochs = 2, .batch_size = 1, .shuffle = false});
        CHECK(train::evaluate(line, loss, points).loss() < 13);  // what it was with a weight of 1
        return line.w.value()(0);
    };
    const float weight = trained(squares);
    CHECK(weight > 1);
    CHECK(weight == trained([](const Tensor& outputs, const Tensor& target) { return squares(outputs, target); }));
}

TEST_CASE("items without a target are their own target") {
    struct Inputs {
        std::size_t size() const { return 4; }
        Array get(std::size_t i) const { return {static_cast<float>(i)}; }
    };
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 0.01}};
    const train::History history = train::fit(model, nn::mse, sgd, Inputs{}, {.epochs = 1});
    CHECK(history["loss"][0] == 0);
}

TEST_CASE("accumulated batches make the step of their mean gradient") {
    // d/dw (w x - y)^2 = 2 x (w x - y): -4 and -8 and then -20 at w = 1; by hand with steps of 1/10.
    const Points points{{{1.f, 3.f}, {2.f, 4.f}, {2.f, 7.f}}};
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 0.1}};
    std::size_t steps = 0;
    train::fit(model, nn::mse, sgd, points,
               {.epochs = 1, .batch_size = 1, .shuffle = false, .accumulate = 2,
                .callbacks = {train::LambdaCallback{.on_train_end = [&](train::Session& s) { steps = s.steps(); }}}});
    // First step: 1 + 0.1 (4 + 8) / 2 = 1.6. Second, of one batch: 2 * 2 (3.2 - 7) = -15.2, so 3.12.
    CHECK(steps == 2);
    CHECK(model.w.value()(0) == doctest::Approx(3.12).epsilon(1e-6));
}

TEST_CASE("fit clips gradients by norm and by value") {
    const Points points{{{1.f, 3.f}}};  // gradient -4
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 1}};
    const train::History history = train::fit(model, nn::mse, sgd, points, {.epochs = 1, .clip_norm = 0.5});
    CHECK(model.w.value()(0) == doctest::Approx(1.5).epsilon(1e-5));
    CHECK(history["gradient_norm"][0] == 4);
    Line other;
    optim::SGD sgd2{other.parameters(), {.lr = 1}};
    train::fit(other, nn::mse, sgd2, points, {.epochs = 1, .clip_value = 0.25});
    CHECK(other.w.value()(0) == 1.25f);
}

TEST_CASE("fit leaves every module in the mode it was in, also after an exception") {
    seed(3);
    const data::TensorDataset set = support::some_digits(0, 20);
    nn::Sequential model = support::network();
    model.eval();
    model[2].train();
    bool trained = false;
    optim::Adam adam{model.parameters(), {.lr = 1e-3}};
    train::fit(model, nn::cross_entropy, adam, set,
               {.callbacks = {train::LambdaCallback{.on_batch_end = [&](train::Session&) { trained = model.training() && model[2].training(); }}}});
    CHECK(trained);
    CHECK_FALSE(model.training());
    CHECK(model[2].training());
    const train::LambdaCallback thrower{.on_batch_end = [](train::Session&) { throw std::runtime_error("no"); }};
    CHECK_THROWS_WITH_AS(train::fit(model, nn::cross_entropy, adam, set, {.callbacks = {thrower}}), "no", std::runtime_error);
    CHECK_FALSE(model.training());
    CHECK(model[2].training());
    CHECK(Tape::current() == nullptr);
}

TEST_CASE("a loss that is not finite is an error that says where, and makes no step") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Points points{{{1.f, 1.f}, {nan, 1.f}}};
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 0.1}};
    CHECK_THROWS_WITH_AS(
        train::fit(model, nn::mse, sgd, points, {.epochs = 2, .batch_size = 1, .shuffle = false}, Location{}),
        "fit: expected finite numbers, got nan as the loss in epoch 1, batch 2 of 2; smaller steps or clip_norm may help, and a "
        "tape with check_finite finds the operation",
        AnomalyError);
    CHECK(model.w.value()(0) == 1);
    CHECK_FALSE(model.w.has_grad());
}

TEST_CASE("fit refuses options out of range and empty data sets") {
    Line model;
    optim::SGD sgd{model.parameters(), {.lr = 0.1}};
    const Points points{{{1.f, 1.f}}};
    const auto fails = [&](train::FitOptions options, const char* text) {
        CHECK_THROWS_WITH_AS(train::fit(model, nn::mse, sgd, points, options, Location{}), text, ConfigError);
    };
    fails({.epochs = 0}, "fit: expected at least 1 epoch, got 0");
    fails({.batch_size = 0}, "fit: expected a batch_size of at least 1, got 0");
    fails({.accumulate = 0}, "fit: expected at least 1 batch to accumulate, got 0");
    fails({.clip_norm = -1}, "fit: expected a finite clip_norm of at least 0, got -1");
    fails({.clip_value = std::nan("")}, "fit: expected a finite clip_value of at least 0, got nan");
    fails({.batch_size = 2, .drop_last = true}, "fit: expected a data set with at least one batch, got 1 items");
    const Points none;
    fails({.validation = &none}, "fit: expected a validation set with at least one item, got an empty one");
    const data::TensorDataset labels = support::some_digits(0, 4);
    fails({.validation = &labels}, "fit: expected a validation set whose items are of the training set's types, got others");
    CHECK_THROWS_WITH_AS(train::fit(model, nn::mse, sgd, none, {}, Location{}),
                         "fit: expected a data set with at least one batch, got 0 items", ConfigError);
    CHECK_THROWS_WITH_AS(train::evaluate(model, nn::mse, none, {}, Location{}),
                         "evaluate: expected a data set with at least one item, got an empty one", ConfigError);
    fails({.metrics = {train::Accuracy{}, train::Accuracy{}}},
          "fit: expected metrics with names that differ, got loss, accuracy, accuracy, lr");
}

TEST_CASE("evaluate records nothing on a tape of the caller") {
    Line model;
    const Points points{{{1.f, 3.f}}};
    Tape tape;
    CHECK(train::evaluate(model, nn::mse, points).loss() == 4);
    CHECK(tape.size() == 0);
    CHECK(tape.recording());
}

TEST_CASE("fit trains a model in double") {
    struct Line64 : nn::Module64 {
        Parameter64 w{Array64{1.0}};
        Tensor64 forward(const Tensor64& x) override { return x * w; }
        void visit(nn::Visitor64& v) override { v("w", w); }
    };
    Line64 model;
    optim::SGD64 sgd{model.parameters(), {.lr = 0.25}};
    const Points points{{{1.f, 3.f}}};  // float items become double
    train::fit(model, nn::mse, sgd, points, {.epochs = 1});
    CHECK(model.w.value()(0) == 2);  // 1 + 0.25 * 4
}

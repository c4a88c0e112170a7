#include "train/support.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/optim/sgd.hpp>
#include <xtape/train/early_stopping.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xtape;

namespace {

// The loss of epoch k (from 0) is script[k], and the gradient is 1: each step takes the learning rate from the weight.
struct Scripted : nn::Module {
    std::vector<float> script;
    std::size_t epoch = 0;
    Parameter w{Array{0.f}};

    explicit Scripted(std::vector<float> losses) : script(std::move(losses)) {}
    Tensor forward(const Tensor&) override { return w - detach(w.tensor()) + script.at(epoch++); }
    void visit(nn::Visitor& v) override { v("w", w); }
};

struct One {
    std::size_t size() const { return 1; }
    Array get(std::size_t) const { return {1.f}; }
};

train::History run(Scripted& model, const train::EarlyStopping& stopping, std::size_t epochs) {
    optim::SGD sgd{model.parameters(), {.lr = 1}};
    const auto loss = [](const Tensor& y, const Array&) { return sum(y); };
    return train::fit(model, loss, sgd, One{}, {.epochs = epochs, .callbacks = {stopping}});
}

}  // namespace

TEST_CASE("early stopping ends after `patience` epochs without improvement and restores the best weights") {
    Scripted model{{5, 4, 3, 3, 3.5f, 6, 1}};
    const train::History history = run(model, {.patience = 3}, 7);
    CHECK(history.size() == 6);
    CHECK(history.stop_reason() == "loss has not improved for 3 epochs, the best was 3 in epoch 3");
    CHECK(model.w.value()(0) == -3);  // after three steps
}

TEST_CASE("early stopping restores the best weights of a run that came to its end, too") {
    Scripted model{{5, 2, 3}};
    const train::History history = run(model, {.patience = 5}, 3);
    CHECK(history.size() == 3);
    CHECK(history.stop_reason().empty());
    CHECK(model.w.value()(0) == -2);
}

TEST_CASE("early stopping can leave the last weights, and asks for improvements of a size") {
    Scripted model{{5, 4.5f, 4.25f, 3}};
    const train::History history = run(model, {.patience = 2, .min_delta = 1, .restore_best = false}, 4);
    CHECK(history.size() == 3);
    CHECK(model.w.value()(0) == -3);
}

TEST_CASE("early stopping ends at a loss that is not finite, with the best weights") {
    Scripted model{{5, 4, 4.5f, std::numeric_limits<float>::infinity(), 1}};
    const train::History history = run(model, {.patience = 3}, 5);
    CHECK(history.size() == 3);
    CHECK(history.stop_reason() == "a loss or gradient that is not finite");
    CHECK(model.w.value()(0) == -2);
}

TEST_CASE("early stopping refuses an unknown monitor, listing those there are") {
    Scripted model{{5}};
    CHECK_THROWS_WITH_AS(run(model, {.monitor = "val_loss"}, 1),
                         "EarlyStopping: expected one of loss, lr to monitor, got \"val_loss\"", ConfigError);
    CHECK_THROWS_WITH_AS(run(model, {.patience = 0}, 1), "EarlyStopping: expected a patience of at least 1, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(run(model, {.min_delta = -1}, 1),
                         "EarlyStopping: expected a finite min_delta of at least 0, got -1", ConfigError);
}

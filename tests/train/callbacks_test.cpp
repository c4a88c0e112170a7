#include "files/support.hpp"
#include "train/content.hpp"
#include "train/support.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/optim/sgd.hpp>
#include <xtape/train/callbacks.hpp>
#include <xtape/train/metrics.hpp>
#include <xtape/train/progress.hpp>

#include <doctest/doctest.h>


using namespace xtape;
using support::content;

namespace {

struct Order : train::CallbackHooks {
    std::string* calls;
    char who;
    Order(std::string& all, char name) : calls(&all), who(name) {}
    void add(const char* what) { *calls += std::string(what) + who + " "; }
    void on_train_begin(train::Session&) override { add("begin-"); }
    void on_epoch_begin(train::Session& s) override { add(("epoch" + std::to_string(s.epoch()) + "-").c_str()); }
    void on_batch_end(train::Session& s) override { add(("batch" + std::to_string(s.batch()) + "-").c_str()); }
    void on_epoch_end(train::Session&) override { add("measured-"); }
    void on_checkpoint(train::Session&) override { add("save-"); }
    void on_train_end(train::Session&) override { add("end-"); }
};

struct Setup {
    data::TensorDataset set = support::some_digits(0, 40);
    nn::Sequential model;
    optim::SGD sgd;

    Setup() : model(make()), sgd(model.parameters(), {.lr = 0.1}) {}
    static nn::Sequential make() {
        seed(1);
        return support::network();
    }
    train::History run(train::FitOptions options) { return train::fit(model, nn::cross_entropy, sgd, set, options); }
};

}  // namespace

TEST_CASE("callbacks are called in the order given, and snapshots come last") {
    std::string calls;
    Setup setup;
    setup.run({.epochs = 1, .batch_size = 20, .callbacks = {Order(calls, 'a'), Order(calls, 'b')}});
    CHECK(calls ==
          "begin-a begin-b epoch1-a epoch1-b batch1-a batch1-b save-a save-b batch2-a batch2-b save-a save-b "
          "measured-a measured-b save-a save-b end-a end-b ");
}

TEST_CASE("a callback that is shared can be looked into afterwards") {
    struct Counter : train::CallbackHooks {
        std::size_t batches = 0;
        void on_batch_end(train::Session&) override { ++batches; }
    };
    const auto counter = std::make_shared<Counter>();
    Setup setup;
    setup.run({.epochs = 2, .batch_size = 20, .callbacks = {counter}});
    CHECK(counter->batches == 4);
}

TEST_CASE("a callback stops training in the middle of an epoch, which is then not measured") {
    Setup setup;
    const train::History history = setup.run({.epochs = 5, .batch_size = 10, .callbacks = {train::LambdaCallback{
        .on_batch_end = [](train::Session& s) {
            if (s.steps() == 6) s.stop("enough");
        }}}});
    CHECK(history.size() == 1);
    CHECK(history.stop_reason() == "enough");
}

TEST_CASE("a schedule drives the learning rate by epoch or by step") {
    Setup setup;
    const train::History by_epoch = setup.run({.epochs = 3, .batch_size = 20, .callbacks = {train::LRSchedule{optim::exponential(0.5)}}});
    CHECK(by_epoch["lr"] == std::vector<double>{0.1, 0.05, 0.025});
    Setup again;
    std::vector<double> rates;
    again.run({.epochs = 2, .batch_size = 20, .callbacks = {train::LambdaCallback{.on_batch_end = [&](train::Session& s) { rates.push_back(s.learning_rates().learning_rate()); }},
                                                            train::LRSchedule{optim::exponential(0.5), train::Per::step}}});
    CHECK(rates == std::vector<double>{0.1, 0.05, 0.025, 0.0125});
}

TEST_CASE("the learning rate falls when a measure has stopped to improve") {
    // Without steps the accuracy stays, and larger accuracies are better: a rate of 0 cannot show it, so the gradient is cut off.
    Setup setup;
    const train::History history = setup.run({.epochs = 4, .clip_value = 1e-30, .metrics = {train::Accuracy{}},
         .callbacks = {train::ReduceLROnPlateau{.monitor = "accuracy", .options = {.factor = 0.5, .patience = 0, .threshold = 10}}}});
    CHECK(history["lr"] == std::vector<double>{0.1, 0.1, 0.05, 0.025});
    CHECK_THROWS_WITH_AS(setup.run({.callbacks = {train::ReduceLROnPlateau{.monitor = "f1"}}}),
                         "ReduceLROnPlateau: expected one of loss, lr to monitor, got \"f1\"", ConfigError);
}

TEST_CASE("log files hold the history after each epoch") {
    const support::TemporaryFolder folder;
    const auto csv = folder.path() / "log.csv", json = folder.path() / "log.jsonl";
    std::size_t lines = 0;
    Setup setup;
    const train::History history =
        setup.run({.epochs = 2, .callbacks = {train::CSVLog{csv}, train::JSONLog{json}, train::LambdaCallback{.on_epoch_end = [&](train::Session&) {
            const std::string text = content(csv);
            lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        }}}});
    CHECK(lines == 3);
    history.save_csv(folder.path() / "h.csv");
    history.save_jsonl(folder.path() / "h.jsonl");
    CHECK(content(csv) == content(folder.path() / "h.csv"));
    CHECK(content(json) == content(folder.path() / "h.jsonl"));
}

TEST_CASE("a progress bar shows each epoch and ends with its measures") {
    std::string text;
    Setup setup;
    setup.run({.epochs = 2, .batch_size = 20, .metrics = {train::Accuracy{}},
               .callbacks = {train::ProgressBar{{.write = [&](std::string_view piece) { text += piece; }, .seconds = [] { return 1.0; }, .columns = 0, .color = false}}}});
    CHECK(text.find("epoch 1/2") != std::string::npos);
    CHECK(text.find("epoch 2/2") != std::string::npos);
    CHECK(text.find("accuracy 0.") != std::string::npos);
    CHECK(text.find("lr 0.1") != std::string::npos);
}

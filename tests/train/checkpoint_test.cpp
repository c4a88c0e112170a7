#include "files/support.hpp"
#include "train/support.hpp"
#include "train/trainer.hpp"

#include <xtape/files/read.hpp>
#include <xtape/nn/state.hpp>
#include <xtape/train/checkpoint.hpp>
#include <xtape/train/resume.hpp>

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

using namespace xtape;

using support::result;
using support::start;
using support::uninterrupted;
using support::wait_for;

TEST_CASE("a run that is ended and resumed in a new process has the bits of one that was not") {
    const std::vector<std::byte> whole = uninterrupted();
    SUBCASE("between epochs") {
        const support::TemporaryFolder folder;
        support::run(folder.path(), "0", "2", "12");
        CHECK_FALSE(std::filesystem::exists(folder.path() / "result"));
        support::run(folder.path());
        CHECK(result(folder.path()) == whole);
    }
    SUBCASE("in the middle of an epoch, with another number of threads") {
        const support::TemporaryFolder folder;
        support::run(folder.path(), "1", "1", "9");
        CHECK_FALSE(std::filesystem::exists(folder.path() / "result"));
        support::run(folder.path(), "1", "4");
        CHECK(result(folder.path()) == whole);
    }
    SUBCASE("again and again") {
        const support::TemporaryFolder folder;
        for (int step = 1; step < 24; ++step) support::run(folder.path(), "1", "2", std::to_string(step));
        CHECK_FALSE(std::filesystem::exists(folder.path() / "result"));
        support::run(folder.path(), "1");
        CHECK(result(folder.path()) == whole);
    }
    SUBCASE("after it was over") {
        const support::TemporaryFolder folder;
        support::run(folder.path());
        support::run(folder.path());
        CHECK(result(folder.path()) == whole);
    }
}

TEST_CASE("a signal ends training after a step, with a checkpoint and the exit status of the signal") {
    const std::vector<std::byte> whole = uninterrupted();
    bool interrupted = false;
    // Before fit begins a signal ends the program as it always does, and after it there is nothing to interrupt.
    for (int delay = 1; delay < 200 && !interrupted; ++delay) {
        const support::TemporaryFolder folder;
        const pid_t child = start(folder.path(), "0", "1", "0");
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
        ::kill(child, SIGINT);
        const int status = wait_for(child);
        interrupted = WIFEXITED(status) && WEXITSTATUS(status) == 130;
        if (!interrupted) continue;
        CHECK_FALSE(train::detail::checkpoints_in(folder.path()).empty());
        support::run(folder.path());
        CHECK(result(folder.path()) == whole);
    }
    CHECK(interrupted);
}

namespace {

// A run in this process, whose files tests then look at or damage.
struct Setup {
    support::TemporaryFolder folder;
    data::TensorDataset set = support::some_digits(0, 40);
    nn::Sequential model;
    optim::Adam adam;

    Setup() : model(make()), adam(model.parameters(), {.lr = 1e-2}) {}
    static nn::Sequential make() {
        seed(1);
        return support::network();
    }
    train::History run(train::FitOptions options, train::Checkpoint checkpoint = {}) {
        if (checkpoint.folder.empty()) checkpoint.folder = folder.path();
        options.callbacks.push_back(checkpoint);
        return train::fit(model, nn::cross_entropy, adam, set, options, Location{});
    }
};

std::vector<std::string> names(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& file : train::detail::checkpoints_in(folder)) names.push_back(file.filename().string());
    return names;
}

}  // namespace

TEST_CASE("the newest checkpoints and the best weights stay") {
    Setup setup;
    const train::History history = setup.run({.epochs = 4, .batch_size = 20}, {.keep = 2});
    CHECK(names(setup.folder.path()) == std::vector<std::string>{"step-0000000008.ckpt", "step-0000000006.ckpt"});
    REQUIRE(history.best_epoch("loss") == 4);
    nn::Sequential best = support::network();
    nn::load(best, setup.folder.path() / "best.safetensors");
    CHECK(support::bits(best) == support::bits(setup.model));
}

TEST_CASE("a damaged checkpoint gives way to the one before it, and damaged ones alone are an error") {
    Setup setup;
    setup.run({.epochs = 2, .batch_size = 40});
    const auto newest = setup.folder.path() / "step-0000000002.ckpt";
    std::vector<std::byte> bytes = files::read_file(newest);
    bytes[bytes.size() / 2] ^= std::byte{1};
    setup.folder.write("step-0000000002.ckpt", bytes);
    CHECK(train::detail::find_checkpoint(setup.folder.path())->count("epoch") == 1);
    CHECK_THROWS_AS(train::detail::find_checkpoint(newest), DataError);
    Setup other;
    CHECK(other.run({.epochs = 3, .batch_size = 40, .resume = setup.folder.path()}).size() == 3);

    setup.folder.write("step-0000000001.ckpt", support::bytes("nothing"));
    CHECK_THROWS_WITH_AS(setup.run({.batch_size = 40, .resume = setup.folder.path()}),
                         (setup.folder.path().string() + ": expected an undamaged checkpoint, found 2 damaged ones").c_str(),
                         DataError);
}

TEST_CASE("a run from the beginning does not touch the checkpoints of another one, unless told") {
    Setup first;
    first.run({.epochs = 3, .batch_size = 40});
    Setup second;
    CHECK_THROWS_WITH_AS(second.run({.epochs = 1, .batch_size = 40}, {.folder = first.folder.path()}),
                         ("Checkpoint: expected a folder without checkpoints for a run from the beginning, got " +
                          first.folder.path().string() +
                          " with step-0000000003.ckpt; resume from it (FitOptions::resume), choose another one or say overwrite")
                             .c_str(),
                         ConfigError);
    CHECK(names(first.folder.path()).size() == 2);
    second.run({.epochs = 1, .batch_size = 40}, {.folder = first.folder.path(), .overwrite = true});
    CHECK(names(first.folder.path()) == std::vector<std::string>{"step-0000000001.ckpt"});
}

TEST_CASE("a checkpoint of other options or of another model is refused, and nothing changes") {
    Setup first;
    first.run({.epochs = 1, .batch_size = 40});
    Setup second;
    const auto before = support::bits(second.model);
    CHECK_THROWS_WITH_AS(second.run({.epochs = 2, .batch_size = 20, .resume = first.folder.path()}),
                         "fit: expected the options with which the checkpoint was made, where batch_size was 40, got 20",
                         ConfigError);
    CHECK(support::bits(second.model) == before);
    nn::Sequential small{nn::Linear{64, 10}};
    optim::Adam adam{small.parameters(), {}};
    CHECK_THROWS_AS(train::fit(small, nn::cross_entropy, adam, first.set, {.batch_size = 40, .resume = first.folder.path()}),
                    DataError);
}

TEST_CASE("a folder that cannot be written to is an error of the system, and options are checked") {
    Setup setup;
    const auto file = setup.folder.write("file", {});
    CHECK_THROWS_AS(setup.run({}, {.folder = file / "inside"}), IoError);
    CHECK_THROWS_AS(setup.run({}, {.folder = "/proc/self"}), IoError);  // nobody may make files there, not even root
    CHECK_THROWS_WITH_AS(setup.run({}, {.keep = 0}), "Checkpoint: expected to keep at least 1 checkpoint, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(setup.run({}, {.every_epochs = 0}), "Checkpoint: expected every_epochs of at least 1, got 0", ConfigError);
    CHECK_THROWS_WITH_AS(setup.run({}, {.monitor = "f1"}), "Checkpoint: expected one of loss, lr to monitor, got \"f1\"",
                         ConfigError);
    train::FitOptions options;
    options.callbacks = {train::Checkpoint{}};
    CHECK_THROWS_WITH_AS(train::fit(setup.model, nn::cross_entropy, setup.adam, setup.set, options),
                         "Checkpoint: expected a folder, got an empty path", ConfigError);
}

TEST_CASE("a metric without state cannot be saved in the middle of an epoch") {
    struct Forgetful {
        std::string name() const { return "forgetful"; }
        void reset() {}
        void update(const Array&, const IndexArray&) {}
        double value() const { return 0; }
    };
    Setup setup;
    CHECK_THROWS_WITH_AS(setup.run({.metrics = {Forgetful{}}}, {.every_steps = 1}),
                         "Checkpoint: expected metrics with state() and load_state() to save in the middle of an epoch, got "
                         "\"forgetful\"",
                         ConfigError);
    CHECK(setup.run({.metrics = {Forgetful{}}}).size() == 1);
}

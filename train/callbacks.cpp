#include <xtape/train/callbacks.hpp>
#include <xtape/train/progress.hpp>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace xtape::train {
namespace {

Snapshot to_snapshot(const optim::Numbers& numbers) {
    Snapshot snapshot;
    for (const auto& [name, number] : numbers) snapshot.put_number(name, number);
    return snapshot;
}

optim::Numbers numbers_of(const Snapshot& snapshot) {
    optim::Numbers numbers;
    for (const auto& [name, value] : snapshot.values()) numbers.emplace_back(name, snapshot.number(name));
    return numbers;
}

// What drives an optimizer's rates is made when training begins, and takes up the state of a checkpoint then.
template <class Driver>
class Driving : public CallbackHooks {
public:
    Snapshot state() const override { return driver_ ? to_snapshot(driver_->state()) : Snapshot{}; }
    void load_state(const Snapshot& state) override { loaded_ = numbers_of(state); }

protected:
    template <class... Arguments>
    void make(Arguments&&... arguments) {
        driver_.emplace(std::forward<Arguments>(arguments)...);
        if (loaded_) driver_->load_state(*loaded_);
        loaded_.reset();
    }
    Driver& driver() { return *driver_; }

private:
    std::optional<Driver> driver_;
    std::optional<optim::Numbers> loaded_;
};

class Scheduler final : public Driving<optim::Schedule> {
public:
    explicit Scheduler(LRSchedule options) : options_(std::move(options)) {}

    void on_train_begin(Session& session) override { make(session.learning_rates(), options_.curve); }
    void on_batch_end(Session& session) override {
        if (options_.per == Per::step && session.ready()) driver().step();
    }
    void on_epoch_end(Session&) override {
        if (options_.per == Per::epoch) driver().step();
    }

private:
    LRSchedule options_;
};

class Reducer final : public Driving<optim::Plateau> {
public:
    explicit Reducer(ReduceLROnPlateau options) : options_(std::move(options)) {}

    void on_train_begin(Session& session) override {
        if (options_.monitor.empty()) options_.monitor = session.default_monitor();
        session.require_measure("ReduceLROnPlateau", options_.monitor);
        options_.options.better = session.better(options_.monitor);
        make(session.learning_rates(), options_.options);
    }
    void on_epoch_end(Session& session) override { driver().step(session.history().last(options_.monitor)); }

private:
    ReduceLROnPlateau options_;
};

class Log final : public CallbackHooks {
public:
    using Save = void (History::*)(const std::filesystem::path&) const;

    Log(std::filesystem::path file, Save save) : file_(std::move(file)), save_(save) {}

    void on_epoch_end(Session& session) override { (session.history().*save_)(file_); }

private:
    std::filesystem::path file_;
    Save save_;
};

class Functions final : public CallbackHooks {
public:
    explicit Functions(LambdaCallback functions) : functions_(std::move(functions)) {}

    void on_train_begin(Session& session) override { call(functions_.on_train_begin, session); }
    void on_epoch_begin(Session& session) override { call(functions_.on_epoch_begin, session); }
    void on_batch_end(Session& session) override { call(functions_.on_batch_end, session); }
    void on_epoch_end(Session& session) override { call(functions_.on_epoch_end, session); }
    void on_train_end(Session& session) override { call(functions_.on_train_end, session); }

private:
    static void call(const LambdaCallback::Function& function, Session& session) {
        if (function) function(session);
    }

    LambdaCallback functions_;
};

class Progress final : public CallbackHooks {
public:
    explicit Progress(ProgressBar bar) : bar_(std::move(bar)) {}

    void on_epoch_begin(Session& session) override {
        const std::size_t width = std::to_string(session.epochs()).size();
        bar_.start(fmt::format("epoch {:>{}}/{}", session.epoch(), width, session.epochs()), session.batches());
        if (session.batch() > 0) bar_.advance({}, session.batch());  // of an epoch that is resumed
    }
    void on_batch_end(Session& session) override { bar_.advance(fmt::format("loss {:.4f}", session.epoch_loss())); }
    void on_epoch_end(Session& session) override {
        const History& history = session.history();
        std::string message;
        for (const std::string& name : history.names()) {
            const char* separator = message.empty() ? "" : "  ";
            message += fmt::format("{}{} {:.4g}", separator, name, history.last(name));
        }
        bar_.finish(message);
    }

private:
    ProgressBar bar_;
};

}  // namespace

Callback::Callback(ProgressBar bar)
    : make_([hooks = std::make_shared<Progress>(std::move(bar))] { return hooks; }) {}

std::shared_ptr<CallbackHooks> LRSchedule::hooks() const { return std::make_shared<Scheduler>(*this); }
std::shared_ptr<CallbackHooks> ReduceLROnPlateau::hooks() const { return std::make_shared<Reducer>(*this); }
std::shared_ptr<CallbackHooks> CSVLog::hooks() const { return std::make_shared<Log>(file, &History::save_csv); }
std::shared_ptr<CallbackHooks> JSONLog::hooks() const { return std::make_shared<Log>(file, &History::save_jsonl); }
std::shared_ptr<CallbackHooks> LambdaCallback::hooks() const { return std::make_shared<Functions>(*this); }

}  // namespace xtape::train

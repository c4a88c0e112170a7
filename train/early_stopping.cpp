#include <xtape/autodiff/error.hpp>
#include <xtape/train/early_stopping.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace xtape::train {
namespace {

class Stopper final : public CallbackHooks {
public:
    explicit Stopper(EarlyStopping options) : options_(std::move(options)) {
        if (options_.patience == 0) throw ConfigError("EarlyStopping: expected a patience of at least 1, got 0");
        if (!(options_.min_delta >= 0 && std::isfinite(options_.min_delta))) {
            throw ConfigError(
                fmt::format("EarlyStopping: expected a finite min_delta of at least 0, got {}", options_.min_delta));
        }
    }

    void on_train_begin(Session& session) override {
        if (options_.monitor.empty()) options_.monitor = session.default_monitor();
        session.require_measure("EarlyStopping", options_.monitor);
        stop_when_due(session);  // a run that had ended and is resumed ends again
    }

    void on_epoch_end(Session& session) override {
        const double value = session.history().last(options_.monitor);
        if (detail::improves(value, best_, session.history().better(options_.monitor), options_.min_delta)) {
            best_ = value;
            best_epoch_ = session.epoch();
            waited_ = 0;
            if (options_.restore_best) best_weights_ = session.weights();
        } else {
            ++waited_;
            stop_when_due(session);
        }
    }

    void on_non_finite(Session& session) override { session.stop("a loss or gradient that is not finite"); }

    void on_train_end(Session& session) override {
        if (options_.restore_best && best_epoch_ > 0) session.set_weights(best_weights_);
    }

    Snapshot state() const override {
        Snapshot state;
        state.put_number("best", best_);
        state.put_count("best_epoch", best_epoch_);
        state.put_count("waited", waited_);
        state.put_all("weights.", best_weights_);
        return state;
    }
    void load_state(const Snapshot& state) override {
        best_ = state.number("best");
        best_epoch_ = state.count("best_epoch");
        waited_ = state.count("waited");
        best_weights_ = state.part("weights.");
    }

private:
    void stop_when_due(Session& session) const {
        if (waited_ < options_.patience) return;
        session.stop(fmt::format("{} has not improved for {} epochs, the best was {:.6g} in epoch {}", options_.monitor, waited_,
                                 best_, best_epoch_));
    }

    EarlyStopping options_;
    double best_ = std::numeric_limits<double>::quiet_NaN();
    std::size_t best_epoch_ = 0, waited_ = 0;
    Snapshot best_weights_;
};

}  // namespace

std::shared_ptr<CallbackHooks> EarlyStopping::hooks() const { return std::make_shared<Stopper>(*this); }

}  // namespace xtape::train

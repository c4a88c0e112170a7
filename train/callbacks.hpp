// Learning-rate schedules, log files and functions as callbacks of fit. The others: early_stopping.hpp, checkpoint.hpp,
// progress.hpp (ProgressBar), report.hpp.
#pragma once

#include <xtape/optim/schedule.hpp>
#include <xtape/train/callback.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace xtape::train {

/// When a schedule moves on.
enum class Per { epoch, step };

/// `train::LRSchedule{optim::cosine({.steps = 20})}`: drives the learning rates along a curve, which starts from the rates that the
/// optimizer has.
struct LRSchedule {
    optim::Curve curve;
    Per per = Per::epoch;

    std::shared_ptr<CallbackHooks> hooks() const;
};

/// Lowers the learning rates when a series of the history has stopped to improve (optim::Plateau); whether smaller or larger is
/// better is the series' own. Throws ConfigError for an unknown monitor and options out of range.
struct ReduceLROnPlateau {
    std::string monitor = {};  ///< empty: "val_loss", or "loss" without validation
    optim::PlateauOptions options = {};

    std::shared_ptr<CallbackHooks> hooks() const;
};

/// Keeps the history in a CSV file, which is whole at every moment (History::save_csv). Throws as files::write_atomically.
struct CSVLog {
    std::filesystem::path file;

    std::shared_ptr<CallbackHooks> hooks() const;
};

/// Keeps the history in a file of JSON lines (History::save_jsonl).
struct JSONLog {
    std::filesystem::path file;

    std::shared_ptr<CallbackHooks> hooks() const;
};

/// Functions to be called: `train::LambdaCallback{.on_epoch_end = [](train::Session& s) { ... }}`.
struct LambdaCallback {
    using Function = std::function<void(Session&)>;

    Function on_train_begin = {};
    Function on_epoch_begin = {};
    Function on_batch_end = {};
    Function on_epoch_end = {};
    Function on_train_end = {};

    std::shared_ptr<CallbackHooks> hooks() const;
};

}  // namespace xtape::train

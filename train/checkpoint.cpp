#include <xtape/autodiff/error.hpp>
#include <xtape/train/checkpoint.hpp>
#include <xtape/train/resume.hpp>

#include <fmt/format.h>

#include <limits>

namespace xtape::train {
namespace {

class Saver final : public CallbackHooks {
public:
    explicit Saver(Checkpoint options) : options_(std::move(options)) {
        const auto require = [](bool good, const char* wanted) {
            if (!good) throw ConfigError(fmt::format("Checkpoint: expected {}, got 0", wanted));
        };
        if (options_.folder.empty()) throw ConfigError("Checkpoint: expected a folder, got an empty path");
        require(options_.keep > 0, "to keep at least 1 checkpoint");
        require(options_.every_epochs > 0, "every_epochs of at least 1");
    }

    void on_train_begin(Session& session) override {
        if (options_.monitor.empty()) options_.monitor = session.default_monitor();
        session.require_measure("Checkpoint", options_.monitor);
        if (options_.every_steps > 0) session.require_metric_states("Checkpoint");
        std::error_code error;
        std::filesystem::create_directories(options_.folder, error);
        if (error) throw IoError(fmt::format("{}: the folder cannot be made: {}", options_.folder.string(), error.message()));
        if (session.steps() == 0) clear();
    }

    void on_batch_end(Session& session) override {
        if (options_.every_steps > 0 && session.ready() && session.steps() % options_.every_steps == 0) due_ = true;
    }

    void on_epoch_end(Session& session) override {
        const History& history = session.history();
        if (options_.best && history.best_epoch(options_.monitor) == history.size() &&
            detail::improves(history.last(options_.monitor), best_, history.better(options_.monitor))) {
            best_ = history.last(options_.monitor);
            session.save_weights(options_.folder / "best.safetensors");
        }
        if (session.epoch() % options_.every_epochs == 0 || session.epoch() == session.epochs() || session.stopping()) {
            due_ = true;
        }
    }

    void on_interrupt(Session&) override { due_ = true; }

    void on_checkpoint(Session& session) override {
        if (!due_) return;
        due_ = false;
        save(session);
    }

    Snapshot state() const override {
        Snapshot state;
        state.put_number("best", best_);
        return state;
    }
    void load_state(const Snapshot& state) override { best_ = state.number("best"); }

private:
    void clear() {
        const auto files = detail::checkpoints_in(options_.folder);
        if (files.empty()) return;
        if (!options_.overwrite) {
            throw ConfigError(fmt::format(
                "Checkpoint: expected a folder without checkpoints for a run from the beginning, got {} with {}; resume from it "
                "(FitOptions::resume), choose another one or say overwrite",
                options_.folder.string(), files.front().filename().string()));
        }
        for (const auto& file : files) remove(file);
    }

    void save(Session& session) {
        session.snapshot().save(options_.folder / detail::checkpoint_name(session.steps()));
        const auto files = detail::checkpoints_in(options_.folder);
        for (std::size_t i = options_.keep; i < files.size(); ++i) remove(files[i]);
    }

    static void remove(const std::filesystem::path& file) {
        std::error_code error;
        std::filesystem::remove(file, error);
        if (error) throw IoError(fmt::format("{}: the file cannot be removed: {}", file.string(), error.message()));
    }

    Checkpoint options_;
    bool due_ = false;
    double best_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace

std::shared_ptr<CallbackHooks> Checkpoint::hooks() const { return std::make_shared<Saver>(*this); }

}  // namespace xtape::train

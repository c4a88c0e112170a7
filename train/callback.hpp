// What is called while train::fit runs, and what it sees.
#pragma once

#include <xtape/optim/optimizer.hpp>
#include <xtape/train/history.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::train {

class ProgressBar;

/// Training under way, as callbacks see it.
class Session {
public:
    virtual ~Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    std::size_t epoch() const { return epoch_; }    ///< under way or just ended, from 1 on
    std::size_t epochs() const { return epochs_; }  ///< asked for
    std::size_t batch() const { return batch_; }    ///< batches of this epoch that are done
    std::size_t batches() const { return batches_; }
    std::uint64_t steps() const { return steps_; }  ///< of the optimizer, since the beginning of the first run
    double loss() const { return loss_; }           ///< of the last batch
    double epoch_loss() const;                      ///< mean over the items of this epoch that are done
    double seconds() const;                         ///< since this call of fit began

    const History& history() const { return history_; }

    /// What will be in the history: "loss", the metrics, "val_loss", ...
    std::vector<std::string> measures() const;
    /// Which numbers of a measure are the better ones; the smaller ones when there is no such measure.
    Better better(const std::string& measure) const;
    /// Throws ConfigError, on behalf of `who`, unless `name` is one of measures(), which the message lists.
    void require_measure(const std::string& who, const std::string& name) const;
    /// "val_loss" with a validation set, otherwise "loss".
    const char* default_monitor() const { return validates_ ? "val_loss" : "loss"; }

    optim::LearningRates& learning_rates() { return *rates_; }

    /// Parameters and buffers of the model, as copies.
    virtual Snapshot weights() const = 0;
    /// Throws DataError, and changes nothing, when they are of another model.
    virtual void set_weights(const Snapshot& weights) = 0;
    /// nn::save.
    virtual void save_weights(const std::filesystem::path& file) const = 0;

    /// Everything that fit needs to continue from here to the last bit; to be asked for in on_checkpoint.
    virtual Snapshot snapshot() const = 0;
    /// Whether the last batch ended with a step of the optimizer, so that no gradient is under way.
    bool ready() const { return ready_; }
    /// Throws ConfigError, on behalf of `who`, unless every metric can be saved in the middle of an epoch.
    virtual void require_metric_states(const std::string& who) const = 0;

    /// Training ends after this batch (an epoch under way is not measured); the history tells the reason.
    void stop(std::string reason);
    bool stopping() const { return !stop_reason_.empty(); }
    const std::string& stop_reason() const { return stop_reason_; }

protected:
    Session() = default;

    std::size_t epoch_ = 0, epochs_ = 0, batch_ = 0, batches_ = 0;
    std::uint64_t steps_ = 0;
    double loss_ = 0, loss_sum_ = 0;
    std::size_t items_ = 0;  // of this epoch that are done
    bool ready_ = true, validates_ = false;
    History history_;
    std::vector<std::pair<std::string, Better>> measures_;
    std::string stop_reason_;
    optim::LearningRates* rates_ = nullptr;
    double started_ = 0;
};

/// Base of callbacks. What they throw ends fit and reaches its caller.
class CallbackHooks {
public:
    virtual ~CallbackHooks() = default;

    virtual void on_train_begin(Session&) {}  ///< also when training is resumed, after load_state
    virtual void on_epoch_begin(Session&) {}
    virtual void on_batch_end(Session&) {}
    virtual void on_epoch_end(Session&) {}  ///< with the epoch in the history
    virtual void on_train_end(Session&) {}  ///< also after stop(); not after an exception
    /// The loss or a gradient is NaN or infinite; no step has been made of it. Unless some callback stops training, fit throws.
    virtual void on_non_finite(Session&) {}
    /// SIGINT or SIGTERM has come and the step is done; after on_checkpoint fit throws Interrupted.
    virtual void on_interrupt(Session&) {}
    /// After a step and after an epoch, when all callbacks have had their on_batch_end or on_epoch_end: the time for snapshots.
    virtual void on_checkpoint(Session&) {}

    /// What exact checkpoints keep of the callback.
    virtual Snapshot state() const { return {}; }
    /// Throws DataError for a state of something else.
    virtual void load_state(const Snapshot&) {}
};

/// Options that describe a callback: `hooks()` makes it anew for each run of fit.
template <class C>
concept CallbackOptions = requires(const C& options) {
    { options.hooks() } -> std::convertible_to<std::shared_ptr<CallbackHooks>>;
};

/// Any callback, as fit's options hold it: one of xtape's (EarlyStopping{...}), a struct derived from CallbackHooks, or a
/// std::shared_ptr to one, which the program can look into afterwards. Copies share what they hold.
class Callback {
public:
    template <class C>
    requires(std::derived_from<C, CallbackHooks>) Callback(C callback)
        : make_([hooks = std::make_shared<C>(std::move(callback))] { return hooks; }) {}
    template <class C>
    requires(std::derived_from<C, CallbackHooks>) Callback(std::shared_ptr<C> callback)
        : make_([hooks = std::move(callback)] { return hooks; }) {}
    template <CallbackOptions C>
    Callback(C options) : make_([options = std::move(options)] { return options.hooks(); }) {}
    Callback(ProgressBar bar);

    std::shared_ptr<CallbackHooks> hooks() const { return make_(); }

private:
    std::function<std::shared_ptr<CallbackHooks>()> make_;
};

}  // namespace xtape::train

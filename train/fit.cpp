#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/state.hpp>
#include <xtape/optim/clip.hpp>
#include <xtape/train/fit.hpp>
#include <xtape/train/interrupt.hpp>
#include <xtape/train/measures.hpp>
#include <xtape/train/resume.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <typeinfo>

namespace xtape::train {
namespace {

// Every module's mode as it was, at the end of a scope; in between all are in training mode.
template <class T>
class TrainingScope {
public:
    explicit TrainingScope(nn::BasicModule<T>& model) : modes_(model) { model.train(); }

private:
    nn::BasicEvaluationScope<T> modes_;
};

template <class T>
class Run final : public Session {
public:
    Run(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer, detail::Feed<T>& train, detail::Feed<T>* validation,
        const FitOptions& options, Location at);

    History run();

    Snapshot weights() const override { return detail::module_state(model_); }
    void set_weights(const Snapshot& weights) override { detail::load_module_state(model_, weights); }
    void save_weights(const std::filesystem::path& file) const override { nn::save(model_, file); }
    Snapshot snapshot() const override;
    void require_metric_states(const std::string& who) const override;

private:
    void name_measures();
    void resume();
    void load(const Snapshot& snapshot);
    void check_settings(const Snapshot& snapshot) const;
    Snapshot settings() const;
    bool begin_epoch();
    bool run_batches();
    void run_batch();
    bool step();
    void non_finite(const std::string& what, double value);
    void end_epoch();
    std::string place(std::size_t batch) const;
    void each(void (CallbackHooks::*hook)(Session&)) {
        for (const auto& callback : callbacks_) ((*callback).*hook)(*this);
    }

    nn::BasicModule<T>& model_;
    optim::BasicOptimizer<T>& optimizer_;
    detail::Feed<T>& train_;
    detail::Feed<T>* validation_;
    const FitOptions& options_;
    Location at_;
    std::vector<Metric> metrics_, validation_metrics_;
    std::vector<std::shared_ptr<CallbackHooks>> callbacks_;
    detail::Mean gradient_norm_;
    std::size_t pending_ = 0;  // batches whose gradients wait for a step
    bool in_epoch_ = false;    // between its first batch and its measures
    bool resumed_inside_ = false;
};

template <class T>
Run<T>::Run(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer, detail::Feed<T>& train,
            detail::Feed<T>* validation, const FitOptions& options, Location at)
    : model_(model), optimizer_(optimizer), train_(train), validation_(validation), options_(options), at_(at),
      metrics_(options.metrics), validation_metrics_(options.metrics) {
    epochs_ = options.epochs;
    batches_ = train.batches();
    validates_ = validation != nullptr;
    rates_ = &optimizer;
    started_ = seconds();  // of the clock, since it is 0 until now
    for (const Callback& callback : options.callbacks) callbacks_.push_back(callback.hooks());
    name_measures();
}

template <class T>
void Run<T>::name_measures() {
    measures_.emplace_back("loss", Better::smaller);
    for (const Metric& metric : metrics_) measures_.emplace_back(metric.name(), detail::better_of(metric));
    if (validation_) {
        const auto training = measures_;
        for (const auto& [name, better] : training) measures_.emplace_back("val_" + name, better);
    }
    measures_.emplace_back("lr", Better::smaller);
    if (options_.gradient_norm || options_.clip_norm > 0) measures_.emplace_back("gradient_norm", Better::smaller);
    const std::vector<std::string> names = measures();
    if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
        throw ConfigError("fit: expected metrics with names that differ, got " + detail::joined(names), at_);
    }
}

template <class T>
History Run<T>::run() {
    resume();
    const TrainingScope<T> scope(model_);
    std::optional<detail::SignalScope> signals;
    if (options_.stop_on_signal) signals.emplace();
    each(&CallbackHooks::on_train_begin);
    optimizer_.zero_grad();
    while (!stopping() && begin_epoch()) {
        if (run_batches()) end_epoch();
    }
    history_.set_stop_reason(stop_reason_);
    each(&CallbackHooks::on_train_end);
    return std::move(history_);
}

template <class T>
bool Run<T>::begin_epoch() {
    if (!resumed_inside_) {
        if (epoch_ >= epochs_) return false;
        ++epoch_;
        batch_ = items_ = 0;
        loss_sum_ = 0;
        gradient_norm_ = {};
        for (Metric& metric : metrics_) metric.reset();
    }
    resumed_inside_ = false;
    in_epoch_ = true;
    train_.begin();
    each(&CallbackHooks::on_epoch_begin);
    return true;
}

// The batches of an epoch; false when a callback has ended training among them.
template <class T>
bool Run<T>::run_batches() {
    while (!stopping() && train_.next()) {
        run_batch();
        if (stopping()) break;
        each(&CallbackHooks::on_batch_end);
        if (!ready_) continue;
        const int signal = options_.stop_on_signal ? detail::pending_signal() : 0;
        if (signal) each(&CallbackHooks::on_interrupt);
        each(&CallbackHooks::on_checkpoint);
        if (signal) {
            throw Interrupted(signal, fmt::format("fit: stopped by {} after {}", detail::signal_name(signal), place(batch_)));
        }
    }
    return !stopping();
}

template <class T>
void Run<T>::run_batch() {
    Tape tape;
    const BasicTensor<T> outputs = train_.forward(model_);
    const BasicTensor<T> loss = train_.loss(outputs);
    loss_ = static_cast<double>(loss.item());
    if (!std::isfinite(loss_)) return non_finite("the loss", loss_);
    tape.backward(loss, {}, at_);
    ++pending_;
    ready_ = pending_ == options_.accumulate || batch_ + 1 == batches_;
    if (ready_ && !step()) return;

    const auto items = train_.items();
    loss_sum_ += loss_ * static_cast<double>(items);
    items_ += items;
    ++batch_;
    const PauseGuard guard = tape.pause();
    for (Metric& metric : metrics_) train_.measure(metric, outputs);
}

// False when the gradient was not finite.
template <class T>
bool Run<T>::step() {
    const auto& parameters = optimizer_.parameters();
    if (pending_ > 1) optim::scale_grad(parameters, 1 / static_cast<double>(pending_), at_);
    pending_ = 0;
    if (options_.gradient_norm || options_.clip_norm > 0) {
        const double limit = options_.clip_norm > 0 ? options_.clip_norm : std::numeric_limits<double>::infinity();
        const double norm = optim::clip_grad_norm(parameters, limit, {.non_finite = optim::NonFinite::keep}, at_);
        if (!std::isfinite(norm)) {
            non_finite("the norm of the gradient", norm);
            return false;
        }
        gradient_norm_.add(norm, 1);
    }
    if (options_.clip_value > 0) optim::clip_grad_value(parameters, options_.clip_value, at_);
    optimizer_.step();
    optimizer_.zero_grad();
    ++steps_;
    return true;
}

template <class T>
void Run<T>::non_finite(const std::string& what, double value) {
    optimizer_.zero_grad();
    pending_ = 0;
    ready_ = true;
    each(&CallbackHooks::on_non_finite);
    if (stopping()) return;
    throw AnomalyError(fmt::format("fit: expected finite numbers, got {} as {} in {}; smaller steps or clip_norm may help, and a "
                                   "tape with check_finite finds the operation",
                                   value, what, place(batch_ + 1)),
                       at_);
}

template <class T>
std::string Run<T>::place(std::size_t batch) const {
    return fmt::format("epoch {}, batch {} of {}", epoch_, batch, batches_);
}

template <class T>
void Run<T>::require_metric_states(const std::string& who) const {
    for (const Metric& metric : metrics_) {
        if (metric.has_state()) continue;
        throw ConfigError(fmt::format("{}: expected metrics with state() and load_state() to save in the middle of an epoch, got \"{}\"",
                                      who, metric.name()),
                          at_);
    }
}

template <class T>
void Run<T>::end_epoch() {
    std::vector<Measure> row{{"loss", epoch_loss(), Better::smaller}};
    std::ranges::move(detail::values_of(metrics_), std::back_inserter(row));
    if (validation_) {
        for (Measure& measure : detail::measure(model_, *validation_, validation_metrics_, at_)) {
            measure.name = "val_" + measure.name;
            row.push_back(std::move(measure));
        }
    }
    row.push_back({"lr", rates_->learning_rate(), Better::smaller});
    if (gradient_norm_.weight > 0) row.push_back({"gradient_norm", gradient_norm_.value(), Better::smaller});
    history_.add(row);
    in_epoch_ = false;
    each(&CallbackHooks::on_epoch_end);
    each(&CallbackHooks::on_checkpoint);
}

template <class T>
Snapshot Run<T>::settings() const {
    Snapshot settings;
    settings.put_count("batch_size", options_.batch_size);
    settings.put_count("shuffle", options_.shuffle);
    settings.put_count("drop_last", options_.drop_last);
    settings.put_count("accumulate", options_.accumulate);
    settings.put_count("items", train_.size());
    settings.put_number("clip_norm", options_.clip_norm);
    settings.put_number("clip_value", options_.clip_value);
    settings.put_text("measures", detail::joined(measures()));
    return settings;
}

template <class T>
Snapshot Run<T>::snapshot() const {
    Snapshot all;
    all.put_all("settings.", settings());
    all.put_all("model.", weights());
    all.put_all("optimizer.", detail::to_snapshot(optimizer_.state()));
    all.put_all("random.", detail::random_state());
    all.put_all("loader.", detail::to_snapshot(train_.state()));
    all.put_all("history.", history_.state());
    all.put_count("epoch", epoch_);
    all.put_count("in_epoch", in_epoch_);
    all.put_count("batch", batch_);
    all.put_count("items", items_);
    all.put_count("steps", steps_);
    all.put_number("loss", loss_);
    all.put_number("loss_sum", loss_sum_);
    all.put_number("gradient_norm.sum", gradient_norm_.sum);
    all.put_number("gradient_norm.weight", gradient_norm_.weight);
    if (in_epoch_) {
        for (std::size_t i = 0; i < metrics_.size(); ++i) {
            all.put(fmt::format("metric.{}", i), detail::to_array(metrics_[i].state()));
        }
    }
    const std::vector<std::string> names = detail::callback_names(callbacks_);
    for (std::size_t i = 0; i < names.size(); ++i) all.put_all("callback." + names[i] + ".", callbacks_[i]->state());
    return all;
}

template <class T>
void Run<T>::resume() {
    if (options_.resume.empty()) return;
    if (const std::optional<Snapshot> found = detail::find_checkpoint(options_.resume)) load(*found);
}

template <class T>
void Run<T>::check_settings(const Snapshot& snapshot) const {
    const Snapshot before = snapshot.part("settings."), now = settings();
    for (const auto& [name, value] : now.values()) {
        const std::string then = detail::text_of(before, name), here = detail::text_of(now, name);
        if (then != here) {
            throw ConfigError(fmt::format("fit: expected the options with which the checkpoint was made, where {} was {}, got {}",
                                          name, then, here),
                              at_);
        }
    }
}

template <class T>
void Run<T>::load(const Snapshot& snapshot) {
    check_settings(snapshot);
    train_.load_state(detail::loader_state(snapshot.part("loader.")));
    history_.load_state(snapshot.part("history."));
    epoch_ = snapshot.count("epoch");
    resumed_inside_ = in_epoch_ = snapshot.count("in_epoch") != 0;
    batch_ = snapshot.count("batch");
    items_ = snapshot.count("items");
    steps_ = snapshot.count("steps");
    loss_ = snapshot.number("loss");
    loss_sum_ = snapshot.number("loss_sum");
    gradient_norm_ = {snapshot.number("gradient_norm.sum"), snapshot.number("gradient_norm.weight")};
    if (in_epoch_) {
        for (std::size_t i = 0; i < metrics_.size(); ++i) {
            metrics_[i].load_state(detail::to_vector(snapshot.array<double>(fmt::format("metric.{}", i))));
        }
    }
    const std::vector<std::string> names = detail::callback_names(callbacks_);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Snapshot state = snapshot.part("callback." + names[i] + ".");
        if (!state.values().empty()) callbacks_[i]->load_state(state);
    }
    // What belongs to the caller comes last, so that nothing of it has changed when something does not fit.
    const Snapshot before = weights();
    set_weights(snapshot.part("model."));
    try {
        optimizer_.load_state(detail::optimizer_state<T>(snapshot.part("optimizer.")), at_);
    } catch (const Error&) {
        set_weights(before);
        throw;
    }
    detail::set_random_state(snapshot.part("random."));
}

}  // namespace

namespace detail {

data::LoaderOptions training_loader(std::size_t batch_size, bool shuffle, bool drop_last, std::size_t prefetch) {
    return {.batch_size = batch_size, .shuffle = shuffle, .drop_last = drop_last, .prefetch = prefetch};
}

data::LoaderOptions validation_loader(std::size_t batch_size) {
    return plain_loader(std::max(batch_size, EvaluationOptions{}.batch_size));
}

void check(const FitOptions& options, Location at) {
    const auto require = [&](bool good, const char* wanted, double got) {
        if (!good) throw ConfigError(fmt::format("fit: expected {}, got {}", wanted, got), at);
    };
    const auto limit = [&](const char* wanted, double got) { require(got >= 0 && std::isfinite(got), wanted, got); };
    require(options.epochs > 0, "at least 1 epoch", 0);
    require(options.batch_size > 0, "a batch_size of at least 1", 0);
    require(options.accumulate > 0, "at least 1 batch to accumulate", 0);
    limit("a finite clip_norm of at least 0", options.clip_norm);
    limit("a finite clip_value of at least 0", options.clip_value);
}

template <class T>
History run_fit(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer, Feed<T>& train, Feed<T>* validation,
                const FitOptions& options, Location at) {
    if (train.batches() == 0) {
        throw ConfigError(fmt::format("fit: expected a data set with at least one batch, got {} items", train.size()), at);
    }
    if (validation && validation->size() == 0) {
        throw ConfigError("fit: expected a validation set with at least one item, got an empty one", at);
    }
    return Run<T>(model, optimizer, train, validation, options, at).run();
}

template class BatchFeed<float, std::tuple<Array, IndexArray>>;
template class BatchFeed<float, std::tuple<Array, Array>>;
template class BatchFeed<float, Array>;
template History fit(nn::Module&, LossView<float, std::tuple<Array, IndexArray>>, optim::Optimizer&,
                     const data::detail::DatasetView<std::tuple<Array, IndexArray>>&, const FitOptions&, Location);
template History run_fit(nn::Module&, optim::Optimizer&, Feed<float>&, Feed<float>*, const FitOptions&, Location);
template History run_fit(nn::Module64&, optim::Optimizer64&, Feed<double>&, Feed<double>*, const FitOptions&, Location);

}  // namespace detail

}  // namespace xtape::train

// Training in one call: fit, evaluate.
//
//     train::History history = train::fit(net, nn::cross_entropy, adam, train_set, validation_set,
//                                         {.epochs = 20, .batch_size = 64, .metrics = {train::Accuracy{}},
//                                          .callbacks = {train::EarlyStopping{.patience = 5}, train::ProgressBar{}}});
//
// It does what a loop by hand does (examples/custom_op.cpp, README): for each batch a tape, forward, backward, and
// step() and zero_grad() of the optimizer.
#pragma once

#include <xtape/optim/optimizer.hpp>
#include <xtape/train/callback.hpp>
#include <xtape/train/feed.hpp>

#include <any>
#include <filesystem>
#include <vector>

namespace xtape::train {

/// A data set to validate on, given by its address: it must outlive the call of fit.
class ValidationSet {
public:
    ValidationSet() = default;
    template <data::Dataset D>
    ValidationSet(const D* dataset) : view_(data::detail::view_of(*dataset)) {}

    explicit operator bool() const { return view_.has_value(); }

    /// For batches of this type. Throws ConfigError when its batches are of another.
    template <class Batch>
    const data::detail::DatasetView<Batch>& view(Location at) const {
        if (const auto* view = std::any_cast<data::detail::DatasetView<Batch>>(&view_)) return *view;
        throw ConfigError("fit: expected a validation set whose items are of the training set's types, got others", at);
    }

private:
    std::any view_;
};

struct FitOptions {
    std::size_t epochs = 1;        ///< in all, also when training is resumed; at least 1
    std::size_t batch_size = 32;   ///< at least 1
    bool shuffle = true;           ///< a new order for every epoch
    bool drop_last = false;        ///< leave out a last batch that is shorter than batch_size
    std::size_t prefetch = 0;      ///< batches that are prepared ahead in the background
    std::size_t accumulate = 1;    ///< batches whose mean gradient makes one step of the optimizer; an epoch's last step may have fewer
    double clip_norm = 0;          ///< largest norm of all gradients together (optim::clip_grad_norm); 0: no limit
    double clip_value = 0;         ///< largest magnitude of a gradient's element (optim::clip_grad_value); 0: no limit
    bool gradient_norm = false;    ///< measure "gradient_norm", the mean over an epoch's steps, before clipping
    ValidationSet validation = {};  ///< `&validation_set`; its measures are "val_loss", "val_accuracy", ...
    std::vector<Metric> metrics = {};
    std::vector<Callback> callbacks = {};
    /// Where to go on: a checkpoint file, or a folder of Checkpoint, of which the newest undamaged one is taken (and none when
    /// it has none). Empty: from the beginning.
    std::filesystem::path resume = {};
    /// SIGINT (Ctrl-C) and SIGTERM finish the step, let Checkpoint save, and make fit throw Interrupted; a second one ends the
    /// program at once.
    bool stop_on_signal = false;
};

/// Thrown by fit after a signal, when everything is in order again; programs end with exit status 128 + signal().
class Interrupted : public Error {
public:
    Interrupted(int signal, const std::string& message) : Error(message), signal_(signal) {}
    int signal() const { return signal_; }

private:
    int signal_;
};

namespace detail {
template <class T>
History run_fit(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer, Feed<T>& train, Feed<T>* validation,
                const FitOptions& options, Location at);
extern template History run_fit(nn::Module&, optim::Optimizer&, Feed<float>&, Feed<float>*, const FitOptions&, Location);
extern template History run_fit(nn::Module64&, optim::Optimizer64&, Feed<double>&, Feed<double>*, const FitOptions&, Location);

/// Throws ConfigError for options out of range.
void check(const FitOptions& options, Location at);

template <class T, class Batch>
History fit(nn::BasicModule<T>& model, LossView<T, Batch> loss, optim::BasicOptimizer<T>& optimizer,
            const data::detail::DatasetView<Batch>& dataset, const FitOptions& options, Location at) {
    check(options, at);
    BatchFeed<T, Batch> train(dataset, training_loader(options.batch_size, options.shuffle, options.drop_last, options.prefetch), loss,
                              at);
    if (!options.validation) return run_fit<T>(model, optimizer, train, nullptr, options, at);
    BatchFeed<T, Batch> validation(options.validation.view<Batch>(at), validation_loader(options.batch_size), loss, at);
    return run_fit<T>(model, optimizer, train, &validation, options, at);
}
extern template History fit(nn::Module&, LossView<float, std::tuple<Array, IndexArray>>, optim::Optimizer&,
                            const data::detail::DatasetView<std::tuple<Array, IndexArray>>&, const FitOptions&, Location);
}  // namespace detail

/// Trains a model. Items of the data set are an input and a target, or an input alone, which is then its own target
/// (auto-encoders). `loss(outputs, target)` gives a scalar tensor: a loss of nn/losses.hpp or any function.
///
/// History: "loss" (mean over the epoch's items, while the model was changing), the metrics in training mode, "val_loss" and
/// "val_..." in evaluation mode after each epoch, "lr" of the first group at the epoch's end, "gradient_norm".
///
/// Training mode during the steps; afterwards, also after an exception, every module is in the mode it was in. Random numbers
/// (orders, dropout) come from the process-wide seed: same binary, machine and seed give the same bits on any number of
/// threads, and from a checkpoint on.
///
/// Throws ConfigError for options out of range, an empty data set or a checkpoint of other options; AnomalyError when a loss
/// (or a clipped or measured gradient norm) is not finite and no callback stops; Interrupted; IoError and DataError for
/// checkpoints; and whatever model, loss, data set, metrics and callbacks throw.
template <class T, class Loss, data::Dataset D>
History fit(nn::BasicModule<T>& model, const Loss& loss, optim::BasicOptimizer<T>& optimizer, const D& dataset,
            const FitOptions& options = {}, Location at = Location::current()) {
    using View = detail::LossView<T, data::detail::BatchOf<D>>;
    return detail::fit(model, View::of(loss), optimizer, data::detail::view_of(dataset), options, at);
}

/// The same with a validation set, whose items are of the training set's types.
template <class T, class Loss, data::Dataset D, data::Dataset V>
History fit(nn::BasicModule<T>& model, const Loss& loss, optim::BasicOptimizer<T>& optimizer, const D& dataset,
            const V& validation, FitOptions options = {}, Location at = Location::current()) {
    options.validation = &validation;
    return fit(model, loss, optimizer, dataset, options, at);
}

/// What evaluate() has measured.
class Evaluation {
public:
    explicit Evaluation(std::vector<Measure> measures) : measures_(std::move(measures)) {}

    double loss() const { return measures_.front().value; }
    /// "loss" or the name of a metric. Throws ConfigError, listing the names there are, for another.
    double operator[](std::string_view name) const;
    const std::vector<Measure>& measures() const { return measures_; }

private:
    std::vector<Measure> measures_;
};

struct EvaluateOptions {
    std::size_t batch_size = 256;  ///< how many items the model sees at once, at least 1
    std::vector<Metric> metrics = {};
};

namespace detail {
template <class T>
std::vector<Measure> measure(nn::BasicModule<T>& model, Feed<T>& feed, std::vector<Metric>& metrics, Location at);
extern template std::vector<Measure> measure(nn::Module&, Feed<float>&, std::vector<Metric>&, Location);
extern template std::vector<Measure> measure(nn::Module64&, Feed<double>&, std::vector<Metric>&, Location);
}  // namespace detail

/// Mean loss over the items, and metrics, in evaluation mode and without recording; modes as after fit. Throws ConfigError for
/// an empty data set, and whatever model, loss, data set and metrics throw.
template <class T, class Loss, data::Dataset D>
Evaluation evaluate(nn::BasicModule<T>& model, const Loss& loss, const D& dataset, EvaluateOptions options = {},
                    Location at = Location::current()) {
    using Batch = data::detail::BatchOf<D>;
    detail::BatchFeed<T, Batch> feed(data::detail::view_of(dataset), detail::plain_loader(options.batch_size),
                                     detail::LossView<T, Batch>::of(loss), at);
    return Evaluation(detail::measure<T>(model, feed, options.metrics, at));
}

}  // namespace xtape::train

// What a model makes of a data set: its outputs, how often it is right, and what it takes for what.
#pragma once

#include <xtape/autodiff/tape.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/nn/module.hpp>
#include <xtape/train/classification_metrics.hpp>
#include <xtape/train/classification_report.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace xtape::train {

struct EvaluationOptions {
    std::size_t batch_size = 256;  ///< how many items the model sees at once, at least 1
};

namespace detail {

data::LoaderOptions plain_loader(std::size_t batch_size);

template <class Batch>
inline constexpr bool is_tuple = requires {
    std::tuple_size<Batch>::value;
};

/// The model's input in a batch: its first part, or all of it.
template <class T, class Batch>
BasicTensor<T> inputs_of(const Batch& batch) {
    if constexpr (is_tuple<Batch>) {
        return inputs_of<T>(std::get<0>(batch));
    } else if constexpr (std::is_same_v<Batch, BasicArray<T>>) {
        return batch;
    } else {
        BasicArray<T> converted = empty_array<T>(batch.shape());
        std::transform(batch.data(), batch.data() + batch.size(), converted.data(),
                       [](auto x) { return static_cast<T>(x); });
        return converted;
    }
}

/// Evaluation mode, and nothing recorded on any tape, until the end of a scope. Throws ConfigError when there are no items.
template <class T>
class [[nodiscard]] EvaluationPass {
public:
    EvaluationPass(const char* caller, nn::BasicModule<T>& model, std::size_t items, Location at);
    ~EvaluationPass();

private:
    std::unique_ptr<PauseGuard> pause_;
    nn::BasicEvaluationScope<T> scope_;
};
extern template class EvaluationPass<float>;
extern template class EvaluationPass<double>;

/// f(outputs, batch) for all items in order, in evaluation mode and without recording on any tape.
template <class T, data::Dataset D, class F>
void for_each_batch(const char* caller, nn::BasicModule<T>& model, const D& dataset, const EvaluationOptions& options,
                    Location at, const F& f) {
    const auto view = data::detail::view_of(dataset);
    const EvaluationPass<T> pass(caller, model, view.size(), at);
    data::detail::Loading<data::detail::BatchOf<D>> loading(plain_loader(options.batch_size), view.size(), at);
    loading.begin_epoch(view);
    while (const auto* batch = loading.next()) f(model(inputs_of<T>(*batch), at), *batch);
}

/// Labels and predictions, gathered batch by batch.
class Classified {
public:
    Classified(const char* caller, Location at) : caller_(caller), at_(at) {}

    /// Throws ShapeError unless outputs are (N, C) with C > 1 and labels (N), DataError for a label outside 0 .. C-1.
    template <class T>
    void add(const BasicArray<T>& outputs, const IndexArray& labels);

    double accuracy() const;
    IndexArray confusion() const;

private:
    const char* caller_;
    Location at_;
    std::vector<std::int64_t> labels_, predictions_;
    std::size_t classes_ = 0;
};

template <class T, data::Dataset D>
Classified classify(const char* caller, nn::BasicModule<T>& model, const D& dataset, const EvaluationOptions& options,
                    Location at) {
    Classified result(caller, at);
    for_each_batch(caller, model, dataset, options, at, [&](const BasicTensor<T>& outputs, const auto& batch) {
        constexpr bool labelled = [] {
            using Batch = std::remove_cvref_t<decltype(batch)>;
            if constexpr (is_tuple<Batch>) {
                return std::tuple_size_v<Batch> == 2 && std::is_same_v<std::tuple_element_t<1, Batch>, IndexArray>;
            } else {
                return false;
            }
        }();
        static_assert(labelled, "this needs a data set whose items are an input and an integer label");
        if constexpr (labelled) result.add(outputs.value(), std::get<1>(batch));
    });
    return result;
}

/// Writes the outputs of one batch behind those of the batches before, into an array for `items` items.
template <class T>
void place_outputs(BasicArray<T>& all, const BasicArray<T>& outputs, std::size_t first, std::size_t batch,
                   std::size_t items, Location at);

}  // namespace detail

/// Share of the items of which the largest output (logit or probability) is that of the label. Items are an input and
/// an integer label, outputs (N, C). In evaluation mode, without recording, in batches; afterwards, also after an
/// exception, the model is in the modes it was in. Throws ConfigError for an empty data set, ShapeError and DataError
/// for outputs or labels that do not fit, and whatever the model and the data set throw.
template <class T, data::Dataset D>
double accuracy(nn::BasicModule<T>& model, const D& dataset, EvaluationOptions options = {},
                Location at = Location::current()) {
    return detail::classify("accuracy", model, dataset, options, at).accuracy();
}

/// Confusion matrix (C, C) of a model on a data set; everything else as for accuracy().
template <class T, data::Dataset D>
IndexArray confusion_matrix(nn::BasicModule<T>& model, const D& dataset, EvaluationOptions options = {},
                            Location at = Location::current()) {
    return detail::classify("confusion_matrix", model, dataset, options, at).confusion();
}

/// Outputs (N, ...) of a model for all items (an input, or a tuple that begins with one), in order, as accuracy() runs
/// it. Throws ShapeError when the model does not give one output an item.
template <class T, data::Dataset D>
BasicArray<T> predict(nn::BasicModule<T>& model, const D& dataset, EvaluationOptions options = {},
                      Location at = Location::current()) {
    BasicArray<T> all;
    std::size_t done = 0;
    const auto items = static_cast<std::size_t>(dataset.size());
    detail::for_each_batch("predict", model, dataset, options, at, [&](const BasicTensor<T>& outputs, const auto&) {
        const std::size_t batch = std::min(items - done, options.batch_size);
        detail::place_outputs(all, outputs.value(), done, batch, items, at);
        done += batch;
    });
    return all;
}

}  // namespace xtape::train

// The learning-rate range test.
#pragma once

#include <xtape/optim/optimizer.hpp>
#include <xtape/train/feed.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

namespace xtape::train {

struct LRFindOptions {
    double lowest = 1e-6, highest = 10;  ///< rates, positive, lowest < highest
    std::size_t steps = 100;             ///< at least 10
    std::size_t batch_size = 32;         ///< at least 1
    double smoothing = 0.9;              ///< of the losses, in [0, 1)
    double diverged = 4;                 ///< ends when the loss is so many times the best one; above 1
};

struct LRFindResult {
    std::vector<double> rates, losses;  ///< of each step; losses are exponential averages with the start's bias taken out
    double suggestion = 0;              ///< a tenth of the rate with the lowest loss: there it still falls well, and safely

    /// A picture of the losses over the rates. Throws as Plot::save.
    void save_plot(const std::filesystem::path& file) const;
};

namespace detail {
template <class T>
LRFindResult lr_find(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer, Feed<T>& feed, const LRFindOptions& options,
                     Location at);
extern template LRFindResult lr_find(nn::Module&, optim::Optimizer&, Feed<float>&, const LRFindOptions&, Location);
extern template LRFindResult lr_find(nn::Module64&, optim::Optimizer64&, Feed<double>&, const LRFindOptions&, Location);
}  // namespace detail

/// Trains with a learning rate that grows exponentially from step to step, until the loss diverges. L. N. Smith, "Cyclical learning
/// rates for training neural networks", WACV 2017, section 3.3. Afterwards, also after an exception, weights, buffers, optimizer,
/// modes and the process-wide random numbers are as before. Throws ConfigError for options out of range or an empty data set,
/// AnomalyError when not even ten losses are finite, and whatever model, loss and data set throw.
template <class T, class Loss, data::Dataset D>
LRFindResult lr_find(nn::BasicModule<T>& model, const Loss& loss, optim::BasicOptimizer<T>& optimizer, const D& dataset,
                     LRFindOptions options = {}, Location at = Location::current()) {
    using Batch = data::detail::BatchOf<D>;
    detail::BatchFeed<T, Batch> feed(data::detail::view_of(dataset), detail::training_loader(options.batch_size, true, false, 0),
                                     detail::LossView<T, Batch>::of(loss), at);
    return detail::lr_find<T>(model, optimizer, feed, options, at);
}

}  // namespace xtape::train

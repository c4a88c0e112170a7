#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/train/lr_find.hpp>
#include <xtape/train/plot.hpp>
#include <xtape/train/resume.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace xtape::train {
namespace {

constexpr std::size_t least_steps = 10;

// Everything that training changes, as it was, at the end of a scope.
template <class T>
class Restoring {
public:
    Restoring(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer)
        : model_(model), optimizer_(optimizer), modes_(model), weights_(detail::module_state(model)), state_(optimizer.state()),
          random_(random::state()) {
        model.train();
    }
    ~Restoring() {
        detail::load_module_state(model_, weights_);
        optimizer_.load_state(state_);
        optimizer_.zero_grad();
        random::set_state(random_);
    }
    Restoring(const Restoring&) = delete;
    Restoring& operator=(const Restoring&) = delete;

private:
    nn::BasicModule<T>& model_;
    optim::BasicOptimizer<T>& optimizer_;
    nn::BasicEvaluationScope<T> modes_;
    Snapshot weights_;
    optim::BasicState<T> state_;
    random::State random_;
};

void check(const LRFindOptions& options, std::size_t batches, Location at) {
    const auto require = [&](bool good, const std::string& wanted) {
        if (!good) throw ConfigError("lr_find: expected " + wanted, at);
    };
    require(options.lowest > 0 && options.lowest < options.highest && std::isfinite(options.highest),
            fmt::format("0 < lowest < highest, got {} and {}", options.lowest, options.highest));
    require(options.steps >= least_steps, fmt::format("at least {} steps, got {}", least_steps, options.steps));
    require(options.smoothing >= 0 && options.smoothing < 1, fmt::format("a smoothing in [0, 1), got {}", options.smoothing));
    require(options.diverged > 1, fmt::format("diverged above 1, got {}", options.diverged));
    require(batches > 0, "a data set with at least one item, got an empty one");
}

}  // namespace

void LRFindResult::save_plot(const std::filesystem::path& file) const {
    std::vector<double> logarithms;
    for (const double rate : rates) logarithms.push_back(std::log10(rate));
    const auto place = std::ranges::lower_bound(rates, suggestion) - rates.begin();
    const auto nearest = static_cast<std::size_t>(std::min<std::ptrdiff_t>(place, std::ssize(rates) - 1));
    Plot{.title = fmt::format("learning-rate range test; the dot is the suggestion, {:.2g}", suggestion),
         .x_label = "log10 of the learning rate",
         .y_label = "smoothed loss",
         .series = {{.name = "", .y = losses, .x = logarithms},
                    {.name = "", .y = {losses[nearest]}, .x = {std::log10(suggestion)}, .points = true}}}
        .save(file);
}

namespace detail {

template <class T>
LRFindResult lr_find(nn::BasicModule<T>& model, optim::BasicOptimizer<T>& optimizer, Feed<T>& feed, const LRFindOptions& options,
                     Location at) {
    check(options, feed.batches(), at);
    const Restoring<T> scope(model, optimizer);
    LRFindResult result;
    double average = 0, best = std::numeric_limits<double>::infinity();
    const double factor = std::log(options.highest / options.lowest) / static_cast<double>(options.steps - 1);
    feed.begin();
    for (std::size_t step = 0; step < options.steps; ++step) {
        if (!feed.next()) {
            feed.begin();
            feed.next();
        }
        const double rate = std::min(options.lowest * std::exp(factor * static_cast<double>(step)), options.highest);
        optimizer.set_learning_rate(rate, at);
        Tape tape;
        const BasicTensor<T> loss = feed.loss(feed.forward(model));
        const auto value = static_cast<double>(loss.item());
        if (!std::isfinite(value)) break;
        average = options.smoothing * average + (1 - options.smoothing) * value;
        result.rates.push_back(rate);
        result.losses.push_back(average / (1 - std::pow(options.smoothing, static_cast<double>(step + 1))));
        best = std::min(best, result.losses.back());
        if (step >= least_steps && result.losses.back() > options.diverged * std::abs(best)) break;
        tape.backward(loss, {}, at);
        optimizer.step();
        optimizer.zero_grad();
    }
    if (result.rates.size() < least_steps) {
        throw AnomalyError(fmt::format("lr_find: expected finite losses at small rates, got {} before one that is not",
                                       result.rates.size()),
                           at);
    }
    const auto lowest = std::ranges::min_element(result.losses) - result.losses.begin();
    result.suggestion = result.rates[static_cast<std::size_t>(lowest)] / 10;
    return result;
}

template LRFindResult lr_find(nn::Module&, optim::Optimizer&, Feed<float>&, const LRFindOptions&, Location);
template LRFindResult lr_find(nn::Module64&, optim::Optimizer64&, Feed<double>&, const LRFindOptions&, Location);

}  // namespace detail

}  // namespace xtape::train

// Search for hyper-parameters: at random, by successive halving, and by a model of what has been seen (TPE), the last two with half
// of the training that the first one gets. Digits, with a validation part by which everything is chosen; the test part is shown to the
// winners only.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace xtape;
using examples::joined, examples::median, examples::Parts, examples::parts_of_digits;

const train::Space space{{"lr", train::Range::log_uniform(1e-4, 1e-1)},
                         {"first", train::Range::log_integer(8, 128)},
                         {"second", train::Range::choice({0, 16, 32, 64})},
                         {"activation", train::Range::choice({"relu", "tanh", "sigmoid"})},
                         {"dropout", train::Range::uniform(0, 0.6)},
                         {"weight_decay", train::Range::log_uniform(1e-6, 1e-1)}};

static void append_activation(nn::Sequential& net, const std::string& name) {
    if (name == "relu") net.append(nn::ReLU{});
    if (name == "tanh") net.append(nn::Tanh{});
    if (name == "sigmoid") net.append(nn::Sigmoid{});
}

static nn::Sequential make_network(const train::Trial& trial) {
    nn::Sequential net;
    std::size_t width = 64;
    for (const char* layer : {"first", "second"}) {
        const auto next = static_cast<std::size_t>(trial.integer(layer));
        if (next == 0) continue;
        net.append(nn::Linear{width, next});
        append_activation(net, trial.text("activation"));
        net.append(nn::Dropout{trial.number("dropout")});
        width = next;
    }
    net.append(nn::Linear{width, 10});
    return net;
}

/// A network trained with a trial's values.
static nn::Sequential trained(const train::Trial& trial, std::size_t epochs, std::size_t batch_size,
                              const Parts& parts) {
    nn::Sequential net = make_network(trial);
    optim::AdamW optimizer{net.parameters(), {.lr = trial.number("lr"), .weight_decay = trial.number("weight_decay")}};
    train::fit(net, nn::cross_entropy, optimizer, parts.train, {.epochs = epochs, .batch_size = batch_size});
    return net;
}

/// A way to search, how many epochs one of its units of budget stands for, and what it has found.
struct Method {
    std::string name;
    double unit;
    std::function<train::SearchResult(const train::Objective&, const train::SearchOptions&)> search;
    double epochs = 0;
    std::vector<double> validation = {}, test = {};  ///< an entry a seed
    std::vector<double> spent = {},
                        best =
                            {};  ///< after each trial: epochs until then; best validation accuracy, summed over seeds
};

static std::vector<Method> methods_of(std::size_t trials, std::size_t epochs) {
    // Each of halving's rounds costs as much as the first: a third of the trials, three times as long.
    std::size_t rounds = 1;
    for (std::size_t budget = 1; budget < epochs; budget *= 3) ++rounds;
    const std::size_t half = trials / 2, first_round = half * epochs / rounds;
    const auto full_length = static_cast<double>(epochs);
    return {{"random", full_length,
             [=](const train::Objective& objective, train::SearchOptions options) {
                 options.trials = trials;
                 return train::random_search(space, objective, options);
             }},
            {"halving", 1,
             [=](const train::Objective& objective, train::SearchOptions options) {
                 options.trials = std::max<std::size_t>(first_round, 1);
                 return train::halving_search(space, objective,
                                              {.min_budget = 1, .max_budget = full_length, .factor = 3}, options);
             }},
            {"TPE", full_length, [=](const train::Objective& objective, train::SearchOptions options) {
                 options.trials = half;
                 return train::tpe_search(space, objective, options);
             }}};
}

static double percent(nn::Module& net, const data::TensorDataset& part) { return 100 * train::accuracy(net, part); }

/// One search; its winner is trained again, with the same random numbers and so to the same bits, and shown the test part.
static train::SearchResult search(Method& method, std::size_t batch_size, const Parts& parts,
                                  train::SearchOptions options) {
    const auto train_with = [&](const train::Trial& trial) {
        const auto epochs = static_cast<std::size_t>(std::lround(trial.budget() * method.unit));
        return trained(trial, epochs, batch_size, parts);
    };
    options.better = train::Better::larger;
    train::SearchResult result = method.search(
        [&](const train::Trial& trial) {
            nn::Sequential net = train_with(trial);
            return percent(net, parts.validation);
        },
        options);

    const train::Outcome& winner = result.best();
    const random::Rewind same({winner.trial.seed(), 0});
    nn::Sequential net = train_with(winner.trial);
    method.validation.push_back(winner.value);
    method.test.push_back(percent(net, parts.test));
    method.epochs = result.spent() * method.unit;
    method.spent.resize(result.outcomes().size());
    method.best.resize(method.spent.size());
    double spent = 0, best = 0;
    for (std::size_t i = 0; i < method.spent.size(); ++i) {
        const train::Outcome& outcome = result.outcomes()[i];
        method.spent[i] = spent += outcome.trial.budget() * method.unit;
        method.best[i] += best = std::max(best, outcome.value);
    }
    return result;
}

static void show(examples::Study& study, std::vector<Method> methods, std::size_t seeds) {
    const std::vector<std::string> header{
        "method", "epochs", "validation, median %", "test, median %", "validation of each seed", "test of each seed"};
    std::vector<std::vector<std::string>> rows;
    train::Plot plot{.title = fmt::format("Best until then, mean of {} searches", seeds),
                     .x_label = "epochs of training spent",
                     .y_label = "validation error, %",
                     .series = {},
                     .log_y = true};
    for (Method& m : methods) {
        rows.push_back({m.name, fmt::format("{:g}", m.epochs), fmt::format("{:.2f}", median(m.validation)),
                        fmt::format("{:.2f}", median(m.test)), joined(m.validation), joined(m.test)});
        for (double& best : m.best) best = 100 - best / static_cast<double>(seeds);
        plot.series.push_back({.name = m.name, .y = m.best, .x = m.spent});
    }
    study.table("Methods", header, rows);
    study.picture(plot, "search");
}

int main(int argc, char** argv) {
    examples::Study study{
        "search",
        "Searches learning rate, widths, activation, dropout and weight decay for the built-in digits:\n"
        "at random, and by successive halving and TPE with half of that one's training. All choices\n"
        "are made on a validation part; the winners are tested on the rest.\n"
        "Example: search --seeds 3 --trials 40",
        {.epochs = 27, .batch_size = 32, .lr = 0, .quick_epochs = 3}};
    std::size_t seeds = 5, trials = 64;
    study.option("--seeds", seeds, "searches of each method, each with other parts of the data", 1, 1000);
    study.option("--trials", trials, "of the random search; the others get half of its training", 4, 100000);

    return study.run(argc, argv, [&] {
        if (study.options.quick) seeds = std::min<std::size_t>(seeds, 2), trials = std::min<std::size_t>(trials, 8);
        std::vector<Method> methods = methods_of(trials, study.options.epochs);
        for (std::size_t k = 0; k < seeds; ++k) {
            const std::uint64_t seed = study.options.seed + k;
            xtape::seed(seed);
            const Parts parts = parts_of_digits({1078, 360, 359});
            for (std::size_t i = 0; i < methods.size(); ++i) {
                Method& m = methods[i];
                const auto file = study.options.out / "searches" / fmt::format("{}-{}.jsonl", m.name, seed);
                if (study.options.resume == "no") std::filesystem::remove(file);
                // Draws of its own for each search, so that no method profits from another's luck.
                const train::SearchResult result =
                    search(m, study.options.batch_size, parts,
                           {.seed = methods.size() * seed + i, .parallel = 2, .file = file});
                if (study.options.progress) {
                    fmt::print("seed {}  {:<8} {:>4} trials, {:>5g} epochs: validation {:.2f} %, test {:.2f} %  ({})\n",
                               seed, m.name, result.outcomes().size(), m.epochs, m.validation.back(), m.test.back(),
                               result.best().trial.describe());
                    std::fflush(stdout);
                }
                if (k + 1 == seeds) {
                    const std::string title = fmt::format("Best trials: {}, seed {}", m.name, seed);
                    study.report().add_text(title, result.table(10));
                    fmt::print("\n{}\n{}", title, result.table(5));
                }
            }
        }
        show(study, methods, seeds);
        const double at_random = median(methods[0].validation);
        fmt::print("\nwith half the training: median over {} seeds of the best validation accuracy\n", seeds);
        for (std::size_t i = 1; i < methods.size(); ++i) {
            study.reached({.number = 27,
                           .name = fmt::format("{} with half the budget vs random search", methods[i].name),
                           .metric = fmt::format("median best validation accuracy over {} seeds", seeds),
                           .reported = "exercise",
                           .goal = at_random,
                           .reached = median(methods[i].validation)});
        }
    });
}

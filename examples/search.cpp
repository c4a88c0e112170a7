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

struct Parts {
    data::TensorDataset train, validation, test;
};

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
static nn::Sequential trained(const train::Trial& trial, std::size_t epochs, std::size_t batch_size, const Parts& parts) {
    nn::Sequential net = make_network(trial);
    optim::AdamW optimizer{net.parameters(), {.lr = trial.number("lr"), .weight_decay = trial.number("weight_decay")}};
    train::fit(net, nn::cross_entropy, optimizer, parts.train, {.epochs = epochs, .batch_size = batch_size});
    return net;
}

/// A way to search, and how many epochs one of its units of budget stands for.
struct Method {
    std::string name;
    double unit;
    std::function<train::SearchResult(const train::Objective&, const train::SearchOptions&)> search;
};

struct Plan {
    std::size_t trials, epochs, batch_size;
};

/// What a method has found: one entry a seed; the curve is summed over the seeds.
struct Found {
    double epochs = 0;
    std::vector<double> validation, test;
    std::vector<double> spent, best;  ///< after each trial: epochs until then, and the best validation accuracy
};

static std::vector<Method> methods_of(const Plan& plan) {
    // Each of halving's rounds costs as much as the first: a third of the trials, three times as long.
    std::size_t rounds = 1;
    for (std::size_t budget = 1; budget < plan.epochs; budget *= 3) ++rounds;
    const std::size_t half = plan.trials / 2, first_round = half * plan.epochs / rounds;
    const auto full_length = static_cast<double>(plan.epochs);
    return {{"random", full_length,
             [=](const train::Objective& objective, train::SearchOptions options) {
                 options.trials = plan.trials;
                 return train::random_search(space, objective, options);
             }},
            {"halving", 1,
             [=](const train::Objective& objective, train::SearchOptions options) {
                 options.trials = std::max<std::size_t>(first_round, 1);
                 return train::halving_search(space, objective, {.min_budget = 1, .max_budget = full_length, .factor = 3}, options);
             }},
            {"TPE", full_length, [=](const train::Objective& objective, train::SearchOptions options) {
                 options.trials = half;
                 return train::tpe_search(space, objective, options);
             }}};
}

static double percent(nn::Module& net, const data::TensorDataset& part) { return 100 * train::accuracy(net, part); }

/// One search; its winner is trained again, with the same random numbers and so to the same bits, and shown the test part.
static train::SearchResult search(const Method& method, const Plan& plan, const Parts& parts, train::SearchOptions options, Found& found) {
    const auto train_with = [&](const train::Trial& trial) {
        return trained(trial, static_cast<std::size_t>(std::lround(trial.budget() * method.unit)), plan.batch_size, parts);
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
    found.validation.push_back(winner.value);
    found.test.push_back(percent(net, parts.test));
    found.epochs = result.spent() * method.unit;
    found.spent.resize(result.outcomes().size());
    found.best.resize(found.spent.size());
    double spent = 0, best = 0;
    for (std::size_t i = 0; i < found.spent.size(); ++i) {
        const train::Outcome& outcome = result.outcomes()[i];
        found.spent[i] = spent += outcome.trial.budget() * method.unit;
        found.best[i] += best = std::max(best, outcome.value);
    }
    return result;
}

static double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

static std::string joined(const std::vector<double>& values) {
    std::string text;
    for (const double value : values) text += fmt::format("{}{:.2f}", text.empty() ? "" : " ", value);
    return text;
}

static void show(examples::Study& study, const std::vector<Method>& methods, std::vector<Found> found, std::size_t seeds) {
    const std::vector<std::string> header{"method", "epochs", "validation, median %", "test, median %", "validation of each seed", "test of each seed"};
    std::vector<std::vector<std::string>> rows;
    train::Plot plot{.title = fmt::format("Best until then, mean of {} searches", seeds), .x_label = "epochs of training spent", .y_label = "validation error, %", .series = {}, .log_y = true};
    for (std::size_t i = 0; i < methods.size(); ++i) {
        Found& f = found[i];
        rows.push_back({methods[i].name, fmt::format("{:g}", f.epochs), fmt::format("{:.2f}", median(f.validation)),
                        fmt::format("{:.2f}", median(f.test)), joined(f.validation), joined(f.test)});
        for (double& best : f.best) best = 100 - best / static_cast<double>(seeds);
        plot.series.push_back({.name = methods[i].name, .y = f.best, .x = f.spent});
    }
    study.table("Methods", header, rows);
    study.picture(plot, "search");
}

int main(int argc, char** argv) {
    examples::Study study{"search",
                          "Searches learning rate, widths, activation, dropout and weight decay of a network for the built-in digits: at\n"
                          "random, and by successive halving and TPE with half of that one's training. All choices are made on a validation\n"
                          "part; the winners are tested on the rest.\n"
                          "Example: search --seeds 3 --trials 40",
                          {.epochs = 27, .batch_size = 32, .lr = 0, .quick_epochs = 3}};
    std::size_t seeds = 5, trials = 64;
    study.option("--seeds", seeds, "searches of each method, each with other parts of the data", 1, 1000);
    study.option("--trials", trials, "of the random search; the others get half of its training", 4, 100000);

    return study.run(argc, argv, [&] {
        if (study.options.quick) seeds = std::min<std::size_t>(seeds, 2), trials = std::min<std::size_t>(trials, 8);
        const Plan plan{trials, study.options.epochs, study.options.batch_size};
        const std::vector<Method> methods = methods_of(plan);
        std::vector<Found> found(methods.size());
        for (std::size_t k = 0; k < seeds; ++k) {
            const std::uint64_t seed = study.options.seed + k;
            xtape::seed(seed);
            const auto [train_part, validation_part, test_part] = data::random_split(data::digits(), {0.6, 0.2, 0.2});
            const Parts parts{train_part, validation_part, test_part};
            for (std::size_t i = 0; i < methods.size(); ++i) {
                const std::filesystem::path file = study.options.out / "searches" / fmt::format("{}-{}.jsonl", methods[i].name, seed);
                if (study.options.resume == "no") std::filesystem::remove(file);
                // Draws of its own for each search, so that no method profits from another's luck.
                const train::SearchResult result =
                    search(methods[i], plan, parts, {.seed = methods.size() * seed + i, .parallel = 2, .file = file}, found[i]);
                if (study.options.progress) {
                    fmt::print("seed {}  {:<8} {:>4} trials, {:>5g} epochs: validation {:.2f} %, test {:.2f} %  ({})\n", seed,
                               methods[i].name, result.outcomes().size(), found[i].epochs, found[i].validation.back(), found[i].test.back(),
                               result.best().trial.describe());
                    std::fflush(stdout);
                }
                if (k + 1 == seeds) {
                    const std::string title = fmt::format("Best trials: {}, seed {}", methods[i].name, seed);
                    study.report().add_text(title, result.table(10));
                    fmt::print("\n{}\n{}", title, result.table(5));
                }
            }
        }
        show(study, methods, found, seeds);
        const double at_random = median(found[0].validation);
        fmt::print("\nwith half the training: median over {} seeds of the best validation accuracy\n", seeds);
        for (std::size_t i = 1; i < methods.size(); ++i) {
            study.reached({.number = 27,
                           .name = fmt::format("{} with half the budget vs random search", methods[i].name),
                           .metric = fmt::format("median best validation accuracy over {} seeds", seeds),
                           .reported = "exercise",
                           .goal = at_random,
                           .reached = median(found[i].validation)});
        }
    });
}

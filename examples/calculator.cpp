// A network learns to add, and another to multiply, whole numbers from 0 to 100: from examples, without knowing what a digit is. Tested on
// fresh problems.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

using namespace xtape;
using examples::falling;

struct Task {
    data::Calculation calculation;
    std::string name;  ///< "add"
    char sign;
    std::vector<std::size_t> widths;
    std::size_t samples, epochs, quick_epochs;
};

static data::ArrayDataset<float, float> dataset(const data::Problems& problems) {
    return data::ArrayDataset{problems.x, problems.y};
}

/// Scaled results as the numbers that they stand for.
static Array64 numbers(const Array& scaled, double scale) {
    Array64 numbers = empty_array<double>(scaled.shape());
    std::ranges::transform(scaled, numbers.begin(), [&](double y) { return y * scale; });
    return numbers;
}

/// So many problems that are not among `known`, so that the test asks nothing that was learned by heart.
static data::Problems fresh(const data::CalculatorOptions& options, const data::Problems& known) {
    const auto operands = [](const data::Problems& p, std::size_t i) { return std::pair(p.x(i, 0), p.x(i, 1)); };
    std::set<std::pair<float, float>> seen;
    for (std::size_t i = 0; i < known.y.size(); ++i) seen.insert(operands(known, i));
    const data::Problems drawn = data::make_calculator(options);
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < drawn.y.size(); ++i) {
        if (!seen.contains(operands(drawn, i))) rows.push_back(static_cast<std::int64_t>(i));
    }
    std::tuple<Array, Array> kept;
    dataset(drawn).gather(rows, kept);
    return {std::get<0>(kept), std::get<1>(kept), drawn.x_scale, drawn.y_scale};
}

struct Scores {
    double mse, mae, r2;
};

/// Shows some calculations, and measures them all, in the numbers' own units.
static Scores examine(examples::Study& study, const Task& task, nn::Sequential& net, const data::Problems& test) {
    const Array64 given = numbers(train::predict(net, dataset(test)), test.y_scale),
                  right = numbers(test.y, test.y_scale);
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < 8; ++i) {
        rows.push_back({fmt::format("{:.0f} {} {:.0f} = {:.2f}", test.x(i, 0) * test.x_scale, task.sign,
                                    test.x(i, 1) * test.x_scale, given(i, 0)),
                        fmt::format("{:.0f}", right(i, 0))});
    }
    study.table(task.name + ": fresh problems", {"network", "right"}, rows);

    std::vector<double> errors(given.begin(), given.end());
    std::ranges::transform(given, right, errors.begin(), std::minus<>());
    const double largest = std::abs(*std::ranges::max_element(errors, {}, [](double e) { return std::abs(e); }));
    const Scores scores{train::mean_squared_error(right, given), train::mean_absolute_error(right, given),
                        train::r2(right, given)};
    study.table(fmt::format("{}: errors in {} fresh problems", task.name, test.y.size()),
                {"MSE", "MAE", "largest", "R2"},
                {{fmt::format("{:.4g}", scores.mse), fmt::format("{:.4g}", scores.mae), fmt::format("{:.4g}", largest),
                  fmt::format("{:.7f}", scores.r2)}});
    study.picture({.title = task.name + ": errors by the right result",
                   .x_label = "right result",
                   .y_label = "given - right",
                   .series = {{"", errors, {right.begin(), right.end()}, true}}},
                  task.name + "-errors");
    return scores;
}

static Scores learn(examples::Study& study, const Task& task) {
    const data::Problems exercises = data::make_calculator({.samples = task.samples, .calculation = task.calculation});
    const data::Problems test = fresh({.samples = 2000, .calculation = task.calculation}, exercises);
    nn::Sequential net = examples::mlp(task.widths, nn::ReLU{}, nn::Init::he_uniform);
    optim::Adam adam{net.parameters(), {.lr = 3e-3}};
    const auto history = train::fit(
        net, nn::mse, adam, dataset(exercises), dataset(test),
        falling(study.fit({.epochs = study.epochs(task.epochs, task.quick_epochs), .batch_size = 32}, task.name)));
    study.picture({.title = task.name + ": MSE of the scaled results",
                   .x_label = "epoch",
                   .y_label = "MSE",
                   .series = {{"training", history["loss"]}, {"test", history["val_loss"]}},
                   .log_y = true},
                  task.name + "-loss");
    return examine(study, task, net, test);
}

static void add(examples::Study& study) {
    const Scores scores = learn(study, {.calculation = data::Calculation::add,
                                        .name = "add",
                                        .sign = '+',
                                        .widths = {2, 16, 16, 16, 1},
                                        .samples = 2000,
                                        .epochs = 200,
                                        .quick_epochs = 30});
    examples::Outcome outcome{.number = 23,
                              .name = "add, 2-16-16-16-1 ReLU, MSE",
                              .metric = "test MSE",
                              .reported = "1.69",
                              .goal = 0.05,
                              .reached = scores.mse,
                              .unit = "",
                              .better = train::Better::smaller};
    study.reached(outcome);
    outcome.name = "add, 2-16-16-16-1 ReLU, MAE", outcome.metric = "test MAE", outcome.reported = "1.04";
    outcome.goal = 0.2, outcome.reached = scores.mae;
    study.reached(outcome);
}

static void multiply(examples::Study& study) {
    const Scores scores = learn(study, {.calculation = data::Calculation::multiply,
                                        .name = "multiply",
                                        .sign = 'x',
                                        .widths = {2, 32, 32, 32, 1},
                                        .samples = 4000,
                                        .epochs = 200,
                                        .quick_epochs = 30});
    study.reached({.number = 23,
                   .name = "multiply, 2-32-32-32-1 ReLU",
                   .metric = "test R2",
                   .reported = "-",
                   .goal = 0.999,
                   .reached = scores.r2,
                   .unit = ""});
}

int main(int argc, char** argv) {
    examples::Study study{"calculator",
                          "Learns to add and to multiply whole numbers from 0 to 100.\n"
                          "Example: calculator --study add",
                          {.epochs = 0, .batch_size = 0, .lr = 0},
                          {"add", "multiply"}};
    return study.run(argc, argv, [&] {
        if (study.wants("add")) add(study);
        if (study.wants("multiply")) multiply(study);
    });
}

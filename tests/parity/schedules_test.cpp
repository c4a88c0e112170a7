#include "parity/golden.hpp"

#include <xtape/optim/schedule.hpp>
#include <xtape/optim/sgd.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>

using namespace xtape;
using nlohmann::json;

namespace {

struct TwoGroups {
    explicit TwoGroups(const json& starts)
        : sgd({{{a}, {.lr = starts[0].get<double>()}}, {{b}, {.lr = starts[1].get<double>()}}}) {}

    Array64 rates() const { return {sgd.learning_rate(0), sgd.learning_rate(1)}; }

    Parameter a{Array{0.f}}, b{Array{0.f}};
    optim::SGD sgd;
};

std::function<void(const json&)> along(optim::Curve curve) {
    return [curve](const json& row) {
        TwoGroups groups(row.at("starts"));
        optim::Schedule schedule(groups.sgd, curve);
        const json& path = row.at("double").at("path");
        REQUIRE(path.size() == 24);
        for (std::size_t step = 0; step < path.size(); ++step) {
            parity::compare_step(step, groups.rates(), path[step]);
            schedule.step();
        }
    };
}

std::function<void(const json&)> plateau(optim::PlateauOptions options) {
    return [options](const json& row) {
        TwoGroups groups(row.at("starts"));
        optim::Plateau schedule(groups.sgd, options);
        const json& path = row.at("double").at("path");
        REQUIRE(path.size() == 24);
        for (std::size_t step = 0; step < path.size(); ++step) {
            schedule.step(row.at("values")[step].get<double>());
            parity::compare_step(step, groups.rates(), path[step]);
        }
    };
}

}  // namespace

TEST_CASE("schedules set the learning rates that PyTorch's set") {
    using namespace optim;
    const OneCycleOptions three{.steps = 24,
                         .rising = 0.4,
                         .first_divisor = 10,
                         .last_divisor = 100,
                         .anneal = Anneal::linear,
                         .three_phases = true};
    const std::map<std::string, std::function<void(const json&)>> cases{
        {"step_decay", along(step_decay({.every = 5, .factor = 0.3}))},
        {"multistep", along(multistep({.at = {3, 9, 9, 17}, .factor = 0.5}))},
        {"exponential", along(exponential(0.9))},
        {"linear", along(linear({}))},
        {"linear: down", along(linear({.steps = 15, .from = 0.9, .to = 0.2}))},
        {"polynomial", along(polynomial({.steps = 15, .power = 1.7}))},
        {"cosine", along(cosine({.steps = 9, .lowest = 0.01}))},
        {"cosine_restarts", along(cosine_restarts({.steps = 4, .growth = 2, .lowest = 0.005}))},
        {"cosine_restarts: equal periods", along(cosine_restarts({.steps = 5}))},
        {"one_cycle", along(one_cycle({.steps = 24}))},
        {"one_cycle: three phases", along(one_cycle(three))},
        {"anneal_to", along(anneal_to({.rate = 0.05, .steps = 8}))},
        {"anneal_to: linear", along(anneal_to({.rate = 0.01, .steps = 12, .anneal = Anneal::linear}))},
        {"sequence",
         along(sequence({linear({.steps = 4, .from = 0.1}), exponential(0.8), step_decay({.every = 3})}, {4, 13}))},
        {"chain", along(chain({linear({.steps = 4, .from = 0.2}), exponential(0.9)}))},
        {"Plateau", plateau({.factor = 0.5, .patience = 2})},
        {"Plateau: larger", plateau({.better = Better::larger,
                                     .factor = 0.3,
                                     .patience = 1,
                                     .threshold = 0.01,
                                     .cooldown = 2,
                                     .lowest = 0.001})},
        {"Plateau: absolute",
         plateau({.factor = 0.5, .patience = 3, .threshold = 0.05, .threshold_mode = Threshold::absolute})},
    };
    std::vector<std::string> names;
    for (const auto& [name, run] : cases) names.push_back(name);
    for (const json& row : parity::golden_cases("schedules", names)) {
        const auto name = row.at("name").get<std::string>();
        CAPTURE(name);
        if (cases.count(name)) cases.at(name)(row);
    }
}

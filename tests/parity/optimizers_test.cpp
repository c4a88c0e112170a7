#include "parity/golden.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/optim/adadelta.hpp>
#include <xtape/optim/adagrad.hpp>
#include <xtape/optim/adam.hpp>
#include <xtape/optim/lbfgs.hpp>
#include <xtape/optim/lion.hpp>
#include <xtape/optim/nadam.hpp>
#include <xtape/optim/rmsprop.hpp>
#include <xtape/optim/sgd.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>

using namespace xtape;
using nlohmann::json;

namespace {

template <template <class> class Optimizer, class T>
void follow(const json& row, const typename Optimizer<T>::Options& options, const json& path) {
    const Shape shape{2, 3};
    BasicParameter<T> x{parity::golden_array<T>(row.at("start"), shape)};
    Optimizer<T> optimizer{{x}, options};
    REQUIRE(path.size() == 20);
    for (std::size_t step = 0; step < path.size(); ++step) {
        x.accumulate_grad(parity::golden_array<T>(row.at("gradients")[step], shape));
        optimizer.step();
        optimizer.zero_grad();
        parity::compare_step(step, x.value(), path[step]);
    }
}

template <template <class> class Optimizer>
std::function<void(const json&)> with(typename Optimizer<float>::Options options) {
    return [options](const json& row) {
        follow<Optimizer, float>(row, options, row.at("float").at("path"));
        follow<Optimizer, double>(row, options, row.at("double").at("path"));
    };
}

std::function<void(const json&)> rosenbrock(optim::LBFGSOptions options) {
    return [options](const json& row) {
        Parameter64 x{Array64{-1.2}}, y{Array64{1.}};
        optim::LBFGS64 lbfgs{{x, y}, options};
        const json& path = row.at("double").at("path");
        for (std::size_t step = 0; step < path.size(); ++step) {
            const double loss =
                lbfgs.step([&] { return sum(square(1 - x.tensor()) + 100 * square(y - square(x.tensor()))); });
            parity::compare_step(step, Array64{loss}, json::array({row.at("losses")[step]}));
            parity::compare_step(step, Array64{x.value()(0), y.value()(0)}, path[step]);
        }
    };
}

}  // namespace

TEST_CASE("optimizers go where PyTorch's go") {
    using namespace optim;
    const std::map<std::string, std::function<void(const json&)>> cases{
        {"SGD", with<BasicSGD>({.lr = 0.1})},
        {"SGD: weight decay", with<BasicSGD>({.lr = 0.1, .weight_decay = 0.2})},
        {"SGD: momentum", with<BasicSGD>({.lr = 0.1, .momentum = 0.9})},
        {"SGD: dampening", with<BasicSGD>({.lr = 0.1, .momentum = 0.8, .dampening = 0.3, .weight_decay = 0.1})},
        {"SGD: nesterov", with<BasicSGD>({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true})},
        {"Adam", with<BasicAdam>({})},
        {"Adam: options",
         with<BasicAdam>({.lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-4, .weight_decay = 0.1})},
        {"Adam: amsgrad", with<BasicAdam>({.lr = 0.05, .beta2 = 0.5, .amsgrad = true})},
        {"AdamW", with<BasicAdamW>({})},
        {"AdamW: options",
         with<BasicAdamW>({.lr = 0.05, .beta1 = 0.8, .beta2 = 0.5, .weight_decay = 0.5, .amsgrad = true})},
        {"NAdam", with<BasicNAdam>({})},
        {"NAdam: options",
         with<BasicNAdam>(
             {.lr = 0.05, .beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-4, .weight_decay = 0.1, .momentum_decay = 0.1})},
        {"RMSprop", with<BasicRMSprop>({})},
        {"RMSprop: momentum",
         with<BasicRMSprop>({.lr = 0.02, .alpha = 0.9, .epsilon = 1e-4, .weight_decay = 0.1, .momentum = 0.7})},
        {"RMSprop: centered", with<BasicRMSprop>({.lr = 0.02, .alpha = 0.9, .epsilon = 1e-2, .centered = true})},
        {"RMSprop: both",
         with<BasicRMSprop>({.lr = 0.02, .alpha = 0.9, .epsilon = 1e-2, .momentum = 0.7, .centered = true})},
        {"Adagrad", with<BasicAdagrad>({})},
        {"Adagrad: options",
         with<BasicAdagrad>({.lr = 0.2, .lr_decay = 0.1, .weight_decay = 0.1, .initial_sum = 0.3, .epsilon = 1e-4})},
        {"Adadelta", with<BasicAdadelta>({})},
        {"Adadelta: options", with<BasicAdadelta>({.lr = 0.5, .rho = 0.8, .epsilon = 1e-3, .weight_decay = 0.1})},
        {"Lion", with<BasicLion>({})},
        {"Lion: options", with<BasicLion>({.lr = 0.05, .beta1 = 0.8, .beta2 = 0.9, .weight_decay = 0.3})},
        {"LBFGS", rosenbrock({.max_iterations = 1})},
        {"LBFGS: iterations", rosenbrock({.history = 3})},
        {"LBFGS: fixed length",
         rosenbrock({.lr = 0.1, .max_iterations = 2, .history = 4, .line_search = LineSearch::none})},
    };
    std::vector<std::string> names;
    for (const auto& [name, run] : cases) names.push_back(name);
    for (const json& row : parity::golden_cases("optimizers", names)) {
        const auto name = row.at("name").get<std::string>();
        CAPTURE(name);
        if (cases.count(name)) cases.at(name)(row);
    }
}

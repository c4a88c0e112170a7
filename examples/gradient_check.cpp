// Derivatives by the tape against central differences, in double: of every operation in the catalogue, to first and second order, and of
// layers, with respect to inputs and parameters. What counts is ||analytic - numeric|| / (||analytic|| + ||numeric||).
#include "support.hpp"

#include <xtape/autodiff/catalogue.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

using namespace xtape;

/// What was checked, by the relative difference, the largest first.
using Errors = std::multimap<double, std::string, std::greater<>>;

static void show(examples::Study& study, const std::string& title, const Errors& errors, const std::string& name) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [error, of] : errors) {
        if (rows.size() < 12) rows.push_back({of, fmt::format("{:.2g}", error)});
    }
    study.table(fmt::format("{}: {} checked, those with the largest differences", title, errors.size()),
                {"of", "relative difference"}, rows);
    study.reached({.number = 26,
                   .name = name,
                   .metric = "largest relative difference",
                   .reported = "< 1e-7",
                   .goal = 1e-7,
                   .reached = errors.begin()->first,
                   .unit = "",
                   .better = train::Better::smaller});
}

static void operations(examples::Study& study, int order) {
    Errors errors;
    for (const OperationInfo& operation : all_operations()) {
        if (!operation.differentiable) continue;
        double most = 0;
        for (const OperationSample& sample : operation.samples) {
            // y + y^2 has second derivatives that do not vanish even where the operation is linear.
            const auto bent = [&](const std::vector<Tensor64>& x) {
                const Tensor64 y = sample.apply64(x);
                return y + square(y);
            };
            most =
                std::max(most, gradcheck(bent, sample.inputs, {.order = order, .allow_zero = true}).max_relative_error);
        }
        errors.emplace(most, operation.name);
    }
    show(study, order == 1 ? "Gradients of operations" : "Second derivatives of operations", errors,
         order == 1 ? "gradient of every operation" : "second derivative of every operation");
}

struct Checks {
    Errors errors;

    /// A layer of one input, in training mode.
    template <class Layer>
    void add(const std::string& name, Layer layer, const Shape& shape) {
        check(name, nn::Sequential64{std::move(layer)}, shape);
    }
    void check(const std::string& name, nn::Sequential64 net, const Shape& shape) {
        const Array64 x = random::uniform<double>(shape, -2, 2);
        double most = gradcheck([&](const Tensor64& t) { return square(net(t)); }, {x}).max_relative_error;
        if (!net.parameters().empty()) {
            most = std::max(most, gradcheck(net, [&] { return square(net(x)); }).max_relative_error);
        }
        errors.emplace(most, name);
    }
};

static void layers(examples::Study& study) {
    Checks c;
    c.add("Linear", nn::Linear64{5, 3}, {4, 5});
    c.add("Conv1d", nn::Conv1d64{2, 3, 3, {.stride = 2, .padding = 1}}, {2, 2, 7});
    c.add("Conv2d", nn::Conv2d64{2, 3, 3, {.padding = 1}}, {2, 2, 5, 4});
    c.add("ConvTranspose1d", nn::ConvTranspose1d64{2, 3, 3}, {2, 2, 5});
    c.add("ConvTranspose2d", nn::ConvTranspose2d64{2, 3, 2, {.stride = 2}}, {2, 2, 3, 3});
    c.add("MaxPool1d", nn::MaxPool1d64{2}, {2, 3, 6});
    c.add("MaxPool2d", nn::MaxPool2d64{2}, {2, 3, 6, 4});
    c.add("AvgPool2d", nn::AvgPool2d64{2}, {2, 3, 6, 4});
    c.add("BatchNorm1d", nn::BatchNorm1d64{3}, {6, 3});
    c.add("BatchNorm2d", nn::BatchNorm2d64{3}, {2, 3, 4, 2});
    c.add("LayerNorm", nn::LayerNorm64{5}, {4, 5});
    c.add("GroupNorm", nn::GroupNorm64{2, 4}, {3, 4, 5});
    c.add("Upsample", nn::Upsample64{{.mode = nn::UpsampleMode::bilinear}}, {1, 2, 3, 3});
    c.add("PReLU", nn::PReLU64{}, {4, 5});
    c.add("GELU", nn::GELU64{}, {4, 5});
    c.add("Softmax", nn::Softmax64{}, {4, 5});
    // By GELU: differences that step over a kink of ReLU are wrong, not the gradient.
    const nn::TransformerEncoderLayerOptions smooth{
        .feedforward = 16, .dropout = 0, .activation = nn::TransformerActivation::gelu};
    c.add("TransformerEncoderLayer", nn::TransformerEncoderLayer64{8, 2, smooth}, {2, 3, 8});
    c.add("Residual", nn::Residual64{nn::Linear64{5, 5}, nn::Tanh64{}, nn::Linear64{5, 5}}, {4, 5});
    c.add(
        "a network",
        nn::Sequential64{nn::Conv2d64{1, 2, 3}, nn::ELU64{}, nn::Flatten64{}, nn::Linear64{18, 4}, nn::LogSoftmax64{}},
        {2, 1, 5, 5});
    show(study, "Gradients of layers, by inputs and parameters", c.errors, "gradient of layers");
}

int main(int argc, char** argv) {
    examples::Study study{"gradient_check",
                          "Checks the derivatives of every operation and of layers against central differences, in "
                          "double. The tests do the\n"
                          "same in more ways.\n"
                          "Example: gradient_check --study layers",
                          {.epochs = 0, .batch_size = 0, .lr = 0},
                          {"operations", "layers"}};
    return study.run(argc, argv, [&] {
        if (study.wants("operations")) operations(study, 1), operations(study, 2);
        if (study.wants("layers")) layers(study);
    });
}

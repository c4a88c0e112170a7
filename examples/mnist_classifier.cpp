// MNIST by linear and hidden layers: what learning rate, batch size, depth, activation and loss do, and what convolutions add. Recipes are
// fixed beforehand, choices are made on a part of the training images that is kept back, and what counts is the last epoch: the test images
// are only looked at. One seed a study; a test figure moves by about 0.1 points from seed to seed.
#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace xtape;
using examples::Compared;

struct Recipe {
    std::size_t epochs = 20, batch_size = 64;
    double lr = 2e-3;
    bool falling = true;  ///< by half a cosine to 0
};

struct Program {
    examples::Study& study;
    data::Mnist& mnist;
    std::size_t epochs;  ///< instead of a recipe's, unless 0

    /// Trains a network; "val_..." in the history is of the last argument but one.
    template <class Loss, class Train, class Held>
    train::History train(const std::string& part, nn::Module& net, const Loss& loss, optim::Optimizer& optimizer, const Train& train_part,
                         const Held& held, const Recipe& recipe) {
        train::FitOptions options = study.fit({.metrics = {train::Accuracy{}}}, part);
        options.epochs = epochs > 0 ? epochs : study.options.quick ? 1 : recipe.epochs;
        options.batch_size = recipe.batch_size;
        if (recipe.falling) options.callbacks.push_back(train::LRSchedule{optim::cosine({.steps = options.epochs})});
        fmt::print("\n{}: {} parameters\n", part, net.parameter_count());
        return train::fit(net, loss, optimizer, train_part, held, options);
    }

    template <class Loss>
    train::History train_adam(const std::string& part, nn::Module& net, const Loss& loss, const Recipe& recipe) {
        optim::Adam adam{net.parameters(), {.lr = recipe.lr}};
        return train(part, net, loss, adam, mnist.train, mnist.test, recipe);
    }
};

static std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

static void append_activation(nn::Sequential& net, const std::string& name) {
    if (name == "relu") net.append(nn::ReLU{});
    if (name == "tanh") net.append(nn::Tanh{});
    if (name == "sigmoid") net.append(nn::Sigmoid{});
    if (name == "softmax") net.append(nn::Softmax{});
    if (name == "log-softmax") net.append(nn::LogSoftmax{});
}

static nn::Sequential make_mlp(const std::vector<std::size_t>& widths, const std::string& activation = "relu") {
    const nn::Init init = activation == "relu" ? nn::Init::he_uniform : nn::Init::xavier_uniform;
    nn::Sequential net;
    for (std::size_t i = 1; i < widths.size(); ++i) {
        net.append(nn::Linear{widths[i - 1], widths[i], {.init = init}});
        if (i + 1 < widths.size()) append_activation(net, activation);
    }
    return net;
}

static const std::vector<std::size_t> deep{784, 128, 64, 10};

static void convolution(Program& program) {
    examples::Study& study = program.study;
    const data::ToImage to_image{1, 28, 28};
    const auto test = data::map(program.mnist.test, data::on_features(to_image));
    // Shifted by up to one pixel, another way in each epoch.
    const auto shifted = data::map(program.mnist.train, data::on_features(data::Compose{to_image, data::RandomShift{1, 1}}));
    nn::Sequential net{nn::Conv2d{1, 16, 3, {.padding = 1, .init = nn::Init::he_normal}},  nn::BatchNorm2d{16}, nn::ReLU{}, nn::MaxPool2d{2},
                       nn::Conv2d{16, 32, 3, {.padding = 1, .init = nn::Init::he_normal}}, nn::BatchNorm2d{32}, nn::ReLU{}, nn::MaxPool2d{2},
                       nn::Flatten{}, nn::Linear{32 * 7 * 7, 128, {.init = nn::Init::he_normal}}, nn::ReLU{}, nn::Linear{128, 10}};
    optim::Adam adam{net.parameters(), {.lr = 2e-3}};
    const auto history = program.train("cnn", net, nn::cross_entropy, adam, shifted, test, {.epochs = 10, .batch_size = 64});
    examples::show(study, "Convolutions", {"network", "test accuracy"}, {{{"CNN", percent(history.last("val_accuracy"))}, history}}, "val_accuracy",
                   "cnn");
    nn::save(net, study.options.out / "cnn.safetensors");
    study.report().add_classification(net, test);
    study.reached({.number = 29, .name = "mnist CNN, 10 epochs", .reported = "-", .goal = 99.2, .reached = 100 * history.last("val_accuracy")});
}

static void depth(Program& program) {
    std::vector<Compared> trainings;
    for (const std::vector<std::size_t>& widths : {std::vector<std::size_t>{784, 10}, {784, 128, 10}, deep}) {
        const std::string name = fmt::format("{}", fmt::join(widths, "-"));
        seed(program.study.options.seed);
        nn::Sequential net = make_mlp(widths);
        const auto history = program.train_adam("depth-" + name, net, nn::cross_entropy, {});
        trainings.push_back({{name, percent(history.last("accuracy")), percent(history.last("val_accuracy"))}, history});
    }
    examples::show(program.study, "Depths", {"network", "training", "test"}, trainings, "val_accuracy", "depths");
    program.study.reached({.number = 14,
                           .name = "mnist 784-128-64-10",
                           .reported = "curves",
                           .goal = 98.2,
                           .reached = 100 * trainings.back().history.last("val_accuracy")});
}

static void learning_rate(Program& program) {
    const auto [most, few] = data::stratified_split(program.mnist.train, {0.9, 0.1});
    std::vector<Compared> trainings;
    double best = 0, chosen = 0;
    for (const double lr : {0.1, 0.01, 0.001, 0.0001}) {
        seed(program.study.options.seed);
        nn::Sequential net{nn::Linear{784, 10}};
        optim::Adam adam{net.parameters(), {.lr = lr}};
        const auto history = program.train(fmt::format("lr-{:g}", lr), net, nn::cross_entropy, adam, most, few, {});
        const double validation = history.last("val_accuracy"), test = train::accuracy(net, program.mnist.test);
        trainings.push_back({{fmt::format("{:g}", lr), percent(validation), percent(test)}, history});
        if (validation > best) best = validation, chosen = test;
    }
    examples::show(program.study, "Learning rates of the linear network", {"lr", "validation", "test"}, trainings, "val_loss", "learning-rates");
    program.study.reached({.number = 12,
                           .name = "mnist linear softmax, rate chosen on the validation part",
                           .reported = "about 91.5 %",
                           .goal = 92.6,
                           .reached = 100 * chosen});
}

static void batch_size(Program& program) {
    std::vector<Compared> trainings;
    double worst = 1;
    for (const std::size_t size : {16, 32, 64, 128}) {
        seed(program.study.options.seed);
        nn::Sequential net = make_mlp({784, 128, 10});
        const auto history =
            program.train_adam(fmt::format("batch-{}", size), net, nn::cross_entropy, {.epochs = 10, .batch_size = size, .lr = 1e-3});
        trainings.push_back({{fmt::format("{}", size), fmt::format("{:.4f}", history.last("loss")), fmt::format("{:.4f}", history.last("val_loss")),
                              percent(history.last("val_accuracy"))}, history});
        worst = std::min(worst, history.last("val_accuracy"));
    }
    examples::show(program.study, "Batch sizes of 784-128-10", {"batch size", "training loss", "test loss", "test"}, trainings, "val_loss", "batch-sizes");
    program.study.reached({.number = 13, .name = "mnist batch sizes, the worst of them", .reported = "curves", .goal = 97, .reached = 100 * worst});
}

/// How much the outputs of the first hidden layer differ from image to image before training: mean deviation of a unit.
static double spread(nn::Sequential& net, const data::TensorDataset& set) {
    const nn::EvaluationScope evaluation(net);
    double sum = 0;
    const auto units = data::describe(net[1](net[0](set.features())).value());
    for (const data::FeatureStatistics& unit : units) sum += unit.deviation;
    return sum / static_cast<double>(units.size());
}

static void activation(Program& program) {
    const Recipe descent{.epochs = 5, .batch_size = 64, .lr = 0.1, .falling = false};
    std::vector<Compared> trainings;
    std::map<std::string, double> adam_test;
    for (const std::string name : {"tanh", "sigmoid", "softmax", "log-softmax"}) {
        std::string by_descent;
        seed(program.study.options.seed);
        nn::Sequential plain = make_mlp(deep, name);
        const std::string differ = fmt::format("{:.2g}", spread(plain, program.mnist.test));
        try {
            optim::SGD sgd{plain.parameters(), {.lr = descent.lr}};
            const auto history =
                program.train("descent-" + name, plain, nn::cross_entropy, sgd, program.mnist.train, program.mnist.test, descent);
            by_descent = percent(history.last("val_accuracy"));
        } catch (const AnomalyError& error) {
            fmt::print("{}\n", error.what());
            by_descent = "fails";
        }
        seed(program.study.options.seed);
        nn::Sequential net = make_mlp(deep, name);
        const auto history = program.train_adam("adam-" + name, net, nn::cross_entropy, {});
        adam_test[name] = 100 * history.last("val_accuracy");
        trainings.push_back({{name, differ, by_descent, percent(history.last("val_accuracy"))}, history});
    }
    examples::show(program.study, "Hidden activations of 784-128-64-10",
                   {"activation", "spread", "descent, 0.1, 5 epochs", "Adam, 20 epochs"}, trainings, "val_accuracy", "activations");
    fmt::print("Spread: how far a unit of the first hidden layer differs from image to image, before training. The units of a softmax share\n"
               "a sum of 1: 128 of them lie near 1/128 and hardly differ, so the layers behind see nearly the same for every image, and\n"
               "gradients are as small on the way back. Adam divides by their size, which plain descent cannot. A log-softmax only takes\n"
               "one number from all its units: the network is close to a linear one, with large negative outputs that steps overshoot.\n");
    for (const auto& [name, goal, reported] : {std::tuple("tanh", 98.2, "98 %"), {"sigmoid", 98.0, "97.8 %"}}) {
        program.study.reached({.number = 15, .name = fmt::format("mnist hidden {}", name), .reported = reported, .goal = goal, .reached = adam_test[name]});
    }
}

static void loss(Program& program) {
    const data::OneHot one_hot{10};
    std::vector<float> ce_steps, nll_steps;
    const auto mse = [&](const Tensor& y, const IndexArray& labels) { return nn::mse(softmax(y), one_hot(labels)); };
    const auto bce = [&](const Tensor& y, const IndexArray& labels) { return nn::bce_with_logits(y, one_hot(labels)); };
    const auto ce = [&](const Tensor& y, const IndexArray& labels) {
        const Tensor value = nn::cross_entropy(y, labels);
        ce_steps.push_back(value.item());
        return value;
    };
    const auto nll = [&](const Tensor& y, const IndexArray& labels) {
        const Tensor value = nn::nll(log_softmax(y), labels);
        nll_steps.push_back(value.item());
        return value;
    };
    std::vector<Compared> trainings;
    const auto train_with = [&](const std::string& name, const auto& function) {
        seed(program.study.options.seed);
        nn::Sequential net = make_mlp(deep);
        const auto history = program.train_adam("loss-" + name, net, function, {});
        trainings.push_back({{name, percent(history.last("val_accuracy"))}, history});
    };
    train_with("MSE", mse);
    train_with("CE", ce);
    train_with("BCE", bce);
    train_with("NLL", nll);
    examples::show(program.study, "Losses of 784-128-64-10", {"loss", "test"}, trainings, "val_accuracy", "losses");
    double apart = ce_steps.size() == nll_steps.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(ce_steps.size(), nll_steps.size()); ++i) apart = std::max<double>(apart, std::abs(ce_steps[i] - nll_steps[i]));
    fmt::print("CE and NLL over {} batches: at most {:g} apart\n", ce_steps.size(), apart);
    for (const Compared& training : trainings) {
        program.study.reached({.number = 16,
                               .name = "mnist by " + training.row[0],
                               .reported = "97.75 %",
                               .goal = 98,
                               .reached = 100 * training.history.last("val_accuracy")});
    }
    program.study.reached({.number = 16, .name = "NLL equals CE step for step", .metric = "largest difference of a batch's loss", .reported = "-",
                           .goal = 1e-6, .reached = apart, .unit = "", .better = train::Better::smaller});
}

/// Test images written as pictures, read again and recognised.
static void read_pictures(examples::Study& study, nn::Module& net, const data::TensorDataset& test) {
    const nn::EvaluationScope evaluation(net);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto [image, label] = test.get(i);
        const std::filesystem::path file = study.options.out / fmt::format("digit-{}.png", i);
        data::write_png(file, data::to_bytes(data::ToImage{1, 28, 28}(image)));
        const Array input = data::to_float_image(data::to_gray(data::read_png(file)));
        const Array shares = softmax(net(Array(xt::reshape_view(input, {1, 784})))).value();
        const auto digit = std::max_element(shares.begin(), shares.end()) - shares.begin();
        fmt::print("{}: a {} ({:.1f} %), in truth a {}\n", file.filename().string(), digit, 100 * shares(0, digit), label);
    }
}

static void narrow(Program& program) {
    const auto [most, few] = data::stratified_split(program.mnist.train, {0.8, 0.2});
    std::vector<Compared> trainings;
    double best = 0, chosen = 0;
    for (const std::size_t hidden : {1, 2, 3}) {
        seed(program.study.options.seed);
        std::vector<std::size_t> widths(hidden + 2, 40);
        widths.front() = 784, widths.back() = 10;
        const std::string name = fmt::format("{}", fmt::join(widths, "-"));
        nn::Sequential net = make_mlp(widths);
        optim::SGD sgd{net.parameters(), {.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4}};
        const auto history = program.train("narrow-" + name, net, nn::cross_entropy, sgd, most, few, {});
        const IndexArray matrix = train::confusion_matrix(net, program.mnist.test);
        const double validation = history.last("val_accuracy"), test = train::accuracy(net, program.mnist.test);
        const auto macro = train::Average::macro;
        trainings.push_back({{name, percent(validation), percent(test), percent(train::precision(matrix, macro)),
                              percent(train::recall(matrix, macro)), percent(train::f1(matrix, macro))}, history});
        if (validation <= best) continue;
        best = validation, chosen = test;
        read_pictures(program.study, net, program.mnist.test);
        program.study.report().add_classification(net, program.mnist.test, {.image = {28, 28}});
    }
    examples::show(program.study, "Hidden layers of 40", {"network", "validation", "test", "precision", "recall", "F1"}, trainings,
                   "val_accuracy", "narrow");
    program.study.reached({.number = 24, .name = "mnist 784-40-...-10, depth chosen on the validation part", .reported = "96 %", .goal = 97.3,
                           .reached = 100 * chosen});
}

int main(int argc, char** argv) {
    const std::vector<std::pair<std::string, void (*)(Program&)>> studies{
        {"cnn", convolution}, {"depth", depth}, {"lr", learning_rate}, {"batch", batch_size}, {"activation", activation},
        {"loss", loss},       {"narrow", narrow}};
    examples::Study study{"mnist_classifier",
                          "Recognises the digits of MNIST: networks with convolutions, of other depths, learning rates, batch sizes, hidden\n"
                          "activations and losses, and narrow ones. 60000 training images, the other 10000 for testing; a pass is about a second.\n"
                          "Example: mnist_classifier --data ~/data/mnist --study depth",
                          {.epochs = 0, .batch_size = 0, .lr = 0}};
    std::string chosen = "all";
    std::size_t epochs = 0;
    std::vector<std::string> names{"all"};
    for (const auto& [name, body] : studies) names.push_back(name);
    study.app.add_option("--study", chosen, "which of them")->capture_default_str()->check(CLI::IsMember(names));
    study.app.add_option("--epochs", epochs, "passes over the training images (default: the study's own)")->check(CLI::Range(1, 1000));

    return study.run(argc, argv, [&] {
        data::Mnist mnist = data::mnist(data::data_folder(study.options.data, "mnist"));
        if (study.options.quick) mnist.train = mnist.train.subset(random::permutation(2000, random::next_stream()));
        fmt::print("mnist: {} for training, {} for testing; seed {}, threads {}\n", mnist.train.size(), mnist.test.size(), study.options.seed, threads());
        Program program{study, mnist, epochs};
        for (const auto& [name, body] : studies) {
            if (chosen != "all" && chosen != name) continue;
            seed(study.options.seed);
            body(program);
        }
    });
}

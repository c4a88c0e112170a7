// MNIST by linear and hidden layers: what learning rate, batch size and depth do, and what convolutions add. Recipes are fixed beforehand,
// choices are made on a part of the training images that is kept back, and what counts is the last epoch: the test images are only looked
// at. A test figure moves by about 0.1 points from seed to seed.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace xtape;
using examples::Compared;
using examples::falling;
using examples::percent;

static nn::Sequential make_mlp(const std::vector<std::size_t>& widths) {
    return examples::mlp(widths, nn::ReLU{}, nn::Init::he_uniform);
}

static train::FitOptions options(examples::Study& study, const std::string& part, std::size_t epochs = 20,
                                 std::size_t batch_size = 64) {
    fmt::print("\n{}\n", part);
    return study.fit({.epochs = study.epochs(epochs, 2), .batch_size = batch_size, .metrics = {train::Accuracy{}}},
                     part);
}

static void convolution(examples::Study& study, const data::Mnist& mnist) {
    const data::ToImage to_image{1, 28, 28};
    const auto test = data::map(mnist.test, data::on_features(to_image));
    // Shifted by up to one pixel, another way in each epoch.
    const auto shifted = data::map(mnist.train, data::on_features(data::Compose{to_image, data::RandomShift{1, 1}}));
    nn::Sequential net{nn::Conv2d{1, 16, 3, {.padding = 1, .init = nn::Init::he_normal}},
                       nn::BatchNorm2d{16},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Conv2d{16, 32, 3, {.padding = 1, .init = nn::Init::he_normal}},
                       nn::BatchNorm2d{32},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Flatten{},
                       nn::Linear{32 * 7 * 7, 128, {.init = nn::Init::he_normal}},
                       nn::ReLU{},
                       nn::Linear{128, 10}};
    optim::Adam adam{net.parameters(), {.lr = 2e-3}};
    const auto history = train::fit(net, nn::cross_entropy, adam, shifted, test, falling(options(study, "cnn", 10)));
    examples::compare(study, "Convolutions", {"network", "test accuracy"},
                      {{{"CNN", percent(history.last("val_accuracy"))}, history}},
                      {.series = "val_accuracy", .file = "cnn", .label = "test accuracy"});
    nn::save(net, study.options.out / "cnn.safetensors");
    study.report().add_classification(net, test);
    study.reached({.number = 29,
                   .name = "mnist CNN, 10 epochs",
                   .reported = "-",
                   .goal = 99.2,
                   .reached = 100 * history.last("val_accuracy")});
}

static void depth(examples::Study& study, const data::Mnist& mnist) {
    std::vector<Compared> trainings;
    for (const std::vector<std::size_t>& widths :
         {std::vector<std::size_t>{784, 10}, {784, 128, 10}, {784, 128, 64, 10}}) {
        const std::string name = examples::layers(widths);
        seed(study.options.seed);
        nn::Sequential net = make_mlp(widths);
        optim::Adam adam{net.parameters(), {.lr = 2e-3}};
        const auto history =
            train::fit(net, nn::cross_entropy, adam, mnist.train, mnist.test, falling(options(study, "depth-" + name)));
        trainings.push_back(
            {{name, percent(history.last("accuracy")), percent(history.last("val_accuracy"))}, history});
    }
    examples::compare(study, "Depths", {"network", "training", "test"}, trainings,
                      {.series = "val_accuracy", .file = "depths", .label = "test accuracy"});
    study.reached({.number = 14,
                   .name = "mnist 784-128-64-10",
                   .reported = "curves",
                   .goal = 98.2,
                   .reached = 100 * trainings.back().history.last("val_accuracy")});
}

static void learning_rate(examples::Study& study, const data::Mnist& mnist) {
    const auto [most, few] = data::stratified_split(mnist.train, {0.9, 0.1});
    std::vector<Compared> trainings;
    double best = 0, chosen = 0;
    for (const double lr : {0.1, 0.01, 0.001, 0.0001}) {
        seed(study.options.seed);
        nn::Sequential net{nn::Linear{784, 10}};
        optim::Adam adam{net.parameters(), {.lr = lr}};
        const auto history =
            train::fit(net, nn::cross_entropy, adam, most, few, falling(options(study, fmt::format("lr-{:g}", lr))));
        const double validation = history.last("val_accuracy"), test = train::accuracy(net, mnist.test);
        trainings.push_back({{fmt::format("{:g}", lr), percent(validation), percent(test)}, history});
        if (validation > best) best = validation, chosen = test;
    }
    examples::compare(study, "Learning rates of the linear network", {"lr", "validation", "test"}, trainings,
                      {.series = "val_loss", .file = "learning-rates", .label = "validation loss"});
    study.reached({.number = 12,
                   .name = "mnist linear softmax, rate chosen on the validation part",
                   .reported = "about 91.5 %",
                   .goal = 92.6,
                   .reached = 100 * chosen});
}

static void batch_size(examples::Study& study, const data::Mnist& mnist) {
    std::vector<Compared> trainings;
    double worst = 1;
    for (const std::size_t size : {16U, 32U, 64U, 128U}) {
        seed(study.options.seed);
        nn::Sequential net = make_mlp({784, 128, 10});
        optim::Adam adam{net.parameters(), {.lr = 1e-3}};
        const auto history = train::fit(net, nn::cross_entropy, adam, mnist.train, mnist.test,
                                        falling(options(study, fmt::format("batch-{}", size), 10, size)));
        trainings.push_back({{fmt::format("{}", size), fmt::format("{:.4f}", history.last("loss")),
                              fmt::format("{:.4f}", history.last("val_loss")), percent(history.last("val_accuracy"))},
                             history});
        worst = std::min(worst, history.last("val_accuracy"));
    }
    examples::compare(study, "Batch sizes of 784-128-10", {"batch size", "training loss", "test loss", "test"},
                      trainings, {.series = "val_loss", .file = "batch-sizes", .label = "test loss"});
    study.reached({.number = 13,
                   .name = "mnist batch sizes, the worst of them",
                   .reported = "curves",
                   .goal = 97,
                   .reached = 100 * worst});
}

/// Test images written as pictures, read again and recognised.
static void read_pictures(examples::Study& study, nn::Module& net, const data::TensorDataset& test) {
    const nn::EvaluationScope evaluation(net);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto [image, label] = test.get(i);
        const std::filesystem::path file = study.options.out / fmt::format("digit-{}.png", i);
        data::write_png(file, data::to_bytes(data::ToImage{1, 28, 28}(image)));
        const Tensor input = data::to_float_image(data::to_gray(data::read_png(file)));
        const Tensor shares = softmax(net(reshape(input, {1, 784})));
        fmt::print("{}: a {} ({:.1f} %), in truth a {}\n", file.filename().string(),
                   train::argmax(shares.value()).data()[0], 100 * max(shares).item(), label);
    }
}

static void narrow(examples::Study& study, const data::Mnist& mnist) {
    const auto [most, few] = data::stratified_split(mnist.train, {0.8, 0.2});
    std::vector<Compared> trainings;
    double best = 0, chosen = 0;
    for (const std::size_t hidden : {1U, 2U, 3U}) {
        seed(study.options.seed);
        std::vector<std::size_t> widths(hidden + 2, 40);
        widths.front() = 784, widths.back() = 10;
        const std::string name = examples::layers(widths);
        nn::Sequential net = make_mlp(widths);
        optim::SGD sgd{net.parameters(), {.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4}};
        const auto history =
            train::fit(net, nn::cross_entropy, sgd, most, few, falling(options(study, "narrow-" + name)));
        const IndexArray matrix = train::confusion_matrix(net, mnist.test);
        const double validation = history.last("val_accuracy"), test = train::accuracy(net, mnist.test);
        const auto macro = train::Average::macro;
        trainings.push_back({{name, percent(validation), percent(test), percent(train::precision(matrix, macro)),
                              percent(train::recall(matrix, macro)), percent(train::f1(matrix, macro))},
                             history});
        if (validation <= best) continue;
        best = validation, chosen = test;
        read_pictures(study, net, mnist.test);
        study.report().add_classification(net, mnist.test, {.image = {28, 28}});
    }
    examples::compare(study, "Hidden layers of 40", {"network", "validation", "test", "precision", "recall", "F1"},
                      trainings, {.series = "val_accuracy", .file = "narrow", .label = "validation accuracy"});
    study.reached({.number = 24,
                   .name = "mnist 784-40-...-10, depth chosen on the validation part",
                   .reported = "96 %",
                   .goal = 97.3,
                   .reached = 100 * chosen});
}

int main(int argc, char** argv) {
    examples::Study study{"mnist_classifier",
                          "Recognises the digits of MNIST: networks with convolutions, of other depths, learning rates "
                          "and batch sizes, and narrow\n"
                          "ones. 60000 training images, the other 10000 for testing.\n"
                          "Example: mnist_classifier --data ~/data/mnist --study depth",
                          {.epochs = 0, .batch_size = 0, .lr = 0},
                          {"cnn", "depth", "lr", "batch", "narrow"}};
    return study.run(argc, argv, [&] {
        const data::Mnist mnist = data::mnist(data::data_folder(study.options.data, "mnist"));
        fmt::print("mnist: {} for training, {} for testing; seed {}, threads {}\n", mnist.train.size(),
                   mnist.test.size(), study.options.seed, threads());
        if (study.wants("cnn")) convolution(study, mnist);
        if (study.wants("depth")) depth(study, mnist);
        if (study.wants("lr")) learning_rate(study, mnist);
        if (study.wants("batch")) batch_size(study, mnist);
        if (study.wants("narrow")) narrow(study, mnist);
    });
}

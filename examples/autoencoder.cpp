// Auto-encoders of MNIST: deeper ones, codes of other sizes, other activations, and one with convolutions. All are trained without labels, by
// binary cross-entropy, for 10 epochs. Recipes were chosen on a part of the training images, and what counts is the last epoch: the test
// images are only looked at. Of the convolutions, 8 and 16 channels with pooling and upsampling end at 0.0727 on a tenth of the training
// images, kept back, those here at 0.0668, and the dense network at 0.0689. Errors are means over pixels.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>

using namespace xtape;
using examples::Autoencoder;
using examples::Compared;
using examples::there_and_back;

/// Images without labels, and one digit of each kind for pictures.
struct Images {
    data::ArrayDataset<float> train, test;
    Array shown;

    explicit Images(const data::Mnist& mnist)
        : train(mnist.train.features()), test(mnist.test.features()), shown(examples::one_of_each(mnist.test)) {}
};

struct Trained {
    Autoencoder net;
    train::History history;
    double bce, mse;  ///< of the test images
};

/// The auto-encoders of one run. One that serves several studies is trained once.
class Trainings {
public:
    Trainings(examples::Study& study, const Images& images) : study_(study), images_(images) {}

    Trained& operator()(const std::string& name, const std::function<Autoencoder()>& make) {
        const auto found = done_.find(name);
        return found == done_.end() ? done_.emplace(name, train(name, make)).first->second : found->second;
    }
    Trained& dense(const std::vector<std::size_t>& widths, const std::string& activation = "ReLU",
                   const examples::Activation& layer = nn::ReLU()) {
        const std::string name = there_and_back(widths);
        return (*this)(widths.size() > 2 ? name + "-" + activation : name,
                       [&] { return examples::dense_autoencoder(widths, layer); });
    }

private:
    Trained train(const std::string& name, const std::function<Autoencoder()>& make) {
        fmt::print("\n{}\n", name);
        seed(study_.options.seed);
        Autoencoder net = make();
        optim::Adam adam{net.parameters(), {.lr = 3e-3}};
        const auto history =
            train::fit(net, nn::bce_with_logits, adam, images_.train, images_.test,
                       examples::falling(study_.fit({.epochs = study_.epochs(10, 1), .batch_size = 64}, name)));
        const Array& test = images_.test.column();
        const double mse = train::mean_squared_error(test, examples::reconstructed(net, test));
        return {std::move(net), history, history.last("val_loss"), mse};
    }

    examples::Study& study_;
    const Images& images_;
    std::map<std::string, Trained> done_;
};

/// A row of a table, with the name, the errors and the curve.
static Compared compared(const std::string& name, const Trained& trained) {
    return {{name, fmt::format("{:.4f}", trained.history.last("loss")), fmt::format("{:.4f}", trained.bce),
             fmt::format("{:.5f}", trained.mse)},
            trained.history};
}

static const std::vector<std::string> header{"network", "training BCE", "test BCE", "test MSE"};

static void depth(examples::Study& study, const Images& images, Trainings& trainings) {
    std::vector<Compared> table;
    std::vector<examples::ImageRow> rows{{"test images", images.shown}};
    const auto run = [&](const std::vector<std::size_t>& widths) {
        Trained& trained = trainings.dense(widths);
        table.push_back(compared(there_and_back(widths), trained));
        rows.push_back(
            {fmt::format("{} layers", 2 * widths.size() - 2), examples::reconstructed(trained.net, images.shown)});
        return trained.bce;
    };
    // The first one is linear up to its sigmoid.
    const double shallow = run({784, 64}), deep = run({784, 256, 64});
    examples::compare(study, "Depths", header, table, {.series = "val_loss", .file = "depths", .label = "test BCE"});
    examples::picture(study, "Reconstructions by depth", "depth-images", rows);
    study.reached(examples::error(17, "mnist auto-encoder 784-64-784", "test BCE", "0.14", 0.082, shallow));
    study.reached(examples::error(17, "mnist auto-encoder 784-256-64-256-784", "test BCE", "0.099", 0.077, deep));
}

static void latent(examples::Study& study, const Images& images, Trainings& trainings) {
    std::vector<Compared> table;
    std::vector<examples::ImageRow> rows{{"test images", images.shown}};
    double before = 0, least_fall = 1;
    for (const std::size_t size : {10U, 30U, 64U, 256U}) {
        Trained& trained = trainings.dense({784, 256, size});
        table.push_back(compared(fmt::format("code of {}", size), trained));
        const Array linear = examples::projected(images.train.column(), size, images.test.column());
        table.back().row.push_back(fmt::format("{:.5f}", train::mean_squared_error(images.test.column(), linear)));
        rows.push_back({fmt::format("code of {}", size), examples::reconstructed(trained.net, images.shown)});
        if (before > 0) least_fall = std::min(least_fall, before - trained.bce);
        before = trained.bce;
    }
    examples::compare(study, "Sizes of the code",
                      {header[0], header[1], header[2], header[3], "MSE of as many components"}, table,
                      {.series = "val_loss", .file = "latent", .label = "test BCE"});
    examples::picture(study, "Reconstructions by size of the code", "latent-images", rows);
    study.reached({.number = 18,
                   .name = "mnist codes of 10, 30, 64, 256: fall of the error from each to the next, at least",
                   .metric = "test BCE",
                   .reported = "curves",
                   .goal = 0,
                   .reached = least_fall,
                   .unit = ""});
}

static void activation(examples::Study& study, const Images& images, Trainings& trainings) {
    std::vector<Compared> table;
    std::vector<examples::ImageRow> rows{{"test images", images.shown}};
    const auto run = [&](const std::string& name, const examples::Activation& layer) {
        Trained& trained = trainings.dense({784, 256, 64}, name, layer);
        table.push_back(compared(name, trained));
        rows.push_back({name, examples::reconstructed(trained.net, images.shown)});
        return trained.bce;
    };
    const double tanh = run("tanh", nn::Tanh{}), sigmoid = run("sigmoid", nn::Sigmoid{}),
                 softmax = run("softmax", nn::Softmax{});
    run("ReLU", nn::ReLU{});
    run("ELU", nn::ELU{});
    run("GELU", nn::GELU{});
    examples::compare(study, "Activations of 784-256-64-256-784", header, table,
                      {.series = "val_loss", .file = "activations", .label = "test BCE", .log_y = true});
    examples::picture(study, "Reconstructions by activation", "activation-images", rows);
    study.reached(examples::error(19, "mnist auto-encoder, tanh against the better of sigmoid and softmax", "test BCE",
                                  "tanh best", std::min(sigmoid, softmax), tanh));
}

static Autoencoder convolutional() {
    const nn::Init init = nn::Init::he_normal;
    return {nn::Sequential{nn::Reshape{{1, 28, 28}}, nn::Conv2d{1, 16, 4, {.stride = 2, .padding = 1, .init = init}},
                           nn::ReLU{}, nn::Conv2d{16, 32, 4, {.stride = 2, .padding = 1, .init = init}}, nn::ReLU{},
                           nn::Flatten{}, nn::Linear{32 * 7 * 7, 64}},
            nn::Sequential{nn::Linear{64, 32 * 7 * 7, {.init = init}}, nn::ReLU{}, nn::Reshape{{32, 7, 7}},
                           nn::ConvTranspose2d{32, 16, 4, {.stride = 2, .padding = 1, .init = init}}, nn::ReLU{},
                           nn::ConvTranspose2d{16, 1, 4, {.stride = 2, .padding = 1}}, nn::Flatten{}}};
}

static void convolution(examples::Study& study, const Images& images, Trainings& trainings) {
    Trained &dense = trainings.dense({784, 256, 64}), &conv = trainings("convolutional", convolutional);
    std::cout << nn::summary(conv.net, {64, 784});
    examples::compare(study, "Convolutions, codes of 64", header,
                      {compared("784-256-64-256-784", dense), compared("convolutional", conv)},
                      {.series = "val_loss", .file = "convolution", .label = "test BCE"});
    examples::picture(study, "Reconstructions without and with convolutions", "convolution-images",
                      {{"test images", images.shown},
                       {"dense", examples::reconstructed(dense.net, images.shown)},
                       {"convolution", examples::reconstructed(conv.net, images.shown)}});
    study.reached(examples::error(20, "mnist convolutional auto-encoder, against the dense one", "test BCE", "not done",
                                  dense.bce, conv.bce));
}

int main(int argc, char** argv) {
    examples::Study study{
        "autoencoder",
        "Auto-encoders of MNIST: two depths, codes of 10 to 256 numbers, activations, and convolutions. "
        "60000 training images, the\n"
        "other 10000 for testing.\n"
        "Example: autoencoder --data ~/data/mnist --study latent",
        {.epochs = 0, .batch_size = 0, .lr = 0},
        {"depth", "latent", "activation", "convolution"}};
    return study.run(argc, argv, [&] {
        const Images images(data::mnist(data::data_folder(study.options.data, "mnist")));
        const Array& test = images.test.column();
        fmt::print("mnist: {} for training, {} for testing; seed {}, threads {}\n", images.train.size(),
                   images.test.size(), study.options.seed, threads());
        // Gray is neither black nor white: guessed without any error it still costs its entropy.
        fmt::print("least possible test BCE {:.4f}\n", nn::bce(Tensor(test), test).item());
        Trainings trainings(study, images);
        if (study.wants("depth")) depth(study, images, trainings);
        if (study.wants("latent")) latent(study, images, trainings);
        if (study.wants("activation")) activation(study, images, trainings);
        if (study.wants("convolution")) convolution(study, images, trainings);
    });
}

// MNIST by a network of two hidden layers, 784-128-64-10, ReLU, Adam with a falling learning rate.
#include "support.hpp"

#include <fmt/format.h>

using namespace xtape;

int main(int argc, char** argv) {
    examples::Study study{"mnist_mlp",
                          "Trains a 784-128-64-10 network on the 60000 training images of MNIST and tests it on the other 10000.\n"
                          "Example: mnist_mlp --data ~/data/mnist --epochs 10",
                          {.epochs = 20, .batch_size = 64, .lr = 2e-3, .quick_epochs = 1}};

    return study.run(argc, argv, [&] {
        const data::Mnist mnist = data::mnist(data::data_folder(study.options.data, "mnist"));
        nn::Sequential model{nn::Linear{784, 128, {.init = nn::Init::he_uniform}}, nn::ReLU{},
                             nn::Linear{128, 64, {.init = nn::Init::he_uniform}},  nn::ReLU{},
                             nn::Linear{64, 10, {.init = nn::Init::he_uniform}}};
        optim::Adam optimizer{model.parameters(), {.lr = study.options.lr}};
        fmt::print("mnist: {} for training, {} for testing; {} parameters; seed {}, threads {}\n", mnist.train.size(), mnist.test.size(),
                   model.parameter_count(), study.options.seed, threads());

        train::fit(model, nn::cross_entropy, optimizer, mnist.train, mnist.test,
                   study.fit({.metrics = {train::Accuracy{}},
                              .callbacks = {train::LRSchedule{optim::cosine({.steps = study.options.epochs})}}}));
        nn::save(model, study.options.out / "model.safetensors");

        fmt::print("\nconfusion matrix of the test part (row: label, column: prediction)\n{}",
                   train::confusion_table(train::confusion_matrix(model, mnist.test)));
        study.report().add_classification(model, mnist.test, {.image = {28, 28}});
        study.report().add_weights(model);
        study.reached({.number = 14,
                       .name = "mnist 784-128-64-10",
                       .reported = "98 %",
                       .goal = 98.2,
                       .reached = 100 * train::accuracy(model, mnist.test)});
    });
}

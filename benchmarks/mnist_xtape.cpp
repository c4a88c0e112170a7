// Twenty epochs of MNIST, 784-128-64-10, batch 128, Adam: the whole program, reading the files included. Its peer: mnist_libtorch.
#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <cstdlib>

using namespace xtape;

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: mnist_xtape FOLDER [EPOCHS [SEED]]\n"), 2;
    const int epochs = argc > 2 ? std::atoi(argv[2]) : 20;
    seed(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
    const data::Mnist mnist = data::mnist(argv[1]);
    nn::Sequential net{nn::Linear{784, 128}, nn::ReLU{}, nn::Linear{128, 64}, nn::ReLU{}, nn::Linear{64, 10}};
    optim::Adam adam{net.parameters(), {.lr = 1e-3}};
    const data::Loader batches{mnist.train, {.batch_size = 128, .shuffle = true}};
    for (int epoch = 0; epoch < epochs; ++epoch) {
        for (const auto& [x, y] : batches) {
            Tape tape;
            tape.backward(nn::cross_entropy(net(x), y));
            adam.step();
            adam.zero_grad();
        }
    }
    fmt::print("test accuracy {:.2f} %\n", 100 * train::accuracy(net, mnist.test));
}

// Twenty epochs of MNIST, 784-128-64-10, batch 128, Adam: the whole program, reading the files included. Its peer: mnist_xtape.
#include <torch/torch.h>

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
    if (argc < 2) return std::cerr << "usage: mnist_libtorch FOLDER [EPOCHS [SEED]]\n", 2;
    const int epochs = argc > 2 ? std::atoi(argv[2]) : 20;
    torch::manual_seed(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
    using Mnist = torch::data::datasets::MNIST;
    const Mnist train(argv[1]), test(argv[1], Mnist::Mode::kTest);
    // Batches are gathered from the whole tensors: libtorch's own loader stacks single examples and is far slower.
    const torch::Tensor images = train.images().reshape({-1, 784}), labels = train.targets();

    torch::nn::Sequential net(torch::nn::Linear(784, 128), torch::nn::ReLU(), torch::nn::Linear(128, 64), torch::nn::ReLU(),
                              torch::nn::Linear(64, 10));
    torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(1e-3));
    for (int epoch = 0; epoch < epochs; ++epoch) {
        for (const torch::Tensor& rows : torch::randperm(images.size(0)).split(128)) {
            adam.zero_grad();
            const torch::Tensor out = net->forward(images.index_select(0, rows));
            torch::nn::functional::cross_entropy(out, labels.index_select(0, rows)).backward();
            adam.step();
        }
    }
    torch::NoGradGuard no_grad;
    const torch::Tensor predicted = net->forward(test.images().reshape({-1, 784})).argmax(1);
    std::cout << "test accuracy " << 100 * predicted.eq(test.targets()).to(torch::kFloat).mean().item<float>() << " %\n";
}

// The first yardstick: the same training steps in libtorch's C++ interface.
#include "worker.hpp"

#include <torch/torch.h>

#include <memory>

namespace {

torch::Tensor tensor(std::vector<float> numbers, std::vector<int64_t> shape) { return torch::tensor(numbers).reshape(shape); }

struct MlpStep {
    explicit MlpStep(const bench::Mlp& mlp) : autoencoder(mlp.autoencoder) {
        for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
            net->push_back(torch::nn::Linear(static_cast<long>(mlp.sizes[i]), static_cast<long>(mlp.sizes[i + 1])));
            if (i + 2 < mlp.sizes.size()) net->push_back(torch::nn::ReLU());
        }
        if (autoencoder) net->push_back(torch::nn::Sigmoid());
        const auto batch = static_cast<int64_t>(mlp.batch);
        x = tensor(bench::inputs(mlp.batch, mlp.sizes[0]), {batch, static_cast<int64_t>(mlp.sizes[0])});
        y = torch::tensor(bench::labels(mlp.batch, mlp.sizes.back()), torch::kInt64);
        if (mlp.adam) {
            optimizer = std::make_unique<torch::optim::Adam>(net->parameters(), torch::optim::AdamOptions(bench::learning_rate));
        } else {
            optimizer = std::make_unique<torch::optim::SGD>(net->parameters(), torch::optim::SGDOptions(bench::learning_rate));
        }
    }
    void operator()(bench::Watch& watch) {
        const torch::Tensor out = net->forward(x);
        const torch::Tensor loss = autoencoder ? torch::mse_loss(out, x) : torch::nn::functional::cross_entropy(out, y);
        watch.ended("forward");
        loss.backward();
        watch.ended("backward");
        optimizer->step();
        optimizer->zero_grad();
        watch.ended("update");
    }

    bool autoencoder;
    torch::nn::Sequential net;
    torch::Tensor x, y;
    std::unique_ptr<torch::optim::Optimizer> optimizer;
};

struct CnnStep {
    CnnStep() : optimizer(net->parameters(), torch::optim::AdamOptions(bench::learning_rate)) {
        x = tensor(bench::inputs(64, 28 * 28), {64, 1, 28, 28});
        y = torch::tensor(bench::labels(64, 10), torch::kInt64);
    }
    void operator()(bench::Watch& watch) {
        const torch::Tensor loss = torch::nn::functional::cross_entropy(net->forward(x), y);
        watch.ended("forward");
        loss.backward();
        watch.ended("backward");
        optimizer.step();
        optimizer.zero_grad();
        watch.ended("update");
    }

    torch::nn::Sequential net{torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 16, 5).padding(2)), torch::nn::ReLU(),
                              torch::nn::MaxPool2d(2),
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(16, 32, 5).padding(2)), torch::nn::ReLU(),
                              torch::nn::MaxPool2d(2), torch::nn::Flatten(), torch::nn::Linear(32 * 7 * 7, 10)};
    torch::Tensor x, y;
    torch::optim::Adam optimizer;
};

void chain(int operations) {
    const torch::Tensor x = torch::ones({}, torch::requires_grad());
    torch::Tensor y = x;
    for (int i = 0; i < operations / 2; ++i) y = torch::tanh(y) * x;
    y.backward();
}

template <class F>
bench::Step elementwise(F f) {
    const torch::Tensor x = tensor(bench::uniform(10'000'000), {10'000'000});
    return [=](bench::Watch&) { f(x); };
}

// The same into an output that is there already: no new memory for each result.
template <class F>
bench::Step elementwise_into(F f) {
    const torch::Tensor x = tensor(bench::uniform(10'000'000), {10'000'000});
    return [=, y = torch::empty_like(x)](bench::Watch&) mutable { f(y, x); };
}

}  // namespace

int main(int argc, char** argv) {
    bench::Cases cases;
    for (const bench::Mlp& mlp : bench::mlps()) {
        cases[mlp.name] = [mlp]() -> bench::Step {
            return [step = std::make_shared<MlpStep>(mlp)](bench::Watch& watch) { (*step)(watch); };
        };
    }
    cases["cnn-16-32/64"] = []() -> bench::Step {
        return [step = std::make_shared<CnnStep>()](bench::Watch& watch) { (*step)(watch); };
    };
    cases["scalar-chain-1000"] = []() -> bench::Step { return [](bench::Watch&) { chain(1000); }; };
    using T = torch::Tensor;
    cases["tanh-10M"] = [] { return elementwise([](const T& x) { return torch::tanh(x); }); };
    cases["exp-10M"] = [] { return elementwise([](const T& x) { return torch::exp(x); }); };
    cases["sigmoid-10M"] = [] { return elementwise([](const T& x) { return torch::sigmoid(x); }); };
    cases["tanh-10M/reused"] = [] { return elementwise_into([](T& y, const T& x) { torch::tanh_out(y, x); }); };
    cases["exp-10M/reused"] = [] { return elementwise_into([](T& y, const T& x) { torch::exp_out(y, x); }); };
    cases["sigmoid-10M/reused"] = [] { return elementwise_into([](T& y, const T& x) { torch::sigmoid_out(y, x); }); };
    return bench::Server(cases).run(argc, argv);
}

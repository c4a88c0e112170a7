// xtape's side of the comparison: the same training steps, written as users write them.
#include "heap.hpp"
#include "worker.hpp"

#include <xtape/xtape.hpp>

#include <cstdlib>
#include <memory>

namespace {

using namespace xtape;

Tensor tensor(const std::vector<float>& numbers, const Shape& shape) {
    Array array = empty_array<float>(shape);
    std::copy(numbers.begin(), numbers.end(), array.data());
    return array;
}

struct MlpStep {
    explicit MlpStep(const bench::Mlp& mlp) : autoencoder(mlp.autoencoder) {
        for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
            net.append(nn::Linear{mlp.sizes[i], mlp.sizes[i + 1]});
            if (i + 2 < mlp.sizes.size()) net.append(nn::ReLU{});
        }
        x = tensor(bench::inputs(mlp.batch, mlp.sizes[0]), {mlp.batch, mlp.sizes[0]});
        const std::vector<long> classes = bench::labels(mlp.batch, mlp.sizes.back());
        y = IndexArray(Shape{mlp.batch});
        std::copy(classes.begin(), classes.end(), y.data());
        if (mlp.adam) {
            optimizer = std::make_unique<optim::Adam>(net.parameters(), optim::AdamOptions{.lr = bench::learning_rate});
        } else {
            optimizer = std::make_unique<optim::SGD>(net.parameters(), optim::SGDOptions{.lr = bench::learning_rate});
        }
    }
    void operator()(bench::Watch& watch) {
        Tape tape;
        const Tensor loss = autoencoder ? nn::mse(sigmoid(net(x)), x) : nn::cross_entropy(net(x), y);
        watch.ended("forward");
        tape.backward(loss);
        watch.ended("backward");
        optimizer->step();
        optimizer->zero_grad();
        watch.ended("update");
    }

    bool autoencoder;
    nn::Sequential net;
    Tensor x;
    IndexArray y;
    std::unique_ptr<optim::Optimizer> optimizer;
};

// A small LeNet: 28x28 images through two 5x5 convolutions of 16 and 32 channels, each halved by pooling.
struct Cnn : nn::Module {
    Tensor forward(const Tensor& x) override {
        const Tensor a = max_pool2d(relu(conv2d(x, weight1, bias1, {.padding = 2})), 2);
        const Tensor b = max_pool2d(relu(conv2d(a, weight2, bias2, {.padding = 2})), 2);
        return classes(flatten(b, 1));
    }
    void visit(nn::Visitor& v) override {
        v("weight1", weight1), v("bias1", bias1), v("weight2", weight2), v("bias2", bias2), v("classes", classes);
    }

    Parameter weight1{nn::Init::standard.make<float>({16, 1, 5, 5})}, bias1{Array(Shape{16}, 0)};
    Parameter weight2{nn::Init::standard.make<float>({32, 16, 5, 5})}, bias2{Array(Shape{32}, 0)};
    nn::Linear classes{32 * 7 * 7, 10};
};

struct CnnStep {
    CnnStep() {
        const std::vector<long> labels = bench::labels(batch, 10);
        std::copy(labels.begin(), labels.end(), y.data());
    }
    void operator()(bench::Watch& watch) {
        Tape tape;
        const Tensor loss = nn::cross_entropy(net(x), y);
        watch.ended("forward");
        tape.backward(loss);
        watch.ended("backward");
        adam.step();
        adam.zero_grad();
        watch.ended("update");
    }

    static constexpr std::size_t batch = 64;
    Cnn net;
    Tensor x = tensor(bench::inputs(batch, 28 * 28), {batch, 1, 28, 28});
    IndexArray y = IndexArray(Shape{batch});
    optim::Adam adam{net.parameters(), {.lr = bench::learning_rate}};
};

// Those that are compared, and those that show how the cost grows with batch and depth.
std::vector<bench::Mlp> all_mlps() {
    std::vector<bench::Mlp> all = bench::mlps();
    for (const std::size_t batch : {32U, 64U, 128U, 256U, 512U, 1024U, 2048U}) {
        all.push_back({"batch-" + std::to_string(batch), {784, 128, 64, 10}, batch});
    }
    for (const std::size_t depth : {2U, 4U, 8U, 16U, 32U, 64U}) {
        all.push_back({"depth-" + std::to_string(depth), std::vector<std::size_t>(depth + 1, 128), 128});
    }
    return all;
}

// A tape of so many scalar operations, forward and backward; `grow(y, x)` records `each` of them.
template <class F>
bench::Step chain(int operations, int each, F grow) {
    return [=](bench::Watch& watch) {
        Tape tape;
        const Tensor x = tape.watch(Tensor(1.F));
        Tensor y = x;
        for (int i = 0; i < operations; i += each) y = grow(y, x);
        watch.ended("forward");
        tape.gradient(y, x);
        watch.ended("backward");
    };
}

Tensor tanh_times(const Tensor& y, const Tensor& x) { return tanh(y) * x; }

// A chain of fully connected layers of 16 by 16 on a batch of 16, all with the same weights.
bench::Step linear_chain(int layers) {
    const auto layer = std::make_shared<nn::Linear>(16, 16);
    const Tensor ones = Array(Shape{16, 16}, 1);
    return [=](bench::Watch&) {
        Tape tape;
        Tensor y = ones;
        for (int i = 0; i < layers; ++i) y = linear(y, layer->weight, *layer->bias);
        tape.backward(y, ones);
        layer->zero_grad();
    };
}

template <class F>
bench::Step elementwise(F f) {
    const std::vector<float> numbers = bench::uniform(10'000'000);
    Array array = empty_array<float>({numbers.size()});
    std::copy(numbers.begin(), numbers.end(), array.data());
    return [f, x = Tensor(array)](bench::Watch&) { f(x); };
}

bench::Cases all_cases() {
    bench::Cases cases;
    for (const bench::Mlp& mlp : all_mlps()) {
        cases[mlp.name] = [mlp]() -> bench::Step {
            return [step = std::make_shared<MlpStep>(mlp)](bench::Watch& watch) { (*step)(watch); };
        };
    }
    cases["cnn-16-32/64"] = []() -> bench::Step {
        return [step = std::make_shared<CnnStep>()](bench::Watch& watch) { (*step)(watch); };
    };
    for (const int operations : {1000, 10'000, 100'000, 1'000'000}) {
        cases["scalar-chain-" + std::to_string(operations)] = [=] { return chain(operations, 2, tanh_times); };
    }
    // xtape writes into the pool's memory either way; the suffix is for those that have another interface for it.
    for (const char* suffix : {"", "/reused"}) {
        cases[std::string("tanh-10M") + suffix] = [] { return elementwise([](const Tensor& x) { return tanh(x); }); };
        cases[std::string("exp-10M") + suffix] = [] { return elementwise([](const Tensor& x) { return exp(x); }); };
        cases[std::string("sigmoid-10M") + suffix] = [] { return elementwise([](const Tensor& x) { return sigmoid(x); }); };
    }
    cases["tanh-chain-1000"] = [] { return chain(1000, 1, [](const Tensor& y, const Tensor&) { return tanh(y); }); };
    cases["multiply-chain-1000"] = [] { return chain(1000, 1, [](const Tensor& y, const Tensor& x) { return y * x; }); };
    cases["linear-16-chain-100"] = [] { return linear_chain(100); };
    return cases;
}

}  // namespace

int main(int argc, char** argv) {
    return bench::Server(all_cases(), bench::heap_allocations).run(argc, argv);
}

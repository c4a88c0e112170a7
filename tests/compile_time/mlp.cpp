// The program whose compilation the test beside it prints: everything included, an MLP trained.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

struct Mlp : nn::Module {
    nn::Linear hidden{64, 128};
    nn::Linear output{128, 10};

    Tensor forward(const Tensor& x) override { return output(tanh(hidden(x))); }
    void visit(nn::Visitor& v) override {
        v("hidden", hidden);
        v("output", output);
    }
};

int main() {
    const auto [train_set, test_set] = data::split(data::digits(), 0.8);
    Mlp model;
    optim::Adam adam{model.parameters(), {.lr = 1e-3F}};
    for (const auto& [x, y] : data::Loader{train_set, {.batch_size = 32, .shuffle = true}}) {
        Tape tape;
        tape.backward(nn::cross_entropy(model(x), y));
        adam.step();
        adam.zero_grad();
    }
    std::printf("accuracy %.2f\n", train::accuracy(model, test_set));
}

// The MLP rows in dlib, whose networks are types: one for each layout.
#include "worker.hpp"

#include <dlib/dnn.h>

#include <memory>

namespace {

using namespace dlib;
using Input = input<matrix<float>>;

template <unsigned long A, unsigned long B, unsigned long Out>
using Network = loss_multiclass_log<fc<Out, relu<fc<B, relu<fc<A, Input>>>>>>;

template <class Net, class Solver>
struct TrainingStep {
    TrainingStep(const bench::Mlp& mlp, Solver solver) : trainer(net, solver) {
        trainer.set_learning_rate(bench::learning_rate);
        trainer.set_mini_batch_size(mlp.batch);
        const std::vector<float> numbers = bench::inputs(mlp.batch, mlp.sizes[0]);
        const std::vector<long> classes = bench::labels(mlp.batch, mlp.sizes.back());
        for (std::size_t i = 0; i < mlp.batch; ++i) {
            const auto width = static_cast<long>(mlp.sizes[0]);
            matrix<float> row(width, 1);
            for (long k = 0; k < width; ++k) row(k) = numbers[i * mlp.sizes[0] + static_cast<std::size_t>(k)];
            x.push_back(row);
            y.push_back(static_cast<unsigned long>(classes[i]));
        }
    }
    void operator()(bench::Watch&) {
        trainer.train_one_step(x, y);
        trainer.get_net(force_flush_to_disk::no);  // waits until the step, which runs on another thread, is done
    }

    Net net;
    dnn_trainer<Net, Solver> trainer;
    std::vector<matrix<float>> x;
    std::vector<unsigned long> y;
};

template <class Net>
bench::Step step(const bench::Mlp& mlp) {
    if (mlp.adam) {
        return [s = std::make_shared<TrainingStep<Net, adam>>(mlp, adam(0, 0.9F, 0.999F))](bench::Watch& w) { (*s)(w); };
    }
    return [s = std::make_shared<TrainingStep<Net, sgd>>(mlp, sgd(0, 0))](bench::Watch& w) { (*s)(w); };
}

}  // namespace

int main(int argc, char** argv) {
    bench::Cases cases;
    for (const bench::Mlp& mlp : bench::mlps()) {
        if (mlp.autoencoder) continue;
        cases[mlp.name] = [mlp]() -> bench::Step {
            if (mlp.sizes[1] == 1024) return step<Network<1024, 1024, 10>>(mlp);
            if (mlp.sizes[1] == 16) return step<Network<16, 16, 2>>(mlp);
            return step<Network<128, 64, 10>>(mlp);
        };
    }
    return bench::Server(cases).run(argc, argv);
}

// The second yardstick: training steps as a careful engineer writes them by hand, BLAS calls and fused loops on fixed buffers.
#include "worker.hpp"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <thread>

namespace {

using Buffer = std::vector<float>;

constexpr float rate = static_cast<float>(bench::learning_rate);

struct Layer {
    std::size_t in, out;
    Buffer weight, bias, weight_gradient, bias_gradient;          // weight is (out, in)
    Buffer weight_m, weight_v, bias_m, bias_v;
    Buffer y, dy;                                                  // (batch, out)
};

void adam(Buffer& x, const Buffer& g, Buffer& m, Buffer& v, float rate1, float scale2) {
    float* __restrict px = x.data();
    float* __restrict pm = m.data();
    float* __restrict pv = v.data();
    const float* __restrict pg = g.data();
    for (std::size_t i = 0; i < x.size(); ++i) {
        pm[i] = 0.9F * pm[i] + 0.1F * pg[i];
        pv[i] = 0.999F * pv[i] + 0.001F * pg[i] * pg[i];
        px[i] -= rate1 * pm[i] / (std::sqrt(pv[i]) * scale2 + 1e-8F);
    }
}

void sgd(Buffer& x, const Buffer& g) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= rate * g[i];
}

class Network {
public:
    explicit Network(const bench::Mlp& mlp) : mlp_(mlp), x_(bench::inputs(mlp.batch, mlp.sizes[0])) {
        for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
            const std::size_t in = mlp.sizes[i], out = mlp.sizes[i + 1];
            const Buffer w(in * out), b(out), a(mlp.batch * out);
            Layer layer{in, out, bench::uniform(in * out), b, w, b, w, w, b, b, a, a};
            for (float& value : layer.weight) value = (value - 0.5F) * 2 / std::sqrt(static_cast<float>(in));
            layers_.push_back(layer);
        }
        labels_ = bench::labels(mlp.batch, mlp.sizes.back());
    }

    void step(bench::Watch& watch) {
        forward();
        mlp_.autoencoder ? squared_error() : cross_entropy();
        watch.ended("forward");
        backward();
        watch.ended("backward");
        update();
        watch.ended("update");
    }

private:
    void update() {
        ++steps_;
        const float rate1 = rate / (1 - std::pow(0.9F, static_cast<float>(steps_)));
        const float scale2 = 1 / std::sqrt(1 - std::pow(0.999F, static_cast<float>(steps_)));
        for (Layer& l : layers_) {
            if (mlp_.adam) {
                adam(l.weight, l.weight_gradient, l.weight_m, l.weight_v, rate1, scale2);
                adam(l.bias, l.bias_gradient, l.bias_m, l.bias_v, rate1, scale2);
            } else {
                sgd(l.weight, l.weight_gradient);
                sgd(l.bias, l.bias_gradient);
            }
        }
    }

    void forward() {
        const float* x = x_.data();
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            Layer& l = layers_[i];
            const int n = static_cast<int>(mlp_.batch), in = static_cast<int>(l.in), out = static_cast<int>(l.out);
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, out, in, 1, x, in, l.weight.data(), in, 0, l.y.data(), out);
            const bool hidden = i + 1 < layers_.size();
            for (std::size_t r = 0; r < mlp_.batch; ++r) {
                float* __restrict y = l.y.data() + r * l.out;
                const float* __restrict b = l.bias.data();
                if (hidden) {
                    for (std::size_t c = 0; c < l.out; ++c) y[c] = std::max(y[c] + b[c], 0.F);
                } else {
                    for (std::size_t c = 0; c < l.out; ++c) y[c] += b[c];
                }
            }
            x = l.y.data();
        }
    }

    void cross_entropy() {
        Layer& l = layers_.back();
        const float share = 1 / static_cast<float>(mlp_.batch);
        loss_ = 0;
        for (std::size_t r = 0; r < mlp_.batch; ++r) {
            const float* y = l.y.data() + r * l.out;
            float* d = l.dy.data() + r * l.out;
            const float top = *std::max_element(y, y + l.out);
            float total = 0;
            for (std::size_t c = 0; c < l.out; ++c) total += d[c] = std::exp(y[c] - top);
            for (std::size_t c = 0; c < l.out; ++c) d[c] *= share / total;
            const auto label = static_cast<std::size_t>(labels_[r]);
            d[label] -= share;
            loss_ += (std::log(total) + top - y[label]) * share;
        }
    }

    void squared_error() {
        Layer& l = layers_.back();
        const float share = 2 / static_cast<float>(l.y.size());
        loss_ = 0;
        for (std::size_t i = 0; i < l.y.size(); ++i) {
            const float p = 1 / (1 + std::exp(-l.y[i])), difference = p - x_[i];
            loss_ += difference * difference;
            l.dy[i] = share * difference * p * (1 - p);
        }
        loss_ /= static_cast<float>(l.y.size());
    }

    void backward() {
        const int n = static_cast<int>(mlp_.batch);
        for (std::size_t i = layers_.size(); i-- > 0;) {
            Layer& l = layers_[i];
            const float* x = i ? layers_[i - 1].y.data() : x_.data();
            const int in = static_cast<int>(l.in), out = static_cast<int>(l.out);
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, n, 1, l.dy.data(), out, x, in, 0, l.weight_gradient.data(), in);
            std::fill(l.bias_gradient.begin(), l.bias_gradient.end(), 0.F);
            for (std::size_t r = 0; r < mlp_.batch; ++r) {
                for (std::size_t c = 0; c < l.out; ++c) l.bias_gradient[c] += l.dy[r * l.out + c];
            }
            if (i == 0) break;
            Layer& below = layers_[i - 1];
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, in, out, 1, l.dy.data(), out, l.weight.data(), in, 0,
                        below.dy.data(), in);
            for (std::size_t k = 0; k < below.dy.size(); ++k) below.dy[k] = below.y[k] > 0 ? below.dy[k] : 0;
        }
    }

    bench::Mlp mlp_;
    Buffer x_;
    std::vector<Layer> layers_;
    std::vector<long> labels_;
    std::size_t steps_ = 0;
    float loss_ = 0;
};

// What the machine can do, each the floor of something: copying is that of elementwise functions, a product of matrices that of
// layers.
int threads() {
    const char* wanted = std::getenv("XTAPE_THREADS");
    return wanted ? std::max(1, std::atoi(wanted)) : 1;
}

bench::Step copy(std::size_t count) {
    const auto x = std::make_shared<Buffer>(bench::uniform(count)), y = std::make_shared<Buffer>(count);
    const auto part = [=](std::size_t begin, std::size_t end) {
        std::copy(x->data() + begin, x->data() + end, y->data() + begin);
    };
    if (threads() == 1) return [=](bench::Watch&) { part(0, count); };
    return [=](bench::Watch&) {  // starting a thread takes a hundredth of the time of the 10M for which this is
        std::thread half(part, 0, count / 2);
        part(count / 2, count);
        half.join();
    };
}

bench::Step gemm(int n) {
    const auto size = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
    const auto a = std::make_shared<Buffer>(bench::uniform(size)), b = a, c = std::make_shared<Buffer>(size);
    return [=](bench::Watch&) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a->data(), n, b->data(), n, 0, c->data(), n);
    };
}

// A million multiply-adds of the widest registers there are, in as many independent chains as hide their latency.
bench::Step multiply_add() {
#if defined(__AVX512F__)
    using Lanes [[gnu::vector_size(64)]] = float;
#elif defined(__AVX__)
    using Lanes [[gnu::vector_size(32)]] = float;
#else
    using Lanes [[gnu::vector_size(16)]] = float;
#endif
    constexpr std::size_t chains = 12;
    const auto state = std::make_shared<std::array<Lanes, chains>>();
    return [=](bench::Watch&) {
        std::array<Lanes, chains> x = *state;
        const Lanes half = Lanes{} + 0.5F;
        for (int i = 0; i < 1'000'000 / static_cast<int>(chains * sizeof(Lanes) / sizeof(float)); ++i) {
            for (Lanes& lanes : x) lanes = lanes * half + half;
        }
        *state = x;
    };
}

}  // namespace

int main(int argc, char** argv) {
    bench::Cases cases;
    for (const bench::Mlp& mlp : bench::mlps()) {
        cases[mlp.name] = [mlp]() -> bench::Step {
            return [network = std::make_shared<Network>(mlp)](bench::Watch& watch) { network->step(watch); };
        };
    }
    cases["copy-10M"] = [] { return copy(10'000'000); };
    cases["copy-64K"] = [] { return copy(65'536); };
    cases["gemm-1024"] = [] { return gemm(1024); };
    cases["multiply-add-1M"] = [] { return multiply_add(); };
    return bench::Server(cases).run(argc, argv);
}

#include <xtape/autodiff/checkpoint.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <functional>

using namespace xtape;
using support::located;
using support::same_bits;

namespace {

Array noise(const Shape& shape, std::uint64_t stream) {
    return random::normal<float>(shape, 0.F, 0.5F, random::Stream(3, stream));
}

/// A residual block with two weights, one of them read twice, and the input read twice.
struct Block {
    Parameter a, b;

    explicit Block(std::size_t n, std::uint64_t stream)
        : a(noise({n, n}, 2 * stream), "a"), b(noise({n, n}, 2 * stream + 1), "b") {}
    Tensor operator()(const Tensor& x) {
        const Tensor h = tanh(matmul(x, a));
        return x + tanh(matmul(h, b)) * sigmoid(matmul(h, a)) * 0.5F;
    }
    ParameterList parameters() { return {a, b}; }
};

struct Chain {
    std::vector<Block> blocks;
    Parameter shared;

    Chain(std::size_t depth, std::size_t n) : shared(noise({n}, 1000), "shared") {
        for (std::size_t i = 0; i < depth; ++i) blocks.emplace_back(n, i);
    }
    Tensor operator()(Tensor x, bool checkpointed) {
        for (Block& block : blocks) {
            const auto step = [&block, this](const Tensor& t) { return block(t) * shared + shared * shared; };
            x = checkpointed ? checkpoint(step, x) : step(x);
        }
        return x;
    }
    ParameterList parameters() {
        ParameterList list{shared};
        for (Block& block : blocks) {
            list.push_back(block.a);
            list.push_back(block.b);
        }
        return list;
    }
};

/// Gradients of the chain's loss by everything it has, and by its input.
std::vector<Array> gradients(Chain& chain, const Array& x, bool checkpointed) {
    Tape tape;
    const Tensor input = tape.watch(x);
    const Tensor y = chain(input, checkpointed);
    const Tensor loss = sum(square(y)) + sum(input * y);
    std::vector<Array> result{loss.value(), tape.gradient(loss, input, {.keep = true}).value()};
    tape.backward(loss);
    for (auto& parameter : chain.parameters()) {
        result.push_back(parameter.grad());
        parameter.zero_grad();
    }
    return result;
}

void check_same_bits(const std::vector<Array>& a, const std::vector<Array>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(i);
        CHECK(same_bits(a[i], b[i]));
    }
}

}  // namespace

TEST_CASE("checkpoint gives the same bits as the plain call: value, gradients by parameters and by input") {
    Chain chain(4, 8);
    const Array x = noise({5, 8}, 77);
    check_same_bits(gradients(chain, x, true), gradients(chain, x, false));
}

TEST_CASE("checkpoint keeps less: sixteen blocks need less than a fifth of the memory") {
    const std::size_t depth = 16, n = 64, rows = 256;
    std::size_t peak = 0;
    const auto note = [&peak] { peak = std::max(peak, memory_stats().in_use); };
    const auto measure = [&](bool checkpointed) {
        Chain chain(depth, n);
        const Array x = noise({rows, n}, 5);
        const std::size_t before = memory_stats().in_use;
        peak = 0;
        {
            Tape tape;
            Tensor y = tape.watch(x);
            for (Block& block : chain.blocks) {
                // Called at the end of each block, first and second time: when all of it is recorded.
                const auto step = [&](const Tensor& t) {
                    Tensor result = block(block(block(t)));
                    note();
                    return result;
                };
                y = checkpointed ? checkpoint(step, y) : step(y);
                note();
            }
            const Tensor loss = sum(square(y));
            note();
            tape.backward(loss);
            note();
        }
        return peak - before;
    };
    const std::size_t plain = measure(false), checkpointed = measure(true);
    MESSAGE("peak bytes of 16 blocks: " << plain << " plain, " << checkpointed << " with checkpoint");
    const std::size_t result = rows * n * sizeof(float);
    CHECK(plain > depth * 15 * result);  // five arrays a block at least, or the measurement is wrong
    CHECK(checkpointed <
          (depth + 1) * result + 3 * plain / (2 * depth));  // what it promises: the results and about one block
    CHECK(checkpointed * 5 < plain);
}

TEST_CASE("without a recording tape checkpoint is the plain call") {
    Parameter w(Array{2.F});
    const auto f = [&](const Tensor& x) { return x * w; };
    CHECK(checkpoint(f, Array{3.F}).value() == Array{6.F});
    Tape tape;
    {
        const auto pause = tape.pause();
        CHECK(checkpoint(f, Array{3.F}).value() == Array{6.F});
    }
    CHECK(tape.size() == 0);
    (void)checkpoint([](const Tensor& x) { return x * 2.F; }, Array{3.F});  // nothing to differentiate
    CHECK(tape.size() == 0);
}

TEST_CASE("arguments reach a checkpointed function as in a plain call") {
    Parameter64 w(Array64{2.0, 3.0});
    const auto f = [](const Tensor64& a, const Tensor64& b, const IndexArray& rows, double scale,
                      const std::vector<Tensor64>& list) {
        return a * b * scale * static_cast<double>(rows(0)) + list[0];
    };
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(1.0));
    const Tensor64 y = checkpoint(f, w, Array64{10.0, 20.0}, IndexArray{4}, 0.5, std::vector<Tensor64>{x});
    CHECK(y.value() == Array64{41.0, 121.0});
    CHECK(tape.gradient(sum(y), x, {.keep = true}).item() == 2.0);
    tape.backward(sum(y));
    CHECK(w.grad() == Array64{20.0, 40.0});
}

TEST_CASE("a module is referred to, not copied: its own parameters get the gradients") {
    Block block(4, 1), plain = block;
    const Array x = noise({3, 4}, 9);
    {
        Tape tape;
        tape.backward(sum(checkpoint(block, x)));
    }
    {
        Tape tape;
        tape.backward(sum(plain(x)));
    }
    CHECK(same_bits(block.a.grad(), plain.a.grad()));
    CHECK(same_bits(block.b.grad(), plain.b.grad()));
}

TEST_CASE("tensors that a checkpointed function captures are differentiated too") {
    Tape tape;
    const Tensor64 a = tape.watch(Tensor64(3.0)), x = tape.watch(Tensor64(2.0));
    const Tensor64 square_of_a = a * a;
    const Tensor64 y = checkpoint([=](const Tensor64& t) { return sin(square_of_a) * t; }, x) * a;
    const auto g = tape.gradient(y, {a, x});
    CHECK(g[0].item() == doctest::Approx(2 * (std::sin(9.0) + 18 * std::cos(9.0))).epsilon(1e-14));
    CHECK(g[1].item() == doctest::Approx(3 * std::sin(9.0)).epsilon(1e-14));
}

TEST_CASE("a checkpointed function of nothing reads what it needs") {
    Parameter64 w(Array64{2.0});
    Tape tape;
    tape.backward(checkpoint([&] { return w * w * w; }));
    CHECK(w.grad() == Array64{12.0});
}

TEST_CASE("a checkpointed function may return several tensors") {
    const auto f = [](const Tensor64& x) { return std::pair(sin(x) * x, exp(x)); };
    const auto g = [](const Tensor64& x) { return std::tuple(sin(x), x, sin(x) * exp(x)); };
    const auto h = [](const Tensor64& x) {
        const Tensor64 y = sin(x), z = y * x;
        return std::vector<Tensor64>{y, z, y, Tensor64(5.0), x};  // one twice, a constant, the argument itself
    };
    const auto total = [&](const Tensor64& x, bool checkpointed) {
        const auto [a, b] = checkpointed ? checkpoint(f, x) : f(x);
        const auto [c, d, e] = checkpointed ? checkpoint(g, x) : g(x);
        const std::vector<Tensor64> k = checkpointed ? checkpoint(h, x) : h(x);
        return sum(a * b + c * d * e + k[0] * k[1] * k[2] + k[3] * k[4]);
    };
    const Array64 x = sample::uniform({3}, 4);
    const auto plain = value_and_grad([&](const Tensor64& t) { return total(t, false); })(x);
    const auto again = value_and_grad([&](const Tensor64& t) { return total(t, true); })(x);
    CHECK(same_bits(plain.first.value(), again.first.value()));
    CHECK(same_bits(plain.second.value(), again.second.value()));
    // One of two results alone.
    CHECK(grad([&](const Tensor64& t) { return checkpoint(f, t).second; })(Tensor64(0.0)).item() == 1.0);
    CHECK(gradcheck([&](const Tensor64& t) { return total(t, true); }, {x}, {.order = 2}).ok);
}

TEST_CASE("checkpoints may be nested") {
    Chain chain(4, 6);
    const Array x = noise({3, 6}, 78);
    const auto loss = [&](bool checkpointed) {
        Tape tape;
        const auto half = [&](std::size_t from, const Tensor& t) {
            const auto run = [&chain, from, checkpointed](Tensor h) {
                for (std::size_t i = from; i < from + 2; ++i) {
                    h = checkpointed ? checkpoint(chain.blocks[i], h) : chain.blocks[i](h);
                    h = h * chain.shared;
                }
                return h;
            };
            return checkpointed ? checkpoint(run, t) : run(t);
        };
        const Tensor input = tape.watch(x);
        const Tensor y = half(2, half(0, input)) * chain.shared;
        tape.backward(sum(y * y));
        std::vector<Array> result{y.value()};
        for (auto& parameter : chain.parameters()) {
            result.push_back(parameter.grad());
            parameter.zero_grad();
        }
        return result;
    };
    check_same_bits(loss(true), loss(false));
}

TEST_CASE("random numbers drawn in a checkpoint are the same ones in backward, and later streams are not disturbed") {
    const Array x = noise({8, 8}, 79);
    const auto dropout = [](const Tensor& t) {
        const Array mask = xt::cast<float>(random::uniform<float>(t.shape(), 0.F, 1.F) < 0.7F);
        return tanh(t * mask) * t;
    };
    const auto loss = [&](bool checkpointed) {
        seed(11);
        Tape tape;
        const Tensor input = tape.watch(x);
        Tensor y = checkpointed ? checkpoint(dropout, input) : dropout(input);
        const auto twice = [&](const Tensor& t) { return dropout(checkpointed ? checkpoint(dropout, t) : dropout(t)); };
        y = checkpointed ? checkpoint(twice, y) : twice(y);
        const random::State before = random::state();
        std::vector<Array> result{y.value(), tape.gradient(sum(y * y), input).value()};
        CHECK(random::state() == before);
        CHECK(before.next_stream == 3);
        result.push_back(random::uniform<float>({4}, 0.F, 1.F));
        return result;
    };
    check_same_bits(loss(true), loss(false));
    seed(0);
}

TEST_CASE("derivatives of any order go through a checkpoint") {
    const auto f = [](const Tensor64& x) { return sin(x) * exp(x * x); };
    const auto g = [&](const Tensor64& x) { return checkpoint(f, x); };
    const Array64 x = sample::uniform({2, 3}, 1), v = sample::uniform({2, 3}, 2);
    CHECK(gradcheck(g, {x}).ok);
    CHECK(gradcheck(g, {x}, {.order = 2}).ok);
    const auto total = [](const auto& each) { return [&each](const Tensor64& t) { return sum(each(t)); }; };
    CHECK(same_bits(hvp(total(g), x, v), hvp(total(f), x, v)));
    CHECK(same_bits(hessian(total(g), x), hessian(total(f), x)));
    CHECK(same_bits(jacobian(g, x), jacobian(f, x)));
    CHECK(same_bits(jvp(g, x, v).second.value(), jvp(f, x, v).second.value()));
    CHECK(same_bits(vjp(g, x).second(v).value(), vjp(f, x).second(v).value()));
    CHECK(same_bits(grad(grad(grad(g)))(0.7).value(), grad(grad(grad(f)))(0.7).value()));
    // A gradient inside the function.
    const auto slope = [&](const Tensor64& t) {
        return checkpoint([&](const Tensor64& u) { return grad(total(g))(u) * u; }, t);
    };
    CHECK(gradcheck(slope, {x}).ok);
}

TEST_CASE("second derivatives by parameters go through a checkpoint") {
    const auto penalty = [](bool checkpointed) {
        Parameter64 w(Array64{0.5, -1.5});
        Tape tape;
        const Tensor64 x = tape.watch(Array64{2.0, 3.0});
        const auto f = [&](const Tensor64& t) { return sum(sin(w * t) * w); };
        const Tensor64 y = checkpointed ? checkpoint(f, x) : f(x);
        const Tensor64 slope = tape.gradient(y, x, {.create_graph = true});
        tape.backward(sum(square(slope)) + y);
        return w.grad();
    };
    CHECK(support::distance(penalty(true), penalty(false)) < 1e-15);
}

TEST_CASE("checkpoint works in steps of training as well as once: nothing grows") {
    Chain chain(3, 16);
    const Array x = noise({8, 16}, 80);
    std::size_t held = 0;
    for (int step = 0; step < 6; ++step) {
        {
            Tape tape;
            tape.backward(sum(square(chain(Tensor(x), true))));
        }
        for (auto& parameter : chain.parameters()) parameter.zero_grad();
        const std::size_t now = memory_stats().in_use;
        if (step >= 2) CHECK(now == held);
        held = now;
    }
}

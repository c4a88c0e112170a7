// The engine seen from an operation: what a rule may read, when memory is freed, and tapes side by side on threads.
#include <xtape/autodiff/record.hpp>

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

#include <functional>
#include <thread>

using namespace xtape;

namespace {

/// y = a b with a backward rule that each test chooses.
struct Probe {
    std::function<void(Replay<float>&)> rule;

    static constexpr const char* name = "probe";
    static constexpr const char* formula = "y = a b;  da, db = whatever the test says";
    static constexpr Keep keep = Keep::input(1);

    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return *x[0] * *x[1];
    }
    void backward(Replay<float>& r) const { rule(r); }
    void backward(Replay<double>&) const {}
    static std::vector<Sample<Probe>> samples() { return {}; }
};

/// One step of a small network, hand-made so that nothing but the core is at work.
float step(const Tensor& x, const Tensor& target, ParameterList& list) {
    Tape tape;
    const Tensor h = tanh(linear(x, list[0], list[1]));
    const Tensor y = linear(h, list[2], list[3]);
    const Tensor loss = mean(square(y - target)) + softmax_cross_entropy(y, IndexArray(Shape{32}, 1));
    tape.backward(loss);
    for (ParameterRef& p : list) {
        const Array& g = p.grad();
        p.update([&](Array& v) { v -= 0.1F * g; });
        p.zero_grad();
    }
    return loss.item();
}

ParameterList network() {
    return {Parameter(Array(Shape{64, 48}, 0.01F)), Parameter(Array(Shape{64}, 0.1F)),
            Parameter(Array(Shape{10, 64}, 0.02F)), Parameter(Array(Shape{10}, 0.F))};
}

}  // namespace

TEST_CASE("a rule that reads what its Keep does not keep is told so") {
    Tape tape;
    const Tensor a = tape.watch(Array{2.F}), b = tape.watch(Array{3.F});
    const Tensor reads_input = apply(Probe{[](Replay<float>& r) { r.give(1, r.x(0) * r.g()); }}, a, b);
    CHECK_THROWS_WITH_AS(tape.backward(sum(reads_input)),
                         "probe: its backward rule reads input 0, which its Keep does not keep", GraphError);
    const Tensor reads_output = apply(Probe{[](Replay<float>& r) { r.give(1, r.y() * r.g()); }}, a, b);
    CHECK_THROWS_WITH_AS(tape.backward(sum(reads_output)),
                         "probe: its backward rule reads its output, which its Keep does not keep", GraphError);
}

TEST_CASE("a rule sees shapes of inputs that were not kept, and which gradients are wanted") {
    Tape tape;
    const Tensor a = tape.watch(Array{{2.F, 4.F}}), b = tape.watch(Array{{3.F, 5.F}});
    int calls = 0;
    const auto check = [&](const Tensor& first, const Tensor& second, const Tensor& x, bool wants_first,
                           bool wants_second) {
        const Tensor y = apply(Probe{[&](Replay<float>& r) {
                                   ++calls;
                                   CHECK(r.inputs() == 2);
                                   CHECK(r.shape(0) == Shape{1, 2});
                                   CHECK(r.has_shape(0, {1, 2}));
                                   CHECK_FALSE(r.has_shape(0, {2}));
                                   CHECK(r.x_array(0) == nullptr);
                                   CHECK(r.x_array(1) != nullptr);
                                   CHECK(r.y_array() == nullptr);
                                   CHECK(r.wants(0) == wants_first);
                                   CHECK(r.wants(1) == wants_second);
                                   CHECK_FALSE(r.recording());
                                   r.give(0, r.g() * 10.F);
                                   r.give(1, r.g() * 20.F);
                               }},
                               first, second);
        CHECK(tape.gradient(sum(y), x).value() == (wants_first ? Array{{10.F, 10.F}} : Array{{20.F, 20.F}}));
    };
    check(a, b, a, true, false);
    check(a, b, b, false, true);
    check(detach(a), b, b, false, true);
    CHECK(calls == 3);
    // Nothing that was asked for lies behind it: the rule does not run at all.
    const Tensor y = apply(Probe{[&](Replay<float>&) { ++calls; }}, a, b);
    const Tensor c = tape.watch(Array{1.F});
    CHECK(tape.gradient(sum(y + c), c).value() == Array{2.F});
    CHECK(tape.gradient(sum(square(y)), y).value() == Array{{12.F, 40.F}});
    CHECK(calls == 3);
}

TEST_CASE("a gradient of a shape that does not fit is an error") {
    Tape tape;
    const Tensor a = tape.watch(Array{{2.F, 4.F}}), b(Array{{3.F, 5.F}});
    const Tensor y = apply(Probe{[](Replay<float>& r) { r.give(0, Tensor(Array{1.F, 2.F, 3.F})); }}, a, b);
    CHECK_THROWS_AS(tape.backward(sum(y)), ShapeError);
}

TEST_CASE("a rule may take gradients of its own while it runs") {
    const auto cube = [](const Tensor& t) { return sum(t * t * t); };
    for (const bool create_graph : {false, true}) {
        Tape tape;
        const Tensor a = tape.watch(Array{2.F}), b = tape.watch(Array{3.F});
        const Tensor y = apply(Probe{[&](Replay<float>& r) { r.give(1, r.g() * grad(cube)(r.x(1))); }}, a, b);
        const Tensor g = tape.gradient(sum(y + b), b, {.create_graph = create_graph});
        CHECK(g.value() == Array{28.F});  // 3 b² + 1
        if (create_graph) CHECK(tape.gradient(sum(g), b).value() == Array{18.F});
    }
}

TEST_CASE("an exception in a rule leaves the tape and its successors usable") {
    Parameter p(Array{2.F});
    Tape tape;
    const Tensor y = square(p);
    const Tensor z = apply(Probe{[](Replay<float>&) { throw std::runtime_error("no"); }}, p, y);
    CHECK_THROWS_WITH_AS(tape.backward(sum(z + y)), "no", std::runtime_error);
    CHECK_FALSE(p.has_grad());
    CHECK(tape.recording());
    tape.backward(sum(square(y)));
    CHECK(p.grad() == Array{32.F});
}

TEST_CASE("backward frees what a record kept as soon as it is replayed") {
    constexpr std::size_t n = 1 << 16, bytes = n * sizeof(float);
    const Tensor x(Array(Shape{n}, 1.F));
    Parameter p(Array(Shape{n}, 1.F));
    Tape tape;
    const std::size_t before = memory_stats().in_use;
    Tensor y = p;
    for (int i = 0; i < 20; ++i) y = tanh(y * x);
    const std::size_t recorded = memory_stats().in_use;
    CHECK(recorded - before >= 20 * bytes);
    const Tensor loss = sum(y);
    y = Tensor();
    tape.backward(loss);
    CHECK(memory_stats().in_use < before + 3 * bytes);
}

TEST_CASE("an operation with thousands of operands is recorded like any other") {
    Parameter p(Array{1.F, 2.F});
    for (int i = 0; i < 2; ++i) {
        Tape tape;
        std::vector<Tensor> parts;
        for (int k = 0; k < 5000; ++k) parts.push_back(p * static_cast<float>(k % 3));
        p.zero_grad();
        tape.backward(sum(concat(parts)) + sum(concat(parts) * 2.F));
    }
    CHECK(p.grad() == Array{14997.F, 14997.F});  // 3 (1666 (0 + 1 + 2) + 0 + 1)
}

TEST_CASE("Keep says which inputs it keeps, beyond the thirty-second too") {
    CHECK(Keep::inputs().keeps_input(31));
    CHECK(Keep::inputs().keeps_input(40));
    CHECK(Keep::input(1).keeps_input(1));
    CHECK_FALSE(Keep::input(1).keeps_input(0));
    CHECK_FALSE(Keep::input(1).keeps_input(33));
    CHECK_FALSE(Keep::nothing().keeps_input(0));
    CHECK_FALSE(Keep::output().keeps_input(0));
    const Keep both = Keep::input(0) | Keep::output();
    CHECK((both.output_bit && both.keeps_input(0) && !both.keeps_input(1)));
}

TEST_CASE("after a warm-up a training step asks the system for no memory") {
    ParameterList list = network();
    const Tensor x(Array(Shape{32, 48}, 0.5F)), target(Array(Shape{32, 10}, 1.F));
    for (int i = 0; i < 5; ++i) step(x, target, list);
    const std::size_t before = memory_stats().system_allocations;
    for (int i = 0; i < 50; ++i) step(x, target, list);
    CHECK(memory_stats().system_allocations == before);
}

TEST_CASE("threads record and differentiate at the same time, each on a tape of its own, with shared parameters") {
    constexpr std::size_t count = 4;
    constexpr int rounds = 30;
    ParameterList list = network();
    const Tensor target(Array(Shape{32, 10}, 1.F));
    const auto gradients = [&](std::size_t k) {
        const Tensor x(Array(Shape{32, 48}, 0.1F * static_cast<float>(k + 1)));
        Tape tape;
        const Tensor h = tanh(linear(x, list[0], list[1]));
        // Used a second time, after other threads had the chance to use it.
        const Tensor loss = mean(square(linear(h, list[2], list[3]) - target)) + sum(square(list[0])) * 0.01F;
        std::vector<Array> result;
        for (const Tensor& g : tape.gradient(loss, {list[0], list[1], list[2], list[3]})) result.push_back(g.value());
        return result;
    };
    std::vector<std::vector<Array>> alone;
    for (std::size_t k = 0; k < count; ++k) alone.push_back(gradients(k));
    std::vector<int> wrong(count, 0);
    std::vector<std::thread> workers;
    for (std::size_t k = 0; k < count; ++k) {
        workers.emplace_back([&, k] {
            for (int i = 0; i < rounds; ++i) {
                const auto g = gradients(k);
                for (std::size_t j = 0; j < g.size(); ++j) {
                    if (!support::same_bits(g[j], alone[k][j])) ++wrong[k];
                }
            }
        });
    }
    for (std::thread& worker : workers) worker.join();
    for (const int mistakes : wrong) CHECK(mistakes == 0);
    CHECK_FALSE(list[0].has_grad());
}

TEST_CASE("a tensor recorded on another thread's tape is a constant here") {
    Tape tape;
    const Tensor x = tape.watch(Array{3.F});
    Array g;
    std::thread([&] {
        CHECK(Tape::current() == nullptr);
        Tape own;
        const Tensor y = own.watch(Array{2.F});
        g = own.gradient(sum(x * y * y), y).value();
    }).join();
    CHECK(g == Array{12.F});
    CHECK(tape.gradient(sum(x * x), x).value() == Array{6.F});
}

TEST_CASE("a gradient that somebody else holds is not written over by the rule that receives it") {
    Tape tape;
    const Tensor x = tape.watch(Array{0.5f, -1.f, 2.f});
    const Tensor y = tanh(x), z = exp(y);
    const Tensor seed(Array{1.f, 2.f, 3.f});
    // The seed is the caller's, and y's own gradient is an answer that has to survive its replay.
    const std::vector<Tensor> g = tape.gradients<float>(z, &seed, std::vector<Tensor>{y, x});
    for (std::size_t i = 0; i < 3; ++i) {
        const float v = std::tanh(x.value().data()[i]), arrived = static_cast<float>(i + 1) * std::exp(v);
        CHECK(seed.value().data()[i] == static_cast<float>(i + 1));
        CHECK(g[0].value().data()[i] == doctest::Approx(arrived));
        CHECK(g[1].value().data()[i] == doctest::Approx(arrived * (1 - v * v)));
    }
}

TEST_CASE("an elementwise rule that alone holds its gradient writes over it") {
    const float *given = nullptr, *arrived = nullptr;
    const Probe upper{[&](Replay<float>& r) {
        Tensor d = r.g() * 2;
        given = d.value().data();
        r.give(0, std::move(d));
    }};
    const Probe lower{[&](Replay<float>& r) {
        arrived = r.g().value().data();
        r.give(0, r.g());
    }};
    Tape tape;
    const Tensor x = tape.watch(Array{1.f, 2.f}), w(Array{3.f, 4.f});
    tape.gradient(sum(apply(upper, tanh(apply(lower, x, w)), w)), x);
    CHECK(given != nullptr);
    CHECK(arrived == given);
}

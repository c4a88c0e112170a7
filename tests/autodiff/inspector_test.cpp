// Tapes that observe: which operation made the first NaN or infinity, and what everything cost.
#include <xtape/autodiff/inspector.hpp>

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/checkpoint.hpp>
#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>

#include "autodiff/support.hpp"

#include <functional>
#include <limits>

using namespace xtape;

namespace {

const float infinity = std::numeric_limits<float>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// y = a b with a backward rule that each test chooses.
struct Rule {
    std::function<void(Replay<float>&)> rule;

    static constexpr const char* name = "rule";
    static constexpr const char* formula = "y = a b;  da, db = whatever the test says";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return *x[0] * *x[1];
    }
    double flops(Shapes x) const { return 1000.0 * static_cast<double>(x.size()); }
    void backward(Replay<float>& r) const { rule(r); }
    void backward(Replay<double>&) const {}
    static std::vector<Sample<Rule>> samples() { return {}; }
};

const OperationSummary& row(const TapeSummary& summary, const std::string& name) {
    for (const OperationSummary& r : summary.operations) {
        if (r.name == name) return r;
    }
    throw std::runtime_error("no operation " + name);
}

/// The text of the anomaly that f meets, with the place `line` of this file written as "here".
template <class F>
std::string anomaly(F f, int line = 0) {
    try {
        f();
    } catch (const AnomalyError& error) {
        std::string text = error.what();
        const std::string place = "inspector_test.cpp:" + std::to_string(line);
        if (const auto at = text.find(place); at != std::string::npos) text.replace(at, place.size(), "here");
        return text;
    }
    return "no anomaly";
}

struct ThreadCount {
    std::size_t before = threads();
    explicit ThreadCount(std::size_t count) { set_threads(count); }
    ~ThreadCount() { set_threads(before); }
};

Array random_input() {
    Array x(Shape{96, 96});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = std::sin(static_cast<float>(i)) * 0.2F;
    return x;
}

}  // namespace

TEST_CASE("the first operation that makes a NaN out of finite inputs is named, with ranges, record and line") {
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(Array{1.F, -1.F, 4.F});
    const Tensor y = square(x);
    const int line = __LINE__ + 1;
    const auto call = [&] { log(x); };
    CHECK(anomaly(call, line) ==
          "log: forward made NaN at [1] out of finite inputs: result (3) with 1 NaN, else from 0 to 1.38629; input 0 "
          "(3) from -1 "
          "to 4; record 2 (at here)");
    // The tape goes on.
    CHECK(tape.gradient(sum(y), x).value() == Array{2.F, -2.F, 8.F});
}

TEST_CASE("the first infinity is named, and what operators make, by what was called before them") {
    Tape tape{{.check_finite = true}};
    const Tensor64 a = tape.watch(Array64{{1.0, 2.0}, {3.0, 0.0}});
    CHECK(anomaly([&] { -1.0 / a; }) ==
          "divide: forward made -inf at [1, 1] out of finite inputs: result (2, 2) with 1 inf, else from -1 to "
          "-0.333333; input 0 () all -1; input 1 (2, 2) from 0 to 3; record 1, called without a source line, as "
          "operators are");
    const int line = __LINE__ + 1;
    const Tensor64 b = square(a);
    CHECK(anomaly([&] { 1.0 / b; }, line) ==
          "divide: forward made inf at [1, 1] out of finite inputs: result (2, 2) with 1 inf, else from 0.111111 to 1; "
          "input 0 () all 1; input 1 (2, 2) from 0 to 9; record 3, called after square (here)");
}

TEST_CASE("a NaN or infinity that was there before is not laid at the door of those who pass it on") {
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(Array{not_a_number, infinity, 1.F});
    const Tensor y = sum(square(x) * 2.F);
    CHECK(std::isnan(y.item()));
    CHECK(std::isnan(tape.gradient(y, x).value()(0)));
    // But infinities that cancel make a NaN.
    const Tensor z = tape.watch(Array{infinity, 2.F});
    const int line = __LINE__ + 1;
    const auto call = [&] { subtract(z, z); };
    CHECK(anomaly(call, line) ==
          "subtract: forward made NaN at [0] out of inputs without NaN: result (2) with 1 NaN, else all 0; input 0 (2) "
          "with 1 inf, "
          "else all 2; input 1 (2) with 1 inf, else all 2; record 5 (at here)");
}

TEST_CASE("constants that are made while a checking tape records are checked too") {
    Tape tape{{.check_finite = true}};
    const Tensor x(Array{0.F});
    const int line = __LINE__ + 1;
    const auto call = [&] { log(x); };
    CHECK(anomaly(call, line) ==
          "log: forward made -inf at [0] out of finite inputs: result (1) with 1 inf; input 0 (1) all 0; not recorded "
          "(at here)");
    const auto pause = tape.pause();
    CHECK(log(x).item() == -infinity);
}

TEST_CASE("a rule that makes the first infinity is named with the place of the forward call") {
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(Array{0.F, 4.F});
    const int line = __LINE__ + 1;
    const Tensor y = sqrt(x);
    const std::string text =
        "sqrt: backward made inf at [0] in the gradient of input 0 out of finite values: gradient of input 0 (2) with "
        "1 inf, "
        "else all 0.75; gradient of the result (2) all 3; result (2) from 0 to 2; record 1 (at here)";
    CHECK(anomaly([&] { tape.backward(sum(y * 3.F), {.keep = true}); }, line) == text);
    // The same when the rule itself is recorded.
    CHECK(anomaly([&] { (void)tape.gradient(sum(y * 3.F), x, {.create_graph = true}); }, line) == text);
}

TEST_CASE("a rule recorded for a second derivative is named with the place of the operation it belongs to") {
    Tape tape{{.check_finite = true}};
    const Tensor64 x = tape.watch(Array64{0.0});
    const int line = __LINE__ + 1;
    const Tensor64 y = pow(x, 1.5);  // 1.5 sqrt(x) is finite at 0, and its derivative is not
    const Tensor64 first = tape.gradient(sum(y), x, {.create_graph = true});
    CHECK(first.value() == Array64{0.0});
    const std::string text = anomaly([&] { (void)tape.gradient(sum(first), x); }, line);
    CHECK(text.find(": backward made inf at [0] in the gradient of input 0 out of finite values: ") !=
          std::string::npos);
    CHECK(text.substr(text.size() - 10) == " (at here)");
}

TEST_CASE("gradients that are finite alone and not in sum are caught where they are added up") {
    const float big = 3e38F;
    for (const bool create_graph : {false, true}) {
        Tape tape{{.check_finite = true}};
        const Tensor x = tape.watch(Array{1e-3F, 1.F});
        const int line = __LINE__ + 1;
        const Tensor y = multiply(x, Array{big, 1.F});
        const Tensor z = multiply(x, Array{big, 1.F});
        CHECK(anomaly([&] { (void)tape.gradient(sum(y + z), x, {.create_graph = create_graph}); }, line) ==
              "multiply: backward made inf at [0] in the sum of gradients of input 0 out of finite gradients: sum (2) "
              "with 1 inf, "
              "else all 2; gradient of input 0 (2) from 1 to 3e+38; gradients added before (2) from 1 to 3e+38; record "
              "1 (at here)");
    }
}

TEST_CASE("a gradient that arrives with a NaN is not laid at the door of the rules that pass it on") {
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(Array{1.F, 2.F});
    const Tensor y = square(x) * 3.F;
    const Tensor seed(Array{not_a_number, infinity});
    const Tensor xs[] = {x};
    const Array g = tape.gradients<float>(y, &seed, xs, {.keep = true})[0].value();
    CHECK(std::isnan(g(0)));
    CHECK(g(1) == infinity);
    // inf * 0 is a NaN that was not there.
    const Tensor flat = tape.watch(Array{0.F, 2.F});
    const int line = __LINE__ + 1;
    const Tensor z = square(flat);
    const Tensor infinite(Array{infinity, 1.F});
    const Tensor flats[] = {flat};
    CHECK(anomaly([&] { (void)tape.gradients<float>(z, &infinite, flats); }, line) ==
          "square: backward made NaN at [0] in the gradient of input 0 out of values without NaN: gradient of input 0 "
          "(2) with "
          "1 NaN, else all 4; gradient of the result (2) with 1 inf, else all 1; input 0 (2) from 0 to 2; record 4 (at "
          "here)");
}

TEST_CASE("what a rule makes on the way to a finite gradient is its own affair") {
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(Array{2.F});
    const auto cut = [](Replay<float>& r) { r.give(0, where(Array{0.F}, r.g() / 0.F, r.g())); };
    const Tensor y = apply(Rule{cut}, x, Tensor(Array{3.F}));
    CHECK(tape.gradient(y, x, {.create_graph = true}).value() == Array{1.F});
    const Tensor z = apply(Rule{[](Replay<float>& r) { r.give(0, r.g() / 0.F); }}, x, Tensor(Array{3.F}));
    const std::string record = std::to_string(tape.size() - 1);
    CHECK(anomaly([&] { (void)tape.gradient(z, x); }) ==
          "rule: backward made inf at [0] in the gradient of input 0 out of finite values: gradient of input 0 (1) "
          "with 1 inf; "
          "gradient of the result (1) all 1; record " +
              record + ", called without a source line, as operators are");
}

TEST_CASE("tapes begun while a checking tape lives check too, those of functional transforms among them") {
    CHECK_FALSE(Tape{}.options().check_finite);
    const Tape outer{{.check_finite = true, .profile = true}};
    CHECK(outer.options().check_finite);
    CHECK(outer.options().profile);
    {
        const Tape inner;
        CHECK(inner.options().check_finite);
        CHECK_FALSE(inner.options().profile);
        CHECK(Tape{{.profile = true}}.options().check_finite);
    }
    const auto root = [](const Tensor& x) { return sum(sqrt(x)); };
    CHECK_THROWS_AS(hessian(root, Array{0.F, 1.F}), AnomalyError);
}

TEST_CASE("an anomaly in the middle of a training step delivers no gradient and leaves the tape usable") {
    Parameter p(Array{0.F, 1.F}, "scale");
    Tape tape{{.check_finite = true, .profile = true}};
    CHECK_THROWS_AS(tape.backward(sum(sqrt(p))), AnomalyError);
    CHECK_FALSE(p.has_grad());
    tape.backward(sum(square(p)));
    CHECK(p.grad() == Array{0.F, 2.F});
}

TEST_CASE("observing changes no bit of any value or gradient, on any number of threads") {
    const Array start = random_input();
    const auto run = [&](TapeOptions options, std::size_t count) {
        const ThreadCount threads(count);
        Parameter w(start), b(Array(Shape{96}, 0.1F));
        Tape tape{options};
        const Tensor x = tape.watch(start);
        const Tensor h = tanh(linear(matmul(x, w), w, b));
        const Tensor loss = mean(square(h * x + x)) + sum(exp(h)) * 1e-3F;
        std::vector<Array> results{loss.value()};
        const Tensor g = tape.gradient(loss, x, {.create_graph = true});
        results.push_back(g.value());
        tape.backward(loss + sum(square(g)));
        results.push_back(w.grad());
        results.push_back(b.grad());
        return results;
    };
    const std::vector<Array> plain = run({}, 1);
    for (const std::size_t count : {1U, 2U, 4U}) {
        for (const TapeOptions options :
             {TapeOptions{}, TapeOptions{.check_finite = true}, TapeOptions{.profile = true},
              TapeOptions{.check_finite = true, .profile = true}}) {
            const std::vector<Array> observed = run(options, count);
            for (std::size_t i = 0; i < plain.size(); ++i) CHECK(support::same_bits(observed[i], plain[i]));
        }
    }
}

TEST_CASE(
    "the profile counts runs, replays, bytes and floating point operations of each operation, and outlives the "
    "records") {
    Parameter w(Array(Shape{3, 4}, 0.5F), "w"), b(Array(Shape{3}, 1.F), "b");
    Tape tape{{.profile = true}};
    const Tensor x = tape.watch(Array(Shape{2, 4}, 1.F));
    const Tensor y = tanh(tanh(linear(x, w, b)));
    const Tensor loss = sum(matmul(y, y, {.transpose_b = true}));
    const TapeSummary forward = tape.summary();
    CHECK((forward.observed && forward.profiled));
    CHECK(row(forward, "tanh").count == 2);
    CHECK(row(forward, "tanh").replays == 0);
    CHECK(row(forward, "tanh").backward_seconds == 0);
    CHECK(row(forward, "tanh").forward_seconds > 0);
    CHECK(row(forward, "tanh").flops == 12);    // one for each of 2 x 6 elements
    CHECK(row(forward, "linear").flops == 54);  // 2 x 3 results of 4 products, 4 sums and the bias
    CHECK(row(forward, "matmul").flops == 24);  // 2 x 2 results of 3 products and 3 sums
    CHECK(row(forward, "sum").flops == 4);
    CHECK(row(forward, "linear").moved_bytes == 4 * (8 + 12 + 3 + 6));
    CHECK(row(forward, "tanh").moved_bytes == 4 * (4 * 6));

    tape.backward(loss);
    const TapeSummary after = tape.summary();
    CHECK(after.records == 0);
    CHECK(after.freed == 5);
    CHECK(after.live_bytes == 0);
    CHECK(after.parameter_bytes == 0);
    CHECK(after.peak_bytes == forward.live_bytes);
    CHECK(row(after, "tanh").count == 2);
    CHECK(row(after, "tanh").replays == 2);
    CHECK(row(after, "tanh").backward_seconds > 0);
    CHECK(row(after, "tanh").flops == 12);
    // The gradient, the output that is kept, and the gradient given, of 6 elements each, twice.
    CHECK(row(after, "tanh").moved_bytes == 4 * (4 * 6) + 4 * (6 * 6));
    // Gradient, kept input and weight; nothing for the input, unless it is asked for.
    CHECK(row(after, "linear").moved_bytes == 4 * (8 + 12 + 3 + 6) + 4 * (6 + 8 + 12 + 8 + 12 + 3));
    CHECK(after.total().count == 5);
    CHECK(after.total().replays == 5);
    CHECK(after.total().seconds() > 0);
    for (std::size_t i = 1; i < after.operations.size(); ++i) {
        CHECK(after.operations[i - 1].seconds() >= after.operations[i].seconds());
    }
}

TEST_CASE("the profile of operations that record their rule counts their time once") {
    Tape tape{{.profile = true}};
    const Tensor64 x = tape.watch(Array64(Shape{64}, 0.5));
    const Tensor64 g = tape.gradient(sum(tanh(x)), x, {.create_graph = true});
    const TapeSummary summary = tape.summary();
    CHECK(row(summary, "tanh").replays == 1);
    CHECK(row(summary, "tanh").backward_seconds > 0);
    CHECK(row(summary, "multiply").count >= 2);  // recorded by the rule of tanh
    CHECK(row(summary, "multiply").forward_seconds == 0);
    CHECK(row(summary, "multiply").flops == 0);
    (void)tape.gradient(sum(g), x);
    CHECK(row(tape.summary(), "multiply").replays >= 2);
    CHECK(row(tape.summary(), "multiply").backward_seconds > 0);
}

TEST_CASE("an operation of the user's own is profiled like the others, with the operations it states") {
    Tape tape{{.profile = true}};
    const Tensor x = tape.watch(Array{1.F, 2.F});
    const Tensor y = apply(Rule{[](Replay<float>& r) { r.give(0, r.g()); }}, x, x);
    CHECK(row(tape.summary(), "rule").flops == 2000);
    CHECK(row(tape.summary(), "rule").gigaflops() > 0);
    CHECK(y.value() == Array{1.F, 4.F});
}

TEST_CASE("a paused tape profiles nothing, and comparisons and constants are profiled without being recorded") {
    Tape tape{{.profile = true}};
    const Tensor x = tape.watch(Array{1.F, 2.F});
    {
        const auto pause = tape.pause();
        (void)exp(x);
    }
    CHECK(tape.summary().operations.empty());
    (void)(Tensor(Array{1.F}) + 1.F);
    const TapeSummary summary = tape.summary();
    CHECK(row(summary, "add").count == 1);
    CHECK(row(summary, "add").kept_bytes == 0);
    CHECK(summary.records == 0);
}

TEST_CASE("a rule that takes gradients on the same tape is observed with them") {
    Tape tape{{.check_finite = true, .profile = true}};
    const Tensor a = tape.watch(Array{2.F}), b = tape.watch(Array{3.F});
    const auto cube = [](const Tensor& t) { return sum(t * t * t); };
    const Tensor y = apply(Rule{[&](Replay<float>& r) { r.give(0, r.g() * grad(cube)(b)); }}, a, b);
    for (const bool create_graph : {false, true}) {
        CHECK(tape.gradient(sum(y), a, {.create_graph = create_graph, .keep = true}).value() == Array{27.F});
    }
    CHECK(row(tape.summary(), "rule").replays == 2);
}

TEST_CASE("what a checkpoint runs again in backward is observed as the user's forward, and its rules as their own") {
    const Array start{4.F, 0.F};
    int line = 0;
    const auto f = [&](const Tensor& x) {
        line = __LINE__ + 1;
        const Tensor root = sqrt(x);
        return sum(root * 3.F);
    };
    Tape tape{{.check_finite = true}};
    const Tensor x = tape.watch(start);
    const Tensor y = checkpoint(f, x);
    CHECK(anomaly([&] { (void)tape.gradient(y, x); }, line).substr(0, 66) ==
          "sqrt: backward made inf at [1] in the gradient of input 0 out of f");
    CHECK(anomaly([&] { (void)tape.gradient(checkpoint(f, x), x); }, line).find(" (at here)") != std::string::npos);

    Tape profiled{{.profile = true}};
    const Tensor z = profiled.watch(Array{4.F, 1.F});
    CHECK(profiled.gradient(checkpoint(f, z), z).value() == Array{0.75F, 1.5F});
    const TapeSummary summary = profiled.summary();
    CHECK(row(summary, "sqrt").count == 2);
    CHECK(row(summary, "sqrt").flops == 4);
    CHECK(row(summary, "sqrt").replays == 1);
    CHECK(row(summary, "sqrt").backward_seconds > 0);
    CHECK(row(summary, "checkpoint").replays == 1);
    CHECK(summary.live_bytes == 0);
    CHECK(summary.peak_bytes > 0);
}

TEST_CASE("multiply-adds are counted of products and convolutions, without their biases, recorded or not") {
    const auto counted = [](auto f) {
        Tape tape{{.profile = true}};
        f();
        return detail::multiply_adds(tape);
    };
    const auto ones = [](Shape shape) { return Tensor(Array(shape, 1.F)); };
    Parameter w(Array(Shape{3, 4}, 0.5F)), b(Array(Shape{3}, 1.F));
    CHECK(counted([&] { (void)linear(ones({2, 4}), w, b); }) == 2 * 3 * 4);
    CHECK(counted([&] { (void)linear(ones({2, 4}), w); }) == 2 * 3 * 4);
    CHECK(counted([&] { (void)matmul(ones({5, 2, 4}), ones({4, 3})); }) == 5 * 2 * 4 * 3);
    // 6 x 6 places of a 3 x 3 kernel over one of two groups of 2 channels, for 8 channels and 2 images.
    CHECK(counted([&] { (void)conv2d(ones({2, 4, 8, 8}), ones({8, 2, 3, 3}), ones({8}), {.groups = 2}); }) ==
          2 * 8 * 6 * 6 * 2 * 3 * 3);
    CHECK(counted([&] { (void)conv1d(ones({1, 2, 9}), ones({3, 2, 3}), {.stride = 2}); }) == 3 * 4 * 2 * 3);
    // Each of 4 x 5 x 5 numbers is multiplied with the 2 x 3 x 3 weights of its channel.
    CHECK(counted([&] { (void)conv_transpose2d(ones({1, 4, 5, 5}), ones({4, 2, 3, 3}), ones({2})); }) ==
          4 * 5 * 5 * 2 * 3 * 3);
    CHECK(counted([&] { (void)einsum("bij,bjk->bik", ones({2, 3, 4}), ones({2, 4, 5})); }) == 2 * 3 * 4 * 5);
    CHECK(counted([&] { (void)einsum("ii->", ones({3, 3})); }) == 0);
    CHECK(counted([&] { (void)tanh(ones({7}) + ones({7})); }) == 0);

    Tape plain;
    (void)linear(ones({2, 4}), w, b);
    CHECK(detail::multiply_adds(plain) == 0);
}

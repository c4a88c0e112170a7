// What checkpoint refuses, and what it does beside errors, other tapes and observers.
#include <xtape/autodiff/checkpoint.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/inspect.hpp>
#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using support::located;
using support::same_bits;

TEST_CASE("results of one checkpoint cannot be replayed one after the other without keep") {
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(2.0));
    const auto [a, b] = checkpoint([](const Tensor64& t) { return std::pair(t * t, t * t * t); }, x);
    CHECK(tape.gradient(a, x, {.keep = true}).item() == 4.0);
    CHECK(tape.gradient(b, x, {.keep = true}).item() == 12.0);
    CHECK(tape.gradient(a + b, x, {.keep = true}).item() == 16.0);
    CHECK(tape.gradient(a, x).item() == 4.0);
    const char* const text =
        "backward: this part of the tape was replayed before and its records are freed; pass {.keep = true} to "
        "the first replay";
    CHECK_THROWS_WITH_AS((void)tape.gradient(b, x), located(text, __LINE__), GraphError);
}

TEST_CASE("a function that does something else the second time is refused") {
    Tape tape;
    const Tensor64 x = tape.watch(Array64{1.0, 2.0}), other = tape.watch(Array64{3.0, 4.0});
    const std::string what = "checkpoint: the function ",
                      when = " when it was called again in backward; it must do the same each time";
    int calls = 0;
    const auto shape = [&](const Tensor64& t) { return calls++ == 0 ? t * t : sum(t); };
    CHECK_THROWS_WITH_AS((void)tape.gradient(sum(checkpoint(shape, x)), x),
                         (what + "gave another result" + when).c_str(), GraphError);
    calls = 0;
    const auto constant = [&](const Tensor64& t) { return calls++ == 0 ? t * t : Tensor64(t.value()); };
    CHECK_THROWS_WITH_AS((void)tape.gradient(sum(checkpoint(constant, x)), x),
                         (what + "gave another result" + when).c_str(), GraphError);
    calls = 0;
    const auto reads = [&](const Tensor64& t) { return calls++ == 0 ? t * t : t * other; };
    CHECK_THROWS_WITH_AS((void)tape.gradient(sum(checkpoint(reads, x)), x),
                         (what + "read other tensors or parameters" + when).c_str(), GraphError);
    Parameter64 p(Array64{1.0, 1.0});
    calls = 0;
    const auto more = [&](const Tensor64& t) { return calls++ == 0 ? t * t : t * p; };
    CHECK_THROWS_WITH_AS((void)tape.gradient(sum(checkpoint(more, x)), x),
                         (what + "read other tensors or parameters" + when).c_str(), GraphError);
    CHECK(tape.gradient(sum(checkpoint([](const Tensor64& t) { return t * t; }, x)), x).value() == Array64{2.0, 4.0});
}

TEST_CASE("a parameter changed before backward is refused, and nothing is delivered") {
    Parameter64 w(Array64{2.0}, "weight"), v(Array64{3.0});
    Tape tape;
    const Tensor64 y = checkpoint([&] { return w * w; }) * v;
    w.assign(Array64{5.0});
    CHECK_THROWS_WITH_AS(tape.backward(y),
                         "checkpoint: parameter \"weight\" was changed after this tape recorded it; call backward "
                         "before the optimizer's step",
                         GraphError);
    CHECK_FALSE(w.has_grad());
    CHECK_FALSE(v.has_grad());
}

TEST_CASE("a tensor that leaves a checkpoint by a side door is a value, and an error to differentiate") {
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(2.0));
    Tensor64 inner;
    const Tensor64 y = checkpoint([&](const Tensor64& t) { return (inner = t * t) * t; }, x);
    CHECK(inner.item() == 4.0);
    const char* const text =
        "checkpoint: a tensor made inside a checkpointed function was used outside it; let the function return it";
    CHECK_THROWS_WITH_AS((void)tape.gradient(y + inner, x, {.keep = true}), located(text, __LINE__), GraphError);
    CHECK(tape.gradient(y, x).item() == 12.0);
    // The one of the second call.
    CHECK_THROWS_WITH_AS((void)tape.gradient(inner * 2, x), located(text, __LINE__), GraphError);
}

TEST_CASE("a checkpointed function that throws leaves the tape as it was") {
    Parameter64 w(Array64{2.0});
    Tape tape;
    const Tensor64 x = tape.watch(Array64{1.0, 2.0});
    const auto f = [&](const Tensor64& t) { return matmul(t * w, t); };
    CHECK_THROWS_AS((void)checkpoint([&](const Tensor64& t) { return f(t) + reshape(t, {7}); }, x), ShapeError);
    CHECK(tape.recording());
    int calls = 0;
    const Tensor64 y = checkpoint([&](const Tensor64& t) { return calls++ == 0 ? t * w : reshape(t * w, {7}); }, x);
    CHECK_THROWS_AS(tape.backward(sum(y), {.keep = true}), ShapeError);
    CHECK(tape.recording());
    CHECK(Tape::current() == &tape);
    CHECK_FALSE(w.has_grad());
    calls = 0;
    tape.backward(sum(x * w));
    CHECK(w.grad() == Array64{3.0});
}

TEST_CASE("backward of a checkpoint may run while another tape lives") {
    Parameter64 w(Array64{2.0});
    Tape outer;
    const Tensor64 y = checkpoint([&] { return w * w * w; });
    {
        Tape inner;
        outer.backward(y);
        CHECK(inner.size() == 0);
        CHECK(Tape::current() == &inner);
    }
    CHECK(w.grad() == Array64{12.0});
}

TEST_CASE("an observed tape sees through a checkpoint, forward and backward") {
    const Array64 x{0.5, 2.0};
    const auto f = [](const Tensor64& t) { return exp(t) * t; };
    {
        const Tensor64 wanted = grad([&](const Tensor64& t) { return sum(f(f(t))); })(x);
        Tape tape{{.check_finite = true, .profile = true}};
        const Tensor64 input = tape.watch(x);
        const Tensor64 y = checkpoint([&](const Tensor64& t) { return checkpoint(f, f(t)); }, input);
        CHECK(tape.dot().find("checkpoint result\\n(2)") != std::string::npos);
        const TapeSummary before = tape.summary();
        CHECK(before.live_bytes == 0);  // all that was kept is gone again
        CHECK(before.peak_bytes > 0);
        const Tensor64 g = tape.gradient(sum(y), input);
        CHECK(same_bits(g.value(), wanted.value()));
        CHECK(tape.summary().live_bytes == 0);
        CHECK(to_string(tape.summary()).find("checkpoint") != std::string::npos);
    }
    Tape tape{{.check_finite = true}};
    const Tensor64 zero = tape.watch(Array64{0.0, 4.0});
    const Tensor64 y = checkpoint([](const Tensor64& t) { return sqrt(t); }, zero);
    try {
        (void)tape.gradient(sum(y), zero);
        FAIL("the gradient of sqrt at 0 is infinite");
    } catch (const AnomalyError& error) {
        CHECK(std::string(error.what()).find("sqrt: backward made") == 0);
    }
}

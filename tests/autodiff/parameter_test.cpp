#include <xtape/autodiff/parameter.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include "autodiff/support.hpp"

#include <type_traits>
#include <utility>

using namespace xtape;
using support::located;

TEST_CASE("a parameter has a value, a shape and a name, and no gradient at first") {
    Parameter p(Array{{1.F, 2.F}}, "weight");
    CHECK(p.value() == Array{{1.F, 2.F}});
    CHECK(p.shape() == Shape{1, 2});
    CHECK(p.name() == "weight");
    CHECK(Parameter(Array{1.F}).name() == "parameter");
    p.set_name("bias");
    CHECK(p.name() == "bias");
    CHECK_FALSE(p.has_grad());
    CHECK_THROWS_WITH_AS(p.grad(), "parameter \"bias\": has no gradient; no backward has reached it since zero_grad()",
                         GraphError);
}

TEST_CASE("assign replaces the value and refuses another shape") {
    Parameter p(Array{{1.F, 2.F}}, "weight");
    p.assign(Array{{3.F, 4.F}});
    CHECK(p.value() == Array{{3.F, 4.F}});
    const char* const text = "parameter \"weight\": expected a value of shape (1, 2), got (2)";
    const Array vector{1.F, 2.F};
    CHECK_THROWS_WITH_AS(p.assign(vector), located(text, __LINE__), ShapeError);
    CHECK(p.value() == Array{{3.F, 4.F}});
}

TEST_CASE("update works in place, but tensors that share the value keep the old one") {
    Parameter p(Array{1.F, 2.F});
    const float* const place = p.value().data();
    p.update([](Array& v) { v += 1.F; });
    CHECK(p.value() == Array{2.F, 3.F});
    CHECK(p.value().data() == place);
    const Tensor before = p;
    p.update([](Array& v) { v += 1.F; });
    CHECK(p.value() == Array{3.F, 4.F});
    CHECK(before.value() == Array{2.F, 3.F});
}

TEST_CASE("an update that changes the shape is refused") {
    Parameter p(Array{1.F, 2.F}, "weight");
    const auto change = [](Array& v) { v = Array{1.F, 2.F, 3.F}; };
    const char* const text = "parameter \"weight\": expected an update that keeps shape (2), got (3)";
    CHECK_THROWS_WITH_AS(p.update(change), located(text, __LINE__), ShapeError);
    CHECK(support::distance(p.value(), Array{NAN, NAN}) == 0);
}

TEST_CASE("accumulate_grad adds to the gradient and refuses another shape") {
    Parameter p(Array{1.F, 2.F}, "weight");
    const Array g{10.F, 20.F};
    p.accumulate_grad(g);
    p.accumulate_grad(g);
    CHECK(p.grad() == Array{20.F, 40.F});
    CHECK(g == Array{10.F, 20.F});
    const char* const text = "parameter \"weight\": expected a gradient of shape (2), got (1, 2)";
    const Array row{{1.F, 2.F}};
    CHECK_THROWS_WITH_AS(p.accumulate_grad(row), located(text, __LINE__), ShapeError);
    p.zero_grad();
    CHECK_FALSE(p.has_grad());
}

TEST_CASE("backward fills gradients, and a second one adds to them") {
    Parameter p(Array{1.F, 2.F}), q(Array{3.F, 4.F});
    for (int i = 0; i < 2; ++i) {
        Tape tape;
        tape.backward(sum(p * q));
    }
    CHECK(p.grad() == Array{6.F, 8.F});
    CHECK(q.grad() == Array{2.F, 4.F});
    Tape tape;
    tape.backward(sum(square(p)));
    tape.backward(sum(p * 10.F));
    CHECK(p.grad() == Array{18.F, 22.F});
}

TEST_CASE("adding to a gradient leaves a tensor that shares it alone") {
    Parameter p(Array{1.F, 2.F});
    const Tensor seed(Array{5.F, 6.F});
    for (int i = 0; i < 2; ++i) {
        Tape tape;
        tape.backward(p.tensor(), seed);  // the gradient is the seed itself, not a copy
    }
    CHECK(p.grad() == Array{10.F, 12.F});
    CHECK(seed.value() == Array{5.F, 6.F});
}

TEST_CASE("a parameter used twice on one tape is one leaf") {
    Parameter p(Array{1.F, 2.F});
    Tape tape;
    const Tensor a = p, b = p;
    CHECK(tape.size() == 1);
    tape.backward(sum(a * 2.F + b * p));
    CHECK(p.grad() == Array{4.F, 6.F});
}

TEST_CASE("two parameters whose gradient is the same array get independent ones") {
    Parameter p(Array{1.F}), q(Array{2.F});
    Tape tape;
    tape.backward(sum(p + q));
    p.accumulate_grad(Array{10.F});
    CHECK(p.grad() == Array{11.F});
    CHECK(q.grad() == Array{1.F});
}

TEST_CASE("a frozen parameter is a constant") {
    Parameter p(Array{1.F, 2.F}), q(Array{3.F, 4.F});
    q.set_frozen(true);
    Tape tape;
    const Tensor y = sum(p * q);
    CHECK(tape.size() == 3);  // p, multiply, sum
    tape.backward(y, {.keep = true});
    CHECK(p.grad() == Array{3.F, 4.F});
    CHECK_FALSE(q.has_grad());
    CHECK_THROWS_AS(tape.gradient(y, q), GraphError);
    q.set_frozen(false);
    CHECK_FALSE(q.frozen());
    Tape again;
    again.backward(sum(p * q));
    CHECK(q.grad() == Array{1.F, 2.F});
}

TEST_CASE("a parameter changed under a live tape is an error that names it, and no parameter gets a gradient") {
    const char* const text =
        "backward: parameter \"second\" was changed after this tape recorded it; call backward before the "
        "optimizer's step";
    Parameter first(Array{1.F}, "first"), second(Array{2.F}, "second");
    const auto change = [&](int how) {
        if (how == 0) second.assign(Array{5.F});
        if (how == 1) second.update([](Array& v) { v *= 2.F; });
    };
    for (int how = 0; how < 2; ++how) {
        Tape tape;
        const Tensor y = sum(first * second);
        change(how);
        CHECK_THROWS_WITH_AS(tape.backward(y, {.keep = true}), located(text, __LINE__), GraphError);
        CHECK_FALSE(first.has_grad());
        CHECK_FALSE(second.has_grad());
        CHECK_THROWS_WITH_AS(tape.gradient(y, second, {.keep = true}), located(text, __LINE__), GraphError);
        CHECK_THROWS_WITH_AS(tape.gradient(y, {first, second}), located(text, __LINE__), GraphError);
    }
}

TEST_CASE("a change of a parameter that the loss does not depend on does no harm") {
    Parameter p(Array{1.F}), q(Array{2.F});
    Tape tape;
    const Tensor y = sum(square(p)), z = sum(square(q));
    q.update([](Array& v) { v *= 2.F; });
    tape.backward(y);
    CHECK(p.grad() == Array{2.F});
    CHECK_THROWS_AS(tape.backward(z), GraphError);
}

TEST_CASE("a step after backward on the same live tape is fine") {
    Parameter p(Array{4.F});
    Tape tape;
    for (int i = 0; i < 3; ++i) {
        tape.backward(sum(square(p)));
        const Array g = p.grad();
        p.update([&](Array& v) { v -= 0.25F * g; });
        p.zero_grad();
    }
    CHECK(p.value() == Array{0.5F});  // halved three times
    // The gradient with respect to the parameter is that of its latest value.
    CHECK(tape.gradient(sum(square(p)), p).value() == Array{1.F});
}

TEST_CASE("a tape gives a parameter's gradient whatever other tapes recorded meanwhile") {
    Parameter p(Array{3.F});
    Tape outer;
    const Tensor y = square(p);
    {
        Tape inner;
        inner.backward(sum(p * 10.F));
    }
    const Tensor z = y * p;
    CHECK(outer.gradient(sum(y), p, {.keep = true}).value() == Array{6.F});
    CHECK(outer.gradient(sum(z), p, {.keep = true}).value() == Array{27.F});
    outer.backward(sum(z));
    CHECK(p.grad() == Array{37.F});
}

TEST_CASE("a parameter that was not used gets zeros from gradient and nothing from backward") {
    Parameter p(Array{1.F, 2.F}), unused(Array{{5.F}});
    Tape tape;
    const Tensor y = sum(p * 2.F);
    CHECK(tape.gradient(y, unused, {.keep = true}).value() == Array{{0.F}});
    tape.backward(y);
    CHECK_FALSE(unused.has_grad());
}

TEST_CASE("gradient leaves the parameters' own gradients alone") {
    Parameter p(Array{1.F, 2.F});
    Tape tape;
    CHECK(tape.gradient(sum(square(p)), p).value() == Array{2.F, 4.F});
    CHECK_FALSE(p.has_grad());
}

TEST_CASE("a copy is a new parameter with equal values, name and frozen state, and no gradient") {
    Parameter p(Array{1.F, 2.F}, "weight");
    p.accumulate_grad(Array{1.F, 1.F});
    p.set_frozen(true);
    Parameter copy = p;
    CHECK_FALSE(copy.is(p));
    CHECK_FALSE(copy.has_grad());
    CHECK(copy.frozen());
    CHECK(copy.name() == "weight");
    copy.update([](Array& v) { v += 1.F; });
    CHECK(p.value() == Array{1.F, 2.F});
    Parameter other(Array{9.F});
    other = p;
    CHECK(other.value() == Array{1.F, 2.F});
    CHECK_FALSE(other.is(p));
}

TEST_CASE("handles stay with a parameter that moves, and keep it alive") {
    Parameter p(Array{1.F, 2.F}, "weight");
    const ParameterRef handle = p;
    CHECK(handle.is(p));
    Parameter moved = std::move(p);
    CHECK(handle.is(moved));
    moved.update([](Array& v) { v += 1.F; });
    CHECK(handle.value() == Array{2.F, 3.F});
    CHECK_THROWS_WITH_AS(p.value(), "parameter: used after it was moved from",
                         GraphError);  // NOLINT(bugprone-use-after-move)
    CHECK_THROWS_WITH_AS(p * 2.F, "parameter: used after it was moved from", GraphError);
    const ParameterRef survivor = Parameter(Array{7.F});
    CHECK(survivor.value() == Array{7.F});
}

TEST_CASE("a parameter may vanish before the tape that recorded it") {
    Tape tape;
    Tensor y;
    const Tensor x = tape.watch(Array{2.F});
    {
        Parameter p(Array{3.F});
        y = sum(x * p);
    }
    tape.backward(y, {.keep = true});
    CHECK(tape.gradient(y, x).value() == Array{3.F});
}

TEST_CASE("a double parameter works as a float one does") {
    Parameter64 p(Array64{1.0, 2.0});
    Tape tape;
    tape.backward(sum(exp(p) * p));
    const double e = std::exp(1.0);
    CHECK(support::distance(p.grad(), Array64{2 * e, 3 * e * e}) < 1e-14);
}

TEST_CASE("parameters convert to tensors and to handles, not to arrays") {
    CHECK(std::is_convertible_v<Parameter, Tensor>);
    CHECK(std::is_convertible_v<Parameter&, ParameterRef>);
    CHECK_FALSE(std::is_convertible_v<Parameter, Array>);
    CHECK_FALSE(std::is_convertible_v<Parameter, Tensor64>);
    CHECK(std::is_nothrow_move_constructible_v<Parameter>);
}

#include <xtape/autodiff/tape.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

#include <memory>
#include <stdexcept>

using namespace xtape;
using support::located;

TEST_CASE("the gradient of a sum of products is what the product rule says") {
    Tape tape;
    const Tensor a = tape.watch(Array{1.F, 2.F, 3.F}), b = tape.watch(Array{4.F, 5.F, 6.F});
    const auto g = tape.gradient(sum(a * b + a), {a, b});
    REQUIRE(g.size() == 2);
    CHECK(g[0].value() == Array{5.F, 6.F, 7.F});
    CHECK(g[1].value() == Array{1.F, 2.F, 3.F});
}

TEST_CASE("the gradient of a broadcast operand has the operand's shape") {
    Tape tape;
    const Tensor x = tape.watch(Array{{1.F, 2.F, 3.F}, {4.F, 5.F, 6.F}});
    const Tensor row = tape.watch(Array{1.F, 10.F, 100.F}), column = tape.watch(Array{{2.F}, {3.F}});
    const Tensor scalar = tape.watch(Tensor(2.F)), one = tape.watch(Array{{5.F}});
    const auto g = tape.gradient(sum(x * row * column * scalar + one), {x, row, column, scalar, one});
    CHECK(g[0].value() == Array{{4.F, 40.F, 400.F}, {6.F, 60.F, 600.F}});
    CHECK(g[1].value() == Array{28.F, 38.F, 48.F});
    CHECK(g[2].value() == Array{{642.F}, {1308.F}});  // 2 (1 + 20 + 300), 2 (4 + 50 + 600)
    CHECK(g[3].shape() == Shape{});
    CHECK(g[3].item() == 2604.F);  // 642 + 3 / 2 * 1308
    CHECK(g[4].value() == Array{{6.F}});
}

TEST_CASE("a row and a column broadcast against each other get gradients of their own shapes") {
    Tape tape;
    const Tensor row = tape.watch(Array{{1.F, 2.F, 3.F}}), column = tape.watch(Array{{10.F}, {20.F}});
    const auto g = tape.gradient(sum(row * column), {row, column});
    CHECK(g[0].value() == Array{{30.F, 30.F, 30.F}});
    CHECK(g[1].value() == Array{{6.F}, {6.F}});
}

TEST_CASE("an operand that occurs twice gets both contributions") {
    Tape tape;
    const Tensor x = tape.watch(Array{2.F, -3.F});
    const GradientOptions keep{.keep = true};
    CHECK(tape.gradient(sum(x * x), x, keep).value() == Array{4.F, -6.F});
    CHECK(tape.gradient(sum(x + x), x, keep).value() == Array{2.F, 2.F});
    CHECK(tape.gradient(sum(x - x), x, keep).value() == Array{0.F, 0.F});
    CHECK(tape.gradient(sum(x / x), x, keep).value() == Array{0.F, 0.F});
    const Tensor y = x * 3.F;
    CHECK(tape.gradient(sum(y * y + y + x), x, keep).value() == Array{40.F, -50.F});
}

TEST_CASE("a tensor's gradient with respect to itself is one, and the seed when there is one") {
    Tape tape;
    const Tensor x = tape.watch(Tensor(3.F));
    CHECK(tape.gradient(x, x).item() == 1.F);
    const Tensor y = x * Array{1.F, 2.F};
    const Tensor seed(Array{5.F, 7.F});
    const Tensor xs[] = {y, x};
    const auto g = tape.gradients<float>(y, &seed, xs);
    CHECK(g[0].value() == Array{5.F, 7.F});
    CHECK(g[1].item() == 19.F);
}

TEST_CASE("gradients are given with respect to intermediate tensors and to what lies before them at once") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, 2.F});
    const Tensor h = x * 3.F;
    const auto g = tape.gradient(sum(square(h) + h), {h, x, h});
    CHECK(g[0].value() == Array{7.F, 13.F});
    CHECK(g[1].value() == Array{21.F, 39.F});
    CHECK(g[2].value() == Array{7.F, 13.F});
}

TEST_CASE("asking for an intermediate tensor's gradient leaves what lies before it on the tape") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, 2.F});
    const Tensor h = x * 3.F;
    const Tensor dh = tape.gradient(sum(square(h)), h);
    const Tensor xs[] = {x};
    CHECK(tape.gradients<float>(h, &dh, xs)[0].value() == Array{18.F, 36.F});
}

TEST_CASE("a tensor that y does not depend on gets zeros, also when it was made after y") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, 2.F}), other = tape.watch(Array{{1.F}, {2.F}});
    const Tensor y = sum(x);
    const Tensor later = tape.watch(Array{4.F});
    const Tensor from_y = y * 2.F;
    const auto g = tape.gradient(y, {other, later, from_y});
    CHECK(g[0].value() == Array{{0.F}, {0.F}});
    CHECK(g[1].value() == Array{0.F});
    CHECK(g[2].item() == 0.F);
    CHECK(g[2].shape() == Shape{});
}

TEST_CASE("a gradient that needs no record frees none") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, 2.F}), other = tape.watch(Array{3.F});
    const Tensor y = sum(square(x));
    CHECK(tape.gradient(y, {}).empty());
    CHECK(tape.gradient(y, other).value() == Array{0.F});
    CHECK(tape.gradient(y, x).value() == Array{2.F, 4.F});
}

TEST_CASE("gradients of gradients: three orders of the fourth power") {
    Tape tape;
    const Tensor64 x = tape.watch(Array64{2.0, -0.5});
    const GradientOptions again{.create_graph = true};
    const Tensor64 first = tape.gradient(sum(square(square(x))), x, again);
    const Tensor64 second = tape.gradient(sum(first), x, again);
    const Tensor64 third = tape.gradient(sum(second), x);
    CHECK(first.value() == Array64{32.0, -0.5});   // 4 x³
    CHECK(second.value() == Array64{48.0, 3.0});   // 12 x²
    CHECK(third.value() == Array64{48.0, -12.0});  // 24 x
}

TEST_CASE("a mixed second derivative") {
    Tape tape;
    const Tensor64 x = tape.watch(Tensor64(2.0)), y = tape.watch(Tensor64(5.0));
    const Tensor64 dx = tape.gradient(x * x * y, x, {.create_graph = true});
    CHECK(dx.item() == 20.0);
    const auto second = tape.gradient(dx, {x, y});
    CHECK(second[0].item() == 10.0);
    CHECK(second[1].item() == 4.0);
}

TEST_CASE("without create_graph a gradient is a plain value") {
    Tape tape;
    const Tensor x = tape.watch(Tensor(2.F));
    const Tensor g = tape.gradient(x * x, x);
    const std::size_t before = tape.size();
    const Tensor more = g * 2.F;
    CHECK(more.item() == 8.F);
    CHECK(tape.size() == before);
}

TEST_CASE("a second replay of freed records is an error that names the remedy") {
    const char* const text =
        "backward: this part of the tape was replayed before and its records are freed; pass {.keep = true} to "
        "the first replay";
    Parameter p(Array{1.F, 2.F});
    Tape tape;
    const Tensor x = tape.watch(Array{3.F, 4.F});
    const Tensor h = p * x;
    const Tensor y = sum(h);
    tape.backward(y);
    CHECK_THROWS_WITH_AS(tape.backward(y), located(text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(tape.gradient(y, x), located(text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(tape.gradient(sum(h * 2.F), x), located(text, __LINE__), GraphError);  // not zeros
    CHECK(p.grad() == Array{3.F, 4.F});                                                         // and nothing was added
}

TEST_CASE("keep lets a part of the tape be replayed again") {
    Parameter p(Array{1.F, 2.F});
    Tape tape;
    const Tensor y = sum(square(p));
    tape.backward(y, {.keep = true});
    CHECK(tape.gradient(y, p, {.keep = true}).value() == Array{2.F, 4.F});
    tape.backward(y);
    CHECK(p.grad() == Array{4.F, 8.F});
}

TEST_CASE("a loss with more than one element needs a seed of its shape") {
    Parameter p(Array{{1.F, 2.F, 3.F}});
    Tape tape;
    const Tensor y = p * 2.F;
    const Tensor seed(Array{{1.F, 0.F, 10.F}}), wrong(Array{1.F, 0.F, 10.F});
    const std::string text =
        ": expected a loss with one element, got shape (1, 3); reduce it with sum or mean, or pass a seed of "
        "that shape";
    CHECK_THROWS_WITH_AS(tape.backward(y), located("backward" + text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(tape.gradient(y, p), located("gradient" + text, __LINE__), GraphError);
    const char* const shapes = "backward: expected a seed of shape (1, 3), got (3)";
    CHECK_THROWS_WITH_AS(tape.backward(y, wrong), located(shapes, __LINE__), ShapeError);
    const Tensor xs[] = {p.tensor()};
    const char* const seeds = "gradient: expected a seed of shape (1, 3), got (3)";
    CHECK_THROWS_WITH_AS(tape.gradients<float>(y, &wrong, xs), located(seeds, __LINE__), ShapeError);
    CHECK_FALSE(p.has_grad());
    tape.backward(y, seed);
    CHECK(p.grad() == Array{{2.F, 0.F, 20.F}});
}

TEST_CASE("a loss of one element need not be of rank 0") {
    Parameter p(Array{{3.F}});
    Tape tape;
    tape.backward(p * p);
    CHECK(p.grad() == Array{{6.F}});
}

TEST_CASE("a loss and a tensor that are not on the tape are errors") {
    const std::string text =
        ": the tensor is not on this tape: it depends on no parameter and no watched tensor, or it was made on another tape";
    const Tensor plain(Array{1.F});
    Parameter p(Array{1.F});
    Tensor other;
    {
        Tape before;
        other = sum(square(p));
    }
    Tape tape;
    const Tensor x = tape.watch(Array{1.F});
    CHECK_THROWS_WITH_AS(tape.backward(sum(plain)), located("backward" + text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(tape.backward(other), located("backward" + text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(tape.gradient(other, x), located("gradient" + text, __LINE__), GraphError);
    const char* const unwatched =
        "gradient: asked with respect to a tensor that is not on this tape; watch() it before using it";
    CHECK_THROWS_WITH_AS(tape.gradient(sum(x), plain), located(unwatched, __LINE__), GraphError);
}

TEST_CASE("a tensor without a value is an error, not a crash") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F}), nothing;
    const char* const text = "tensor: used before a value was assigned to it";
    CHECK_THROWS_WITH_AS(tape.watch(nothing), text, GraphError);
    CHECK_THROWS_WITH_AS(tape.backward(nothing), text, GraphError);
    CHECK_THROWS_WITH_AS(tape.backward(x, nothing), text, GraphError);
    CHECK_THROWS_AS(tape.gradient(x, nothing), GraphError);
    CHECK_THROWS_WITH_AS(x + nothing, text, GraphError);
    CHECK_THROWS_WITH_AS(matmul(nothing, x), text, GraphError);
    CHECK_THROWS_WITH_AS(concat({x, nothing}), text, GraphError);
    CHECK(tape.size() == 1);
}

TEST_CASE("the loss may be a leaf") {
    Parameter p(Array{5.F});
    Tape tape;
    tape.backward(p.tensor());
    CHECK(p.grad() == Array{1.F});
}

TEST_CASE("the innermost tape records, and each tape gives its own gradients") {
    CHECK(Tape::current() == nullptr);
    Tape outer;
    const Tensor x = outer.watch(Tensor(3.F));
    const Tensor y = x * x;
    {
        Tape inner;
        CHECK(Tape::current() == &inner);
        const Tensor u = inner.watch(Tensor(5.F));
        CHECK(inner.gradient(u * u, u).item() == 10.F);
    }
    CHECK(Tape::current() == &outer);
    CHECK(outer.gradient(y * x, x).item() == 27.F);
}

TEST_CASE("an operand of an outer tape that is still recording is an error, of a paused one a constant") {
    Tape outer;
    const Tensor x = outer.watch(Tensor(3.F));
    Tape inner;
    const Tensor u = inner.watch(Tensor(5.F));
    const char* const text =
        "multiply: an operand was recorded on an outer tape that is still recording; pause() the outer tape, "
        "detach() the operand, or use a single tape";
    CHECK_THROWS_WITH_AS(multiply(u, x), located(text, __LINE__), GraphError);
    CHECK_THROWS_WITH_AS(x * x, text, GraphError);
    CHECK(inner.gradient(u * detach(x), u).item() == 3.F);
    const auto pause = outer.pause();
    CHECK(inner.gradient(u * x, u).item() == 3.F);
}

TEST_CASE("tapes may end in any order") {
    auto first = std::make_unique<Tape>(), second = std::make_unique<Tape>();
    const Tensor x = second->watch(Tensor(3.F));
    first.reset();
    CHECK(Tape::current() == second.get());
    CHECK(second->gradient(x * x, x).item() == 6.F);
    second.reset();
    CHECK(Tape::current() == nullptr);
}

TEST_CASE("a tensor that outlives its tape is a plain value") {
    Tensor y;
    {
        Tape tape;
        const Tensor x = tape.watch(Array{1.F, 2.F});
        y = square(x);
    }
    CHECK(y.value() == Array{1.F, 4.F});
    Tape tape;
    const Tensor z = y * 2.F;
    CHECK(tape.size() == 0);
    const Tensor x = tape.watch(Array{1.F, 1.F});
    CHECK(tape.gradient(sum(x * y * z), x).value() == Array{2.F, 32.F});
}

TEST_CASE("a paused tape records nothing, and goes on afterwards") {
    Tape tape;
    const Tensor x = tape.watch(Tensor(3.F));
    Tensor constant;
    {
        const auto pause = tape.pause();
        CHECK_FALSE(tape.recording());
        { const auto again = tape.pause(); }
        CHECK_FALSE(tape.recording());
        const std::size_t before = tape.size();
        constant = x * x;
        CHECK(tape.size() == before);
    }
    CHECK(tape.recording());
    CHECK(tape.gradient(x * constant, x).item() == 9.F);
}

TEST_CASE("detach cuts a tensor off without copying it") {
    Tape tape;
    const Tensor x = tape.watch(Array{3.F});
    const Tensor cut = detach(square(x));
    CHECK(tape.gradient(sum(x * cut), x).value() == Array{9.F});
    const Tensor same = detach(x);
    CHECK(same.value().data() == x.value().data());
}

TEST_CASE("watching the same tensor twice makes two independent leaves") {
    Tape tape;
    const Tensor plain(Array{3.F});
    const Tensor a = tape.watch(plain), b = tape.watch(plain), c = tape.watch(a);
    const auto g = tape.gradient(sum(a * b * b + c), {a, b, c});
    CHECK(g[0].value() == Array{9.F});
    CHECK(g[1].value() == Array{18.F});
    CHECK(g[2].value() == Array{1.F});
}

TEST_CASE("float and double tensors stand on one tape side by side") {
    Parameter p(Array{2.F});
    Parameter64 q(Array64{3.0});
    Tape tape;
    const Tensor y = sum(square(p));
    const Tensor64 z = sum(square(q) * 2.0);
    tape.backward(y);
    tape.backward(z);
    CHECK(p.grad() == Array{4.F});
    CHECK(q.grad() == Array64{12.0});
}

TEST_CASE("a chain of 200,000 operations records and replays") {
    Parameter64 p(Array64{1.0});
    Tape tape;
    Tensor64 y = p;
    for (int i = 0; i < 200'000; ++i) y = y + 1.0;
    CHECK(tape.size() == 200'001);
    tape.backward(y);
    CHECK(y.item() == 200'001.0);
    CHECK(p.grad() == Array64{1.0});
}

TEST_CASE("an exception in the middle of a recording leaves the thread ready for the next tape") {
    Parameter p(Array{1.F, 2.F});
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(([&] {
                            Tape tape;
                            const Tensor y = square(p) * 2.F;
                            matmul(y, concat({y, y}));
                        }()),
                        ShapeError);
        CHECK(Tape::current() == nullptr);
        p.zero_grad();
        Tape tape;
        tape.backward(sum(square(p)));
        CHECK(p.grad() == Array{2.F, 4.F});
    }
}

TEST_CASE("an operation that failed leaves the tape usable") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F, 2.F});
    const Tensor y = square(x);
    CHECK_THROWS_AS(y + Tensor(Array{1.F, 2.F, 3.F}), ShapeError);
    CHECK(tape.gradient(sum(y), x).value() == Array{2.F, 4.F});
}

TEST_CASE("create_graph on a paused tape is an error, not a plain value") {
    Tape tape;
    const Tensor x = tape.watch(Array{2.F});
    const Tensor y = sum(square(x));
    const PauseGuard pause = tape.pause();
    const char* const text = "gradient: create_graph asks to record the replay, but this tape is paused";
    CHECK_THROWS_WITH_AS(tape.gradient(y, x, {.create_graph = true}), located(text, __LINE__), GraphError);
}

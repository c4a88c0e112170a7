#include <xtape/nn/preserve.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/linear.hpp>

#include <doctest/doctest.h>

using namespace xtape;

namespace {

struct Counting : nn::Module {
    nn::Linear part{2, 1};
    ParameterRef shared = part.weight;
    Array sum{0.f, 0.f};
    IndexArray calls{std::int64_t{0}};
    Tensor forward(const Tensor& x) override {
        sum = Array(sum + 1.f);
        calls(0) += 1;
        return part(x) + random::uniform<float>({1}, 0.f, 1.f);
    }
    void visit(nn::Visitor& v) override {
        v("part", part);
        v("shared", shared);
        v.buffer("sum", sum);
        v.buffer("calls", calls);
    }
};

}  // namespace

TEST_CASE("buffers, gradients and random streams are what they were, also after an exception") {
    seed(9);
    Counting model;
    const Array x{{1.f, 2.f}};
    {
        Tape tape;
        tape.backward(sum(model(x)));
    }
    model.part.bias->zero_grad();
    const Array weight_gradient = model.part.weight.grad();
    const random::State streams = random::state();
    const auto run = [&] {
        const detail::Preserve<float> preserve(model);
        CHECK_FALSE(model.part.weight.has_grad());
        Tape tape;
        tape.backward(sum(model(x) * 5.f));
        CHECK(model.part.weight.has_grad());
        CHECK(model.part.bias->has_grad());
        CHECK(model.calls(0) == 2);
        throw 1;
    };
    CHECK_THROWS_AS(run(), int);
    CHECK(model.sum == Array{1.f, 1.f});
    CHECK(model.calls(0) == 1);
    CHECK(model.part.weight.grad() == weight_gradient);
    CHECK_FALSE(model.part.bias->has_grad());
    CHECK(random::state() == streams);
}

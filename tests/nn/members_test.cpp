#include <xtape/nn/members.hpp>

#include <xtape/nn/linear.hpp>

#include <doctest/doctest.h>

using namespace xtape;

TEST_CASE("the members of a module are its own parameters, each once, and buffers, under their names in visit") {
    struct Mixed : nn::Module {
        nn::Linear part{2, 2};
        Parameter scale{Array{1.f}, "called before"};
        Array mean{0.f};
        IndexArray steps{std::int64_t{0}};
        Tensor forward(const Tensor& x) override { return x; }
        void visit(nn::Visitor& v) override {
            v("part", part);
            v("scale", scale);
            v("again", scale);
            v.buffer("mean", mean);
            v.buffer("steps", steps);
        }
    } mixed;
    const auto members = detail::members_of<float>(mixed);
    REQUIRE(members.parameters.size() == 1);
    CHECK(members.parameters[0].name == "scale");
    CHECK(members.parameters[0].parameter.is(mixed.scale));
    CHECK(mixed.scale.name() == "called before");
    REQUIRE(members.buffers.size() == 2);
    CHECK(members.buffers[0].name == "mean");
    CHECK(std::get<IndexArray*>(members.buffers[1].array) == &mixed.steps);
}

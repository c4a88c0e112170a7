// Operations defined outside the library: run, recorded, described and checked like the built-in ones.
#include <xtape/autodiff/apply.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <concepts>

using namespace xtape;

namespace {

/// y = a exp(b), elementwise with an attribute.
struct Growth : Elementwise<2> {
    double rate;
    explicit Growth(double r) : rate(r) {}

    static constexpr const char* name = "growth";
    static constexpr const char* formula = "y = a exp(r b);  da = g y / a;  db = g r y";
    static constexpr Keep keep = Keep::input(0) | Keep::output();

    template <class V>
    V forward(V a, V b) const {
        return a * exp(rate * b);
    }
    template <class V>
    std::array<V, 2> backward(V g, V y, V a, V) const {
        return {g * y / a, g * (rate * y)};
    }
    double reference(double a, double b) const { return a * std::exp(rate * b); }
    static std::vector<Sample<Growth>> samples() {
        return {{Growth(0.5), {sample::positive({2, 3}, 1), sample::uniform({3}, 2)}}};
    }
};

/// y = the sum of squares of each row; structured, with any number of inputs concatenated along the rows.
struct RowNorms {
    static constexpr const char* name = "row_norms";
    static constexpr const char* formula = "y = sum over inputs and columns of x^2;  dx = 2 g x";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const {
        for (const Shape* shape : x) {
            if (shape->size() != 2) throw ShapeError("row_norms: expected matrices, got " + to_string(*shape));
        }
        return {(*x[0])[0]};
    }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        BasicArray<T> y(Shape{x[0]->shape()[0]}, T(0));
        for (const BasicArray<T>* part : x) {
            for (std::size_t i = 0; i < part->size(); ++i)
                y.data()[i / part->shape()[1]] += part->data()[i] * part->data()[i];
        }
        return y;
    }
    template <class T>
    void backward(Replay<T>& r) const {
        for (std::size_t i = 0; i < r.inputs(); ++i) r.give(i, 2 * reshape(r.g(), {r.g().size(), 1}) * r.x(i));
    }
    Array64 reference(std::span<const Array64> x) const {
        const Array64* const inputs[] = {&x[0], &x[1]};
        return forward<double>(inputs);
    }
    static std::vector<Sample<RowNorms>> samples() {
        return {{{}, {sample::uniform({2, 3}, 1), sample::uniform({2, 2}, 2)}}};
    }
};

/// Says one shape and makes another.
struct Liar : RowNorms {
    static constexpr const char* name = "liar";
    Shape infer(Shapes) const { return {5}; }
    static std::vector<Sample<Liar>> samples() { return {}; }
};

/// y = a b + c d, four operands at once.
struct Rotation : Elementwise<4> {
    static constexpr const char* name = "rotation";
    static constexpr const char* formula = "y = a b + c d;  da = g b;  db = g a;  dc = g d;  dd = g c";
    static constexpr Keep keep = Keep::inputs();
    template <class V>
    static V forward(V a, V b, V c, V d) {
        return a * b + c * d;
    }
    template <class V>
    static std::array<V, 4> backward(V g, V, V a, V b, V c, V d) {
        return {g * b, g * a, g * d, g * c};
    }
    static double reference(double a, double b, double c, double d) { return a * b + c * d; }
    static std::vector<Sample<Rotation>> samples() {
        return {{{},
                 {sample::uniform({2, 3}, 1), sample::uniform({3}, 2), sample::uniform({2, 1}, 3),
                  sample::uniform({}, 4)}}};
    }
};

/// A step function: no gradient anywhere.
struct Sign : Elementwise<1> {
    static constexpr const char* name = "sign";
    static constexpr const char* formula = "y = 1 if x > 0 else -1;  no gradient";
    static constexpr bool not_differentiable = true;
    template <class V>
    static V forward(V x) {
        return where(x > 0, V(1), V(-1));
    }
    static double reference(double x) { return x > 0 ? 1 : -1; }
    static std::vector<Sample<Sign>> samples() { return {{{}, {sample::uniform({3}, 1)}}}; }
};

}  // namespace

TEST_CASE("an operation of one's own takes tensors, parameters, arrays, expressions and numbers") {
    const Array a{1.F, 2.F};
    const Tensor x(a);
    const Growth zero(0);
    static_assert(std::same_as<decltype(apply(zero, x, 1)), Tensor>);
    static_assert(std::same_as<decltype(apply(zero, 1.0, Tensor64())), Tensor64>);
    CHECK(apply(zero, x, 1).value() == a);
    CHECK(apply(zero, 3, x).value() == Array{3.F, 3.F});
    CHECK(apply(zero, Parameter(a), a * 2.F).value() == a);
    CHECK(apply(Growth(1), a, Tensor(Array{{0.F}, {0.F}})).value() == Array{{1.F, 2.F}, {1.F, 2.F}});
}

TEST_CASE("operations of one's own pass gradcheck to second order on their own samples") {
    for (const OperationInfo& op :
         {describe_operation<Growth>(), describe_operation<Rotation>(), describe_operation<RowNorms>()}) {
        for (const OperationSample& sample : op.samples) {
            for (const int order : {1, 2}) {
                const GradcheckReport report = gradcheck(sample.apply64, sample.inputs, {.order = order});
                CHECK_MESSAGE(report.ok, op.name << ": " << report.message);
            }
        }
    }
}

TEST_CASE("an operation of one's own is described like a built-in one") {
    const OperationInfo growth = describe_operation<Growth>(), norms = describe_operation<RowNorms>(),
                        sign = describe_operation<Sign>();
    CHECK(growth.name == "growth");
    CHECK(growth.formula == "y = a exp(r b);  da = g y / a;  db = g r y");
    CHECK(growth.elementwise);
    CHECK(growth.differentiable);
    CHECK((growth.keep.keeps_input(0) && !growth.keep.keeps_input(1) && growth.keep.output_bit));
    CHECK_FALSE(norms.elementwise);
    CHECK_FALSE(sign.differentiable);
    const OperationSample& sample = growth.samples[0];
    const Array64 value = sample.apply64({sample.inputs[0], sample.inputs[1]}).value();
    CHECK(support::distance(value, sample.reference(sample.inputs)) < 1e-15);
}

TEST_CASE("an operation of one's own can be differentiated three times") {
    const auto f = [](const Tensor64& x) { return apply(Growth(2), Tensor64(1.0), x); };
    CHECK(grad(grad(grad(f)))(Tensor64(0.5)).item() == doctest::Approx(8 * std::exp(1.0)).epsilon(1e-12));
}

TEST_CASE("an operation without a gradient gives constants") {
    Tape tape;
    const Tensor x = tape.watch(Array{2.F, -3.F});
    CHECK(tape.gradient(sum(apply(Sign{}, x) * x), x).value() == Array{1.F, -1.F});
}

TEST_CASE("shapes that do not broadcast, a shape rule that objects and one that lies are errors") {
    const Tensor two(Array{1.F, 2.F}), three(Array{1.F, 2.F, 3.F}), matrix(Array{{1.F, 2.F}});
    CHECK_THROWS_WITH_AS(apply(Growth(1), two, three),
                         "growth: expected shapes that broadcast together, got (2) and (3)", ShapeError);
    CHECK_THROWS_WITH_AS(apply(RowNorms{}, matrix, two), "row_norms: expected matrices, got (2)", ShapeError);
    CHECK_THROWS_WITH_AS(apply(Liar{}, matrix), "liar: its shape rule said (5), its forward made (1)", ShapeError);
}

TEST_CASE("an operation may have more inputs than fit a small list") {
    Parameter p(Array{{1.F, 2.F}});
    Tape tape;
    const Tensor y = apply(RowNorms{}, p, p, p, p, p, p, p, p, p, p);
    CHECK(y.value() == Array{50.F});
    tape.backward(y);
    CHECK(p.grad() == Array{{20.F, 40.F}});
}

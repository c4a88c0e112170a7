#include <xtape/autodiff/gradcheck.hpp>

#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

#include <stdexcept>

using namespace xtape;

namespace {

enum class Mistake { none, sign, factor, not_kept, second_order };

/// y = x³, with a mistake to choose. What is not kept reaches the rule as NaN.
template <Mistake mistake>
struct Cube : Elementwise<1> {
    static constexpr const char* name = "cube";
    static constexpr const char* formula = "y = x^3;  dx = 3 g x^2";
    static constexpr Keep keep = mistake == Mistake::not_kept ? Keep::output() : Keep::inputs();

    template <class V>
    static V forward(V x) {
        return x * x * x;
    }
    template <class V>
    static V backward(V g, V, V x) {
        if constexpr (mistake == Mistake::sign) return -(g * 3 * x * x);
        if constexpr (mistake == Mistake::factor) return g * x * x;
        // A fused kernel that is right, and a recorded rule that is not: it takes x for a constant.
        if constexpr (mistake == Mistake::second_order && std::is_same_v<V, Tensor64>) return g * 3 * x * detach(x);
        return g * 3 * x * x;
    }
    static double reference(double x) { return x * x * x; }
    static std::vector<Sample<Cube>> samples() { return {{{}, {sample::uniform({2, 3}, 1)}}}; }
};

enum class ProductMistake { none, transposed, forgotten, broadcast };

/// Y = A B for square A, with a mistake to choose.
template <ProductMistake mistake>
struct Product {
    static constexpr const char* name = "product";
    static constexpr const char* formula = "Y = A B;  dA = G B^T;  dB = A^T G";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const { return {(*x[0])[0], (*x[1])[1]}; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return matmul(BasicTensor<T>(*x[0]), *x[1]).value();
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, matmul(r.g(), r.x(1), {.transpose_b = true}));
        if (mistake == ProductMistake::forgotten) return;
        if (mistake == ProductMistake::broadcast)
            return r.give(1, r.g() * 0 + sum(matmul(r.x(0), r.g(), {.transpose_a = true}), 0, true));
        r.give(1, matmul(r.x(0), r.g(), {.transpose_a = mistake != ProductMistake::transposed}));
    }
    static std::vector<Sample<Product>> samples() { return {}; }
};

template <Mistake mistake>
Tensor64 cube(const Tensor64& x) {
    return apply(Cube<mistake>{}, x);
}

template <ProductMistake mistake>
GradcheckReport check_product(int order = 1) {
    return gradcheck([](const Tensor64& a, const Tensor64& b) { return apply(Product<mistake>{}, a, b); },
                     {sample::uniform({3, 3}, 1), sample::uniform({3, 3}, 2)}, {.order = order});
}

const Array64 x6 = sample::uniform({2, 3}, 1);

struct Model {
    Parameter64 weight{sample::uniform({2, 3}, 1), "weight"}, bias{sample::uniform({2}, 2), "bias"};
    ParameterList64 parameters() { return {weight, bias}; }
    Tensor64 loss() { return mean(square(tanh(linear(sample::uniform({4, 3}, 3), weight, bias)))); }
};

}  // namespace

TEST_CASE("gradcheck accepts right gradients of one to four tensors and of a list") {
    const Array64 a = sample::positive({2, 3}, 1), b = sample::positive({3}, 2), c = sample::positive({2, 1}, 3),
                  d(Shape{}, 1.5);
    const auto good = [](const GradcheckReport& report) {
        CHECK_MESSAGE(report.ok, report.message);
        CHECK(report.max_relative_error < 1e-7);
    };
    for (const int order : {1, 2}) {
        const GradcheckOptions options{.order = order};
        good(gradcheck([](const Tensor64& x) { return exp(sin(x)); }, {a}, options));
        good(gradcheck([](const Tensor64& x, const Tensor64& y) { return x * x / y; }, {a, b}, options));
        good(gradcheck([](const Tensor64& x, const Tensor64& y, const Tensor64& z) { return x * y * z * z; }, {a, b, c},
                       options));
        good(gradcheck([](const Tensor64& x, const Tensor64& y, const Tensor64& z,
                          const Tensor64& u) { return x * y * z * u * u; },
                       {a, b, c, d}, options));
        good(gradcheck(
            [](const std::vector<Tensor64>& x) {
                return concat({x[0] * x[0], x[1] * x[0]});
            },
            {b, b}, options));
    }
}

TEST_CASE("gradcheck accepts a right operation of one's own, elementwise and structured") {
    for (const int order : {1, 2}) {
        CHECK(gradcheck(cube<Mistake::none>, {x6}, {.order = order}).ok);
        CHECK(check_product<ProductMistake::none>(order).ok);
    }
}

TEST_CASE("gradcheck rejects a wrong sign and a missing factor") {
    const GradcheckReport sign = gradcheck(cube<Mistake::sign>, {x6});
    CHECK_FALSE(sign.ok);
    CHECK(sign.max_relative_error == doctest::Approx(1));
    const GradcheckReport factor = gradcheck(cube<Mistake::factor>, {x6});
    CHECK_FALSE(factor.ok);
    CHECK(factor.max_relative_error == doctest::Approx(0.5));  // |1 - 3| / (1 + 3)
}

TEST_CASE("gradcheck rejects a rule that uses a value that is not kept") {
    for (const int order : {1, 2}) {
        const GradcheckReport report = gradcheck(cube<Mistake::not_kept>, {x6}, {.order = order});
        CHECK_FALSE(report.ok);
        CHECK((std::isnan(report.analytic) || std::isnan(report.numeric)));
        CHECK(report.max_relative_error == INFINITY);
    }
}

TEST_CASE("gradcheck rejects a transposed operand, a forgotten gradient and a wrongly broadcast one") {
    CHECK_FALSE(check_product<ProductMistake::transposed>().ok);
    CHECK_FALSE(check_product<ProductMistake::broadcast>().ok);
    const GradcheckReport forgotten = check_product<ProductMistake::forgotten>();
    CHECK_FALSE(forgotten.ok);
    CHECK(forgotten.relative_errors[0] < 1e-7);
    CHECK(forgotten.relative_errors[1] == 1);
    CHECK(forgotten.worst == "input 1");
    CHECK(forgotten.analytic == 0);
}

TEST_CASE("order 2 rejects an operation whose fused gradient is right and whose recorded one is not") {
    CHECK(gradcheck(cube<Mistake::second_order>, {x6}).ok);
    CHECK_FALSE(gradcheck(cube<Mistake::second_order>, {x6}, {.order = 2}).ok);
}

TEST_CASE("gradcheck fails when every gradient is zero, unless that is expected") {
    const auto constant = [](const Tensor64& x) { return sum(x * 0.0); };
    const auto unrelated = [](const Tensor64&) { return Tensor64(1.0); };
    for (const int order : {1, 2}) {
        const GradcheckReport report = gradcheck(constant, {x6}, {.order = order});
        CHECK_FALSE(report.ok);
        CHECK(report.message == "gradcheck: every gradient is zero, so nothing was checked");
        CHECK(gradcheck(constant, {x6}, {.order = order, .allow_zero = true}).ok);
        CHECK_FALSE(gradcheck(unrelated, {x6}, {.order = order}).ok);
    }
    CHECK_FALSE(gradcheck([](const std::vector<Tensor64>&) { return Tensor64(1.0); }, {}).ok);
    CHECK_FALSE(gradcheck(constant, {Array64(Shape{0})}).ok);
}

TEST_CASE("gradcheck names the worst element and says so in one sentence") {
    // The gradient of the fourth element alone is wrong: detached, it gives 0 instead of 2 * 3 * 5.
    const auto f = [](const Tensor64& a, const Tensor64& b) {
        const Tensor64 hidden = b * Array64{0.0, 0.0, 0.0, 1.0}, seen = b * Array64{1.0, 1.0, 1.0, 0.0};
        return sum(a) + sum(square(seen) * 3.0) + detach(sum(square(hidden) * 3.0));
    };
    // The output is weighted by a number between 0.5 and 1.5.
    const GradcheckReport report = gradcheck(f, {Array64{1.0}, Array64{1.0, 2.0, 3.0, 5.0}});
    CHECK_FALSE(report.ok);
    CHECK(report.worst == "input 1");
    CHECK(report.index == 3);
    CHECK(report.analytic == 0);
    CHECK(report.numeric >= 15);
    CHECK(report.numeric <= 45);
    CHECK(report.names == std::vector<std::string>{"input 0", "input 1"});
    CHECK(report.relative_errors.size() == 2);
    CHECK(report.message.starts_with("gradcheck failed: relative error 0."));
    CHECK(report.message.find("tolerance 1e-07; worst element: input 1 [3], analytic 0, numeric ") !=
          std::string::npos);
    const GradcheckReport good = gradcheck([](const Tensor64& x) { return square(x); }, {x6});
    CHECK(good.message.starts_with("gradcheck ok: relative error "));
}

TEST_CASE("gradcheck fails on NaN and infinite gradients") {
    CHECK_FALSE(gradcheck([](const Tensor64& x) { return sqrt(x); }, {Array64{1.0, -1.0}}).ok);
    CHECK_FALSE(gradcheck([](const Tensor64& x) { return log(x); }, {Array64{1.0, 0.0}}).ok);
}

TEST_CASE("gradcheck refuses orders other than 1 and 2, and the wrong number of inputs") {
    const auto f = [](const Tensor64& x) { return sum(square(x)); };
    Model model;
    for (const int order : {0, 3}) {
        const std::string text = "gradcheck: expected order 1 or 2, got " + std::to_string(order);
        CHECK_THROWS_WITH_AS(gradcheck(f, {x6}, {.order = order}), text.c_str(), ConfigError);
        CHECK_THROWS_WITH_AS(gradcheck(model, [&] { return model.loss(); }, {.order = order}), text.c_str(),
                             ConfigError);
    }
    const auto two = [](const Tensor64& a, const Tensor64& b) { return a * b; };
    CHECK_THROWS_WITH_AS(gradcheck(f, {x6, x6}), "gradcheck: the function takes 1 tensors, got 2 inputs", ConfigError);
    CHECK_THROWS_WITH_AS(gradcheck(two, {x6}), "gradcheck: the function takes 2 tensors, got 1 inputs", ConfigError);
}

TEST_CASE("gradcheck of a model or of parameters checks each of them, names them and restores their values") {
    Model model;
    const Array64 weight = model.weight.value(), bias = model.bias.value();
    for (const int order : {1, 2}) {
        const GradcheckReport report = gradcheck(model, [&] { return model.loss(); }, {.order = order});
        CHECK_MESSAGE(report.ok, report.message);
        CHECK(report.names == std::vector<std::string>{"weight", "bias"});
    }
    CHECK(gradcheck(model.parameters(), [&] { return model.loss(); }).ok);
    CHECK(support::same_bits(model.weight.value(), weight));
    CHECK(support::same_bits(model.bias.value(), bias));
    CHECK_FALSE(model.weight.has_grad());
    const GradcheckReport wrong = gradcheck(model, [&] { return model.loss() + detach(sum(square(model.bias))); });
    CHECK_FALSE(wrong.ok);
    CHECK(wrong.worst == "bias");
}

TEST_CASE("gradcheck restores the values when the loss throws in the middle") {
    Model model;
    const Array64 weight = model.weight.value();
    int calls = 0;
    const auto loss = [&] {
        if (++calls == 6) throw std::runtime_error("enough");
        return model.loss();
    };
    CHECK_THROWS_WITH_AS(gradcheck(model, loss), "enough", std::runtime_error);
    CHECK(support::same_bits(model.weight.value(), weight));
    CHECK(Tape::current() == nullptr);
}

TEST_CASE("gradcheck leaves frozen parameters out") {
    Model model;
    model.bias.set_frozen(true);
    const GradcheckReport report = gradcheck(model, [&] { return model.loss(); });
    CHECK_MESSAGE(report.ok, report.message);
    CHECK(report.names == std::vector<std::string>{"weight"});
}

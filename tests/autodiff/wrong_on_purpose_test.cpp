// Who checks the checker: operations with the mistakes that people make in derivatives. Each is written once, right and
// wrong, and gradcheck must accept the one and reject the other.
#include <xtape/autodiff/apply.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

#include <memory>

using namespace xtape;

namespace {

struct OneInput : Elementwise<1> {
    static constexpr const char* formula = "see backward";
    static constexpr Keep keep = Keep::inputs() | Keep::output();
};

template <class Op>
std::vector<Sample<Op>> on_vector() {
    return {{{}, {sample::uniform({5}, 1)}}};
}

/// y = sin x; wrong: the sign.
template <bool right>
struct Sine : OneInput {
    static constexpr const char* name = "sine";
    template <class V>
    static V forward(V x) {
        return sin(x);
    }
    template <class V>
    static V backward(V g, V, V x) {
        return right ? g * cos(x) : -(g * cos(x));
    }
    static std::vector<Sample<Sine>> samples() { return on_vector<Sine>(); }
};

/// y = x²; wrong: the factor 2 is missing.
template <bool right>
struct Squared : OneInput {
    static constexpr const char* name = "squared";
    template <class V>
    static V forward(V x) {
        return x * x;
    }
    template <class V>
    static V backward(V g, V, V x) {
        return (right ? 2 : 1) * (g * x);
    }
    static std::vector<Sample<Squared>> samples() { return on_vector<Squared>(); }
};

/// y = tanh x, y' = 1 - y²; wrong: the input stands where the output belongs.
template <bool right>
struct Tangent : OneInput {
    static constexpr const char* name = "tangent";
    template <class V>
    static V forward(V x) {
        return tanh(x);
    }
    template <class V>
    static V backward(V g, V y, V x) {
        const V kept = right ? y : x;
        return g * (1 - kept * kept);
    }
    static std::vector<Sample<Tangent>> samples() { return on_vector<Tangent>(); }
};

/// y = x eˣ; wrong: one of the product rule's two contributions is left out.
template <bool right>
struct ProductRule : OneInput {
    static constexpr const char* name = "product_rule";
    template <class V>
    static V forward(V x) {
        return x * exp(x);
    }
    template <class V>
    static V backward(V g, V y, V x) {
        return right ? g * (exp(x) + y) : g * exp(x);
    }
    static std::vector<Sample<ProductRule>> samples() { return on_vector<ProductRule>(); }
};

/// y = max(x, 0); wrong: the other branch of the condition.
template <bool right>
struct Ramp : OneInput {
    static constexpr const char* name = "ramp";
    template <class V>
    static V forward(V x) {
        return where(V(0) < x, x, V(0));
    }
    template <class V>
    static V backward(V g, V, V x) {
        return right ? where(V(0) < x, g, V(0)) : where(V(0) < x, V(0), g);
    }
    static std::vector<Sample<Ramp>> samples() { return on_vector<Ramp>(); }
};

/// y = a / b; wrong: db = -g a / b, not / b².
template <bool right>
struct Ratio : Elementwise<2> {
    static constexpr const char* name = "ratio";
    static constexpr const char* formula = "y = a / b";
    static constexpr Keep keep = Keep::inputs();
    template <class V>
    static V forward(V a, V b) {
        return a / b;
    }
    template <class V>
    static std::array<V, 2> backward(V g, V, V a, V b) {
        return {g / b, right ? -(g * a / (b * b)) : -(g * a / b)};
    }
    static std::vector<Sample<Ratio>> samples() { return {{{}, {sample::uniform({3}, 1), sample::positive({3}, 2)}}}; }
};

struct Whole {
    static constexpr const char* formula = "see backward";
    static constexpr Keep keep = Keep::inputs() | Keep::output();
};

template <class T, class F>
BasicArray<T> computed(const F& f, Inputs<T> x) {
    std::vector<BasicTensor<T>> tensors;
    for (const BasicArray<T>* each : x) tensors.emplace_back(*each);
    return f(tensors).value();
}

/// y = x summed along the rows of a square matrix; wrong: g is spread along the columns.
template <bool right>
struct RowSums : Whole {
    static constexpr const char* name = "row_sums";
    Shape infer(Shapes x) const { return {(*x[0])[0]}; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return sum(t[0], 1); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        const std::size_t n = r.shape(0)[0];
        r.give(0, broadcast_to(right ? reshape(r.g(), {n, 1}) : reshape(r.g(), {1, n}), {n, n}));
    }
    static std::vector<Sample<RowSums>> samples() { return {{{}, {sample::uniform({3, 3}, 1)}}}; }
};

/// Y = A B; wrong: dA = G B with B not transposed.
template <bool right>
struct Product : Whole {
    static constexpr const char* name = "product";
    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return matmul(t[0], t[1]); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, matmul(r.g(), right ? transpose(r.x(1)) : r.x(1)));
        r.give(1, matmul(transpose(r.x(0)), r.g()));
    }
    static std::vector<Sample<Product>> samples() {
        return {{{}, {sample::uniform({3, 3}, 1), sample::uniform({3, 3}, 2)}}};
    }
};

/// y = x + b for every row; wrong: db forgets that b was broadcast and takes the gradient of one row.
template <bool right>
struct AddBias : Whole {
    static constexpr const char* name = "add_bias";
    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return t[0] + t[1]; }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, r.g());
        r.give(1, right ? sum(r.g(), 0) : reshape(slice(r.g(), {{0, 1}}), r.shape(1)));
    }
    static std::vector<Sample<AddBias>> samples() {
        return {{{}, {sample::uniform({4, 3}, 1), sample::uniform({3}, 2)}}};
    }
};

/// y = x without its first element; wrong: the gradient lands one place too early.
template <bool right>
struct Tail : Whole {
    static constexpr const char* name = "tail";
    Shape infer(Shapes x) const { return {(*x[0])[0] - 1}; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return slice(t[0], {{1}}); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        const BasicTensor<T> zero(BasicArray<T>(Shape{1}, T(0)));
        r.give(0, right ? concat({zero, r.g()}) : concat({r.g(), zero}));
    }
    static std::vector<Sample<Tail>> samples() { return on_vector<Tail>(); }
};

/// y = mean of x; wrong: without 1 / n.
template <bool right>
struct Average : Whole {
    static constexpr const char* name = "average";
    Shape infer(Shapes) const { return {}; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return mean(t[0]); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        const double n = static_cast<double>(element_count(r.shape(0)));
        r.give(0, broadcast_to(right ? r.g() / n : r.g(), r.shape(0)));
    }
    static std::vector<Sample<Average>> samples() { return on_vector<Average>(); }
};

/// y = softmax of x; wrong: only the diagonal of the Jacobian.
template <bool right>
struct Shares : Whole {
    static constexpr const char* name = "shares";
    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return exp(t[0]) / sum(exp(t[0])); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        const BasicTensor<T> y = r.y();
        r.give(0, right ? y * (r.g() - sum(r.g() * y)) : r.g() * y * (1 - y));
    }
    static std::vector<Sample<Shares>> samples() { return on_vector<Shares>(); }
};

/// y = x with its axes rotated; wrong: the same rotation once more instead of back.
template <bool right>
struct Rotate : Whole {
    static constexpr const char* name = "rotate";
    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return transpose(t[0], {1, 2, 0}); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, right ? transpose(r.g(), {2, 0, 1}) : transpose(r.g(), {1, 2, 0}));
    }
    static std::vector<Sample<Rotate>> samples() { return {{{}, {sample::uniform({2, 2, 2}, 1)}}}; }
};

/// y = a and b one after the other; wrong: each gets the other's gradient.
template <bool right>
struct Join : Whole {
    static constexpr const char* name = "join";
    Shape infer(Shapes x) const { return {2 * (*x[0])[0]}; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return concat(t); }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(right ? 0 : 1, slice(r.g(), {{0, 3}}));
        r.give(right ? 1 : 0, slice(r.g(), {{3, 6}}));
    }
    static std::vector<Sample<Join>> samples() { return {{{}, {sample::uniform({3}, 1), sample::uniform({3}, 2)}}}; }
};

/// y = x³; wrong: the derivative is right, but not itself differentiable, because x is cut off in it.
template <bool right>
struct Cube : Whole {
    static constexpr const char* name = "cube";
    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return computed<T>([](const auto& t) { return t[0] * t[0] * t[0]; }, x);
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, 3 * r.g() * square(right ? r.x(0) : detach(r.x(0))));
    }
    static std::vector<Sample<Cube>> samples() { return on_vector<Cube>(); }
};

/// y = x²; wrong: backward reads what forward left behind, which a second use of the operation has overwritten.
template <bool right>
struct Remembering : Whole {
    std::shared_ptr<Array64> seen;

    static constexpr const char* name = "remembering";
    Shape infer(Shapes x) const { return *x[0]; }
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        *seen = *x[0];
        return *x[0] * *x[0];
    }
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, 2 * r.g() * (right ? r.x(0) : BasicTensor<T>(BasicArray<T>(xt::cast<T>(*seen)))));
    }
    static std::vector<Sample<Remembering>> samples() {
        return {{{{}, std::make_shared<Array64>(Shape{5})}, {sample::uniform({5}, 1)}}};
    }
};

template <class Op>
GradcheckReport checked(int order, int uses) {
    const Sample<Op> sample = Op::samples()[0];
    const auto f = [&](const std::vector<Tensor64>& x) {
        const auto once = [&](double scale) {
            return x.size() == 1 ? apply(sample.op, x[0] * scale) : apply(sample.op, x[0] * scale, x[1]);
        };
        return uses == 1 ? once(1) : once(1) + once(2);
    };
    return gradcheck(f, sample.inputs, {.order = order});
}

/// gradcheck accepts the right one to both orders, and finds the wrong one far off at `order`.
template <template <bool> class Op>
void check(int order = 1, int uses = 1) {
    CAPTURE(Op<true>::name);
    for (const int each : {1, 2}) {
        const GradcheckReport good = checked<Op<true>>(each, uses);
        // Linear operations have no second derivative, so that there is nothing to check.
        if (good.message.find("every gradient is zero") != std::string::npos && each == 2) continue;
        CHECK_MESSAGE(good.ok, good.message);
    }
    const GradcheckReport bad = checked<Op<false>>(order, uses);
    CAPTURE(bad.message);
    CHECK_FALSE(bad.ok);
    CHECK(bad.message.find("gradcheck failed: relative error") == 0);
    CHECK(bad.max_relative_error > 0.01);
    CHECK(bad.max_relative_error <= 1 + 1e-12);
    CHECK(std::abs(bad.analytic - bad.numeric) > 0.01);
}

}  // namespace

TEST_CASE("gradcheck rejects a wrong sign") { check<Sine>(); }
TEST_CASE("gradcheck rejects a missing factor") { check<Squared>(); }
TEST_CASE("gradcheck rejects the input in place of the output") { check<Tangent>(); }
TEST_CASE("gradcheck rejects a forgotten contribution") { check<ProductRule>(); }
TEST_CASE("gradcheck rejects the wrong branch of a condition") { check<Ramp>(); }
TEST_CASE("gradcheck rejects a wrong power in one of two gradients") { check<Ratio>(); }
TEST_CASE("gradcheck rejects a wrong axis") { check<RowSums>(); }
TEST_CASE("gradcheck rejects an operand that is not transposed") { check<Product>(); }
TEST_CASE("gradcheck rejects a forgotten broadcast") { check<AddBias>(); }
TEST_CASE("gradcheck rejects a slice that is off by one") { check<Tail>(); }
TEST_CASE("gradcheck rejects a mean without 1 / n") { check<Average>(); }
TEST_CASE("gradcheck rejects a Jacobian of which only the diagonal is there") { check<Shares>(); }
TEST_CASE("gradcheck rejects a permutation that is not inverted") { check<Rotate>(); }
TEST_CASE("gradcheck rejects gradients given to the wrong inputs") { check<Join>(); }
TEST_CASE("gradcheck rejects a stale value") { check<Remembering>(1, 2); }

TEST_CASE("gradcheck of second order rejects a right gradient whose own derivative is wrong") {
    CHECK(checked<Cube<false>>(1, 1).ok);
    const GradcheckReport bad = checked<Cube<false>>(2, 1);
    CHECK(bad.message.find("gradcheck: every gradient is zero") == std::string::npos);
    check<Cube>(2);
}

// What may stand beside a tensor: tensors, parameters, numbers, xtensor containers and lazy expressions.
#include <xtape/autodiff/operand.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include "autodiff/support.hpp"

#include <xtensor/xadapt.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <concepts>

using namespace xtape;

namespace {

const Array six{{1.F, 2.F, 4.F}, {-8.F, 0.5F, 4.F}}, other{{2.F, 2.F, 0.5F}, {4.F, -1.F, 2.F}};

// Every operator and function of two operands, in both orders, against the same on plain tensors.
template <class B>
void check_pair(const B& b, const Array& same_as_b) {
    const Tensor x(six), y(same_as_b);
    const auto check = [](const auto& got, const Tensor& want) {
        static_assert(std::same_as<std::remove_cvref_t<decltype(got)>, Tensor>, "a tensor, not a lazy expression");
        CHECK(support::same_bits(got.value(), want.value()));
    };
    check(x + b, add(x, y));
    check(b + x, add(y, x));
    check(x - b, subtract(x, y));
    check(b - x, subtract(y, x));
    check(x * b, multiply(x, y));
    check(b * x, multiply(y, x));
    check(x / b, divide(x, y));
    check(b / x, divide(y, x));
    check(x < b, x < y);
    check(b < x, y < x);
    check(x <= b, x <= y);
    check(b <= x, y <= x);
    check(x > b, x > y);
    check(b > x, y > x);
    check(x >= b, x >= y);
    check(b >= x, y >= x);
    check(equal(x, b), equal(x, y));
    check(equal(b, x), equal(y, x));
    check(maximum(x, b), maximum(x, y));
    check(maximum(b, x), maximum(y, x));
    check(minimum(x, b), minimum(x, y));
    check(minimum(b, x), minimum(y, x));
    check(where(x > 1, x, b), where(x > 1.F, x, y));
    check(where(x > 1, b, x), where(x > 1.F, y, x));
    check(where(b, x, 0), where(y, x, Tensor(0.F)));
}

template <class A, class B>
concept Addable = requires(const A& a, const B& b) {
    a + b;
};
template <class A, class B>
concept Subtractable = requires(const A& a, const B& b) {
    a - b;
};
template <class A, class B>
concept Multipliable = requires(const A& a, const B& b) {
    a* b;
};
template <class A, class B>
concept Dividable = requires(const A& a, const B& b) {
    a / b;
};
template <class A, class B>
concept Comparable = requires(const A& a, const B& b) {
    a < b;
}
|| requires(const A& a, const B& b) { a > b; }
|| requires(const A& a, const B& b) { a <= b; }
|| requires(const A& a, const B& b) { a >= b; }
|| requires(const A& a, const B& b) { equal(a, b); };
template <class A, class B>
concept Selectable = requires(const A& a, const B& b) {
    maximum(a, b);
}
|| requires(const A& a, const B& b) { minimum(a, b); }
|| requires(const A& a, const B& b) { where(a, a, b); }
|| requires(const A& a, const B& b) { where(b, b, a); };
template <class A, class B>
concept Multiplicable = requires(const A& a, const B& b) {
    matmul(a, b);
};

template <class A, class B>
constexpr bool mixes = Addable<A, B> || Subtractable<A, B> || Multipliable<A, B> || Dividable<A, B> ||
                       Comparable<A, B> || Selectable<A, B> || Multiplicable<A, B>;

using LazyDouble = decltype(std::declval<const Array64&>() * 2.0);

}  // namespace

TEST_CASE("a tensor meets another tensor and a parameter") {
    check_pair(Tensor(other), other);
    check_pair(Parameter(other), other);
    const Parameter p(other);
    const ParameterRef& handle = p;
    check_pair(handle, other);
}

TEST_CASE("a tensor meets numbers of any built-in type") {
    const Array two(Shape{}, 2.F);
    check_pair(2, two);
    check_pair(2U, two);
    check_pair(2.F, two);
    check_pair(2.0, two);
    check_pair(2.0L, two);
    check_pair(std::int64_t{2}, two);
    check_pair(true, Array(Shape{}, 1.F));
}

TEST_CASE("a tensor meets xtensor containers, views and lazy expressions") {
    check_pair(other, other);
    check_pair(other + 1.F, Array(other + 1.F));
    check_pair(xt::xarray<float>(other), other);
    check_pair(xt::xtensor<float, 2>(other), other);
    check_pair(xt::xtensor_fixed<float, xt::xshape<3>>{1.F, 2.F, 3.F}, Array{1.F, 2.F, 3.F});
    check_pair(xt::view(other, 1), Array{4.F, -1.F, 2.F});
    check_pair(xt::view(other, xt::all(), xt::range(0, 1)), Array{{2.F}, {4.F}});
    const Array turned = xt::transpose(other);
    check_pair(xt::transpose(turned), other);
    const std::vector<float> numbers{1.F, 2.F, 3.F};
    check_pair(xt::adapt(numbers, {3}), Array{1.F, 2.F, 3.F});
}

TEST_CASE("a tensor meets integer and boolean expressions") {
    check_pair(IndexArray{1, 2, 3}, Array{1.F, 2.F, 3.F});
    check_pair(IndexArray{1, 2, 3} * 2, Array{2.F, 4.F, 6.F});
    check_pair(other > 1.F, Array{{1.F, 1.F, 0.F}, {1.F, 0.F, 1.F}});
}

TEST_CASE("a parameter meets arrays and numbers without a tensor beside it") {
    Parameter p(Array{1.F, 2.F});
    const Array a{3.F, 4.F};
    static_assert(std::same_as<decltype(p * a), Tensor>);
    static_assert(std::same_as<decltype(a * p), Tensor>);
    static_assert(std::same_as<decltype(-p), Tensor>);
    Tape tape;
    tape.backward(sum((a + 1.F) * p - p / 2 + -p + 2 * p));
    CHECK(p.grad() == Array{4.5F, 5.5F});
}

TEST_CASE("gradients flow to the tensor whatever stands beside it") {
    Tape tape;
    const Tensor x = tape.watch(six);
    const Tensor y = sum(maximum(x * other, 0) + where(x > 0, x, 2 * x) + (1 - x) / (other * 2.F));
    const Array want = xt::where(six * other > 0.F, other, 0.F) + xt::where(six > 0.F, 1.F, 2.F) - 1.F / (other * 2.F);
    CHECK(support::distance(tape.gradient(y, x).value(), want) < 1e-6);
}

TEST_CASE("an array may meet a tensor while nothing refers to it any more") {
    const auto made = [] { return Array{1.F, 2.F}; };
    const Tensor x(Array{3.F, 4.F});
    const Tensor y = x * made() + made() * 2.F;
    CHECK(y.value() == Array{5.F, 12.F});
}

TEST_CASE("a double tensor meets the same") {
    const Tensor64 x(Array64{1.0, 2.0});
    static_assert(std::same_as<decltype(x + 1), Tensor64>);
    static_assert(std::same_as<decltype(1.F + x), Tensor64>);
    static_assert(std::same_as<decltype(Array64{} * x), Tensor64>);
    CHECK((x * (Array64{1.0, 2.0} + 0.1)).value() == Array64{1.1, 4.2});
    CHECK((0.1 + x).value() == Array64{1.1, 2.1});
    CHECK((x + IndexArray{1, 2}).value() == Array64{2.0, 4.0});
}

TEST_CASE("expressions of another scalar type do not compile") {
    CHECK_FALSE(mixes<Tensor, Array64>);
    CHECK_FALSE(mixes<Array64, Tensor>);
    CHECK_FALSE(mixes<Tensor, LazyDouble>);
    CHECK_FALSE(mixes<LazyDouble, Tensor>);
    CHECK_FALSE(mixes<Parameter, Array64>);
    CHECK_FALSE(mixes<Array64, Parameter>);
    CHECK_FALSE(mixes<Tensor64, Array>);
    CHECK_FALSE(mixes<Array, Tensor64>);
    CHECK_FALSE(mixes<Tensor, Tensor64>);
    CHECK_FALSE(mixes<Tensor64, Parameter>);
    CHECK_FALSE(mixes<Tensor, const char*>);
    CHECK(mixes<Tensor, Array>);  // the question itself is right
    CHECK(Addable<Array, Array64>);
}

// Functions that cannot be differentiated: part 0 is right, the others are wrong in one thing each.
#include <xtape/autodiff/checkpoint.hpp>
#include <xtape/autodiff/custom.hpp>
#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/ops/arithmetic.hpp>

using namespace xtape;

int main() {
    const Array x{1.F, 2.F};
    const ParameterList parameters;
    const auto f = [](const Tensor& t) { return t * t; };
#if MISSING == 0
    (void)grad(f)(x);
    (void)grad(f)(2.0);
    (void)value_and_grad(parameters, f)(x);
    (void)checkpoint(f, x);
    (void)custom(
        "same", [](const Arrays<float>& t) -> Array { return t[0]; },
        [](const Tensor& g, const auto&) { return g; })(Tensor(x));
#elif MISSING == 1
    (void)grad(f)("x");
#elif MISSING == 2
    (void)grad(f)(Array64{1.0, 2.0});
#elif MISSING == 3
    (void)grad([](const Tensor& t) { return t.item(); })(x);
#elif MISSING == 4
    (void)grad<1>(f)(x);
#elif MISSING == 5
    (void)value_and_grad(parameters, f)(x, x);
#elif MISSING == 6
    (void)custom(
        "twice", [](const Arrays<float>& t) { return t[0] + t[0]; },
        [](const Tensor& g, const auto&) { return g; })(Tensor(x));
#elif MISSING == 7
    (void)custom(
        "same", [](const Arrays<float>& t) -> Array { return t[0]; }, [](const Tensor& g) { return g; })(Tensor(x));
#elif MISSING == 8
    (void)checkpoint([](const Tensor& t) { return t.item(); }, x);
#endif
}

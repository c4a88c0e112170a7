// Operations of one's own: nothing of xtape is edited, and they work with expressions, gradients of gradients and gradcheck like the
// built-in ones. Two are right, an elementwise and a structured one; a third has a deliberate mistake, which gradcheck finds.
#include <xtape/xtape.hpp>

#include <cmath>
#include <cstdio>

using namespace xtape;

/// y = x sigmoid(x), "swish". One formula each way: it runs as a SIMD kernel on numbers and as tensor operations when the gradient
/// itself is differentiated.
struct Swish : Elementwise<1> {
    static constexpr const char* name = "swish";
    static constexpr const char* formula = "y = x s(x);  dx = g (s(x) + y (1 - s(x))),  s(x) = 1 / (1 + exp(-x))";
    static constexpr Keep keep = Keep::inputs() | Keep::output();

    template <class V>
    static V forward(V x) { return x / (1 + exp(-x)); }
    template <class V>
    static V backward(V g, V y, V x) {
        const V s = 1 / (1 + exp(-x));
        return g * (s + y * (1 - s));
    }
    static double reference(double x) { return x / (1 + std::exp(-x)); }
    static std::vector<Sample<Swish>> samples() { return {{{}, {sample::uniform({3, 4}, 1)}}}; }
};

/// y = p(x) = c0 + c1 x + c2 x² + ... for each x, the coefficients differentiable too. A structured operation: it has a shape rule,
/// works on whole arrays, and writes its gradients in tensor operations.
struct Polynomial {
    static constexpr const char* name = "polynomial";
    static constexpr const char* formula = "y = sum ck x^k;  dx = g sum k ck x^(k-1);  dck = sum(g x^k)";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes in) const {
        if (in[1]->size() != 1) {
            throw ShapeError("polynomial: expected coefficients of shape (n), got " + to_string(*in[1]));
        }
        return *in[0];
    }

    template <class T>
    BasicArray<T> forward(Inputs<T> in) const {
        const BasicArray<T>&x = *in[0], &c = *in[1];
        BasicArray<T> y(x.shape(), T(0));
        for (std::size_t k = c.size(); k-- > 0;) y = y * x + c.data()[k];   // Horner's rule; an xtensor expression
        return y;
    }

    template <class T>
    void backward(Replay<T>& r) const {
        const BasicTensor<T> x = r.x(0), c = r.x(1);
        BasicTensor<T> power = x * 0 + 1, slope = x * 0;
        std::vector<BasicTensor<T>> dc;
        for (std::size_t k = 0; k < c.size(); ++k) {
            const auto here = static_cast<std::ptrdiff_t>(k), next = here + 1;
            dc.push_back(reshape(sum(r.g() * power), {1}));
            if (k + 1 < c.size()) slope = slope + static_cast<double>(next) * slice(c, {{next, next + 1}}) * power;
            power = power * x;
        }
        r.give(0, r.g() * slope);
        if (r.wants(1) && !dc.empty()) r.give(1, concat(dc));
    }

    Array64 reference(std::span<const Array64> in) const {
        Array64 y = in[0];
        for (double& value : y) {
            double total = 0;
            for (std::size_t k = 0; k < in[1].size(); ++k) total += in[1](k) * std::pow(value, static_cast<double>(k));
            value = total;
        }
        return y;
    }
    static std::vector<Sample<Polynomial>> samples() {
        return {{{}, {sample::uniform({2, 3}, 1), sample::uniform({4}, 2)}}};
    }
};

/// The same as Swish, but the derivative forgets that the sigmoid depends on x as well.
struct WrongSwish : Elementwise<1> {
    static constexpr const char* name = "wrong_swish";
    static constexpr const char* formula = "y = x s(x);  dx = g s(x)   (wrong)";
    static constexpr Keep keep = Keep::inputs();

    template <class V>
    static V forward(V x) { return x / (1 + exp(-x)); }
    template <class V>
    static V backward(V g, V, V x) { return g / (1 + exp(-x)); }
    static double reference(double x) { return x / (1 + std::exp(-x)); }
    static std::vector<Sample<WrongSwish>> samples() { return {{{}, {sample::uniform({3, 4}, 1)}}}; }
};

int main() {
    // In a training loop: fit y = 1 - 2x + 3x² by gradient descent on the coefficients.
    const Tensor x = xt::linspace<float>(-1.f, 1.f, 50);
    const Tensor target = 1.f - 2.f * x + 3.f * x * x;
    Parameter coefficients{Array{0.f, 0.f, 0.f}, "coefficients"};
    optim::Adam adam{{coefficients}, {.lr = 0.05}};
    for (int step = 0; step < 500; ++step) {
        Tape tape;
        tape.backward(nn::mse(apply(Polynomial{}, x, coefficients), target));
        adam.step();
        adam.zero_grad();
    }
    const Array& c = coefficients.value();
    std::printf("fitted %.4f %+.4f x %+.4f x^2   (made from 1 - 2 x + 3 x^2)\n", double(c(0)), double(c(1)), double(c(2)));

    const auto swish = [](const Tensor64& t) { return apply(Swish{}, t); };
    const auto polynomial = [](const Tensor64& t, const Tensor64& k) { return apply(Polynomial{}, t, k); };
    const auto wrong = [](const Tensor64& t) { return apply(WrongSwish{}, t); };
    const Array64 points = sample::uniform({3, 4}, 1);

    bool good = std::abs(c(0) - 1) < 1e-2f && std::abs(c(1) + 2) < 1e-2f && std::abs(c(2) - 3) < 1e-2f;
    const auto show = [&good](const char* what, const GradcheckReport& report, bool wanted) {
        std::printf("%-28s %s\n", what, report.message.c_str());
        good = good && report.ok == wanted;
    };
    show("swish", gradcheck(swish, {points}), true);
    show("swish, second order", gradcheck(swish, {points}, {.order = 2}), true);
    show("polynomial", gradcheck(polynomial, {points, Array64{1, -2, 3, 0.5}}), true);
    show("polynomial, second order", gradcheck(polynomial, {points, Array64{1, -2, 3, 0.5}}, {.order = 2}), true);
    show("wrong_swish (must fail)", gradcheck(wrong, {points}), false);
    std::puts(good ? "ok" : "FAILED");
    return good ? 0 : 1;
}

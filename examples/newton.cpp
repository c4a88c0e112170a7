// Newton's method with exact second derivatives: hessian() of a plain C++ expression, solve() for the step. The
// function is Rosenbrock's valley, which gradient descent needs tens of thousands of steps for.
#include "support.hpp"

#include <fmt/format.h>

#include <cmath>

using namespace xtape;

/// sum over i of 100 (x_{i+1} - x_i²)² + (1 - x_i)²; least, 0, where all x are 1.
static Tensor64 rosenbrock(const Tensor64& x) {
    const Tensor64 here = slice(x, {{0, -1}}), next = slice(x, {{1}});
    return sum(100 * square(next - square(here)) + square(1 - here));
}

struct Options {
    std::size_t dim = 50;
    double start = 0.5;
    double tolerance = 1e-10;
    std::size_t iterations = 200;
};

struct Direction {
    Array64 step;
    double slope = 0;  ///< derivative along the step; negative: downhill
    double shift = 0;  ///< what was added to the diagonal of the Hessian to make it so
};

static double dot(const Array64& a, const Array64& b) { return sum(Tensor64(a) * b).item(); }

static double largest(const Array64& a) { return max(abs(Tensor64(a))).item(); }

/// -(H + shift)^-1 g. Far from a minimum the Hessian may have negative directions, in which the plain step leads
/// uphill: the shift grows until it leads down.
static Direction newton_direction(const Array64& h, const Array64& g) {
    const double steepest = std::sqrt(dot(g, g));
    Direction d;
    for (;;) {
        const Tensor64 shifted = h + d.shift * xt::eye<double>(g.size());
        try {
            d.step = solve(shifted, -Tensor64(g)).value();
            d.slope = dot(g, d.step);
            if (d.slope < -1e-8 * steepest * std::sqrt(dot(d.step, d.step))) return d;
        } catch (const DataError&) {
            // Singular, which the next shift is not.
        }
        d.shift = d.shift == 0 ? 1e-3 : 4 * d.shift;
    }
}

/// The longest of the steps 1, 1/2, 1/4, ... that lowers the function enough (Armijo); 0 when rounding leaves none.
static double line_search(const Array64& x, double value, const Direction& d) {
    for (double length = 1; length > 1e-12; length /= 2) {
        if (rosenbrock(Array64(x + length * d.step)).item() <= value + 1e-4 * length * d.slope) return length;
    }
    return 0;
}

static int minimise(const Options& options) {
    Array64 x(Shape{options.dim}, options.start);
    fmt::print("Rosenbrock function of {} variables, Newton's method from x = {}\n\n", options.dim, options.start);
    fmt::print("{:>4}  {:>12}  {:>14}  {:>9}  {:>9}  {:>16}\n", "step", "f", "max |gradient|", "shift", "length",
               "max |x - 1|");
    for (std::size_t k = 0;; ++k) {
        const auto [value, slope] = value_and_grad(rosenbrock)(x);
        const Array64 g = slope.value();
        const double f = value.item(), steepest = largest(g), distance = largest(x - 1.0);
        const bool done = steepest <= options.tolerance;
        if (done || k == options.iterations) {
            fmt::print("{:>4}  {:>12.5e}  {:>14.3e}  {:>9}  {:>9}  {:>16.3e}\n\n", k, f, steepest, "-", "-", distance);
            const bool found = done && distance < 1e-8;
            fmt::print("{} after {} steps: {}\n", done ? "converged" : "stopped", k,
                       found  ? "the minimum, x = 1"
                       : done ? "another point where the gradient vanishes (try another --start)"
                              : "the gradient is not small yet (try --iterations)");
            return found ? 0 : 1;
        }
        const Direction d = newton_direction(hessian(rosenbrock, x), g);
        const double length = line_search(x, f, d);
        fmt::print("{:>4}  {:>12.5e}  {:>14.3e}  {:>9.2g}  {:>9.2g}  {:>16.3e}\n", k, f, steepest, d.shift, length,
                   distance);
        if (length == 0) {
            fmt::print("\nstopped: no step lowers the function in double precision (try a larger --tolerance)\n");
            return 1;
        }
        x += length * d.step;
    }
}

int main(int argc, char** argv) {
    examples::Command command{
        "Minimises the Rosenbrock function with Newton's method: exact Hessians by automatic differentiation, a "
        "linear\n"
        "system a step, and a line search.\n"
        "Example: newton --dim 100 --start -1.5"};
    Options options;
    command.option("--dim", options.dim, "number of variables", 2, 2000);
    command.option("--start", options.start, "where all variables start", -100, 100);
    command.option("--tolerance", options.tolerance, "largest element of the gradient at the end", 0, 1);
    command.option("--iterations", options.iterations, "most steps", 0, 100000);
    return command.run(argc, argv, [&] { return minimise(options); });
}

#include <xtape/autodiff/gradcheck.hpp>

#include <xtape/autodiff/ops/reduction.hpp>
#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/record.hpp>

#include <fmt/format.h>

#include <cmath>

namespace xtape::detail {
namespace {

Array64 contraction(const Shape& shape, std::uint64_t seed, std::uint64_t stream) {
    return random::uniform<double>(shape, 0.5, 1.5, random::Stream(seed, stream));
}

double dot(const Array64& a, const Array64& b) {
    long double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) total += static_cast<long double>(a.data()[i]) * static_cast<long double>(b.data()[i]);
    return static_cast<double>(total);
}

// What is being checked: a value to differentiate numerically, its analytic gradients, and numbers to move.
struct Problem {
    std::function<double()> value;
    std::function<std::vector<Array64>()> gradients;
    std::vector<std::string> names;
    std::vector<Shape> shapes;
    std::function<double(std::size_t, std::size_t)> get;
    std::function<void(std::size_t, std::size_t, double)> set;
};

double difference(const Problem& p, std::size_t input, std::size_t i, double step) {
    const double x = p.get(input, i), h = step * std::max(1.0, std::abs(x));
    const auto at = [&](double moved) {
        p.set(input, i, moved);
        return p.value();
    };
    const double near = at(x + h) - at(x - h), far = at(x + 2 * h) - at(x - 2 * h);
    p.set(input, i, x);
    return (8 * near - far) / (12 * h);
}

GradcheckReport check(const Problem& p, const GradcheckOptions& options) {
    GradcheckReport report;
    report.names = p.names;
    const std::vector<Array64> analytic = p.gradients();
    double largest = -1, total = 0;
    bool finite = true;
    for (std::size_t input = 0; input < p.shapes.size(); ++input) {
        double norm_difference = 0, norm_analytic = 0, norm_numeric = 0;
        for (std::size_t i = 0; i < element_count(p.shapes[input]); ++i) {
            const double a = analytic[input].data()[i], n = difference(p, input, i, options.step), d = std::abs(a - n);
            finite = finite && std::isfinite(d);
            norm_difference = std::hypot(norm_difference, d);
            norm_analytic = std::hypot(norm_analytic, a);
            norm_numeric = std::hypot(norm_numeric, n);
            if (d > largest || std::isnan(d)) {
                largest = std::isnan(d) ? INFINITY : d;
                report.worst = p.names[input];
                report.index = i;
                report.analytic = a;
                report.numeric = n;
            }
        }
        const double norms = norm_analytic + norm_numeric;
        total += norms;
        const double error = norms == 0 ? 0 : norm_difference / norms;
        report.relative_errors.push_back(error);
        report.max_relative_error = std::max(report.max_relative_error, std::isnan(error) ? INFINITY : error);
    }
    const bool vacuous = total == 0 && !options.allow_zero;
    report.ok = finite && !vacuous && report.max_relative_error <= options.tolerance;
    if (vacuous) {
        report.message = "gradcheck: every gradient is zero, so nothing was checked";
    } else {
        report.message = fmt::format("gradcheck {}: relative error {:.3g}, tolerance {:.3g}; worst element: {} [{}], analytic {:.10g}, "
                                     "numeric {:.10g}", report.ok ? "ok" : "failed", report.max_relative_error,
                                     options.tolerance, report.worst, report.index, report.analytic, report.numeric);
    }
    return report;
}

// <v, y> and its gradients with respect to xs, where y = f() stands on the tape.
struct Checked {
    const GradcheckOptions& options;

    double first_value(const Tensor64& y) const { return dot(contraction(y.shape(), options.seed, 0), y.value()); }

    std::vector<Tensor64> first_gradients(Tape& tape, const Tensor64& y, std::span<const Tensor64> xs, bool create_graph) const {
        const Tensor64 v = contraction(y.shape(), options.seed, 0);
        if (TensorAccess::tape(y) == TapeAccess::id(tape)) return tape.gradients<double>(y, &v, xs, {.create_graph = create_graph});
        std::vector<Tensor64> zeros;
        for (const Tensor64& x : xs) zeros.emplace_back(Array64(x.shape(), 0.0));
        return zeros;
    }

    // Order 2 differentiates the sum of <u, gradient> over all inputs.
    double second_value(const std::vector<Tensor64>& gradients) const {
        double total = 0;
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            total += dot(contraction(gradients[i].shape(), options.seed, i + 1), gradients[i].value());
        }
        return total;
    }

    std::vector<Tensor64> second_gradients(Tape& tape, const std::vector<Tensor64>& gradients, std::span<const Tensor64> xs) const {
        Tensor64 total(0.0);
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            total = total + sum(gradients[i] * contraction(gradients[i].shape(), options.seed, i + 1));
        }
        if (TensorAccess::tape(total) == TapeAccess::id(tape)) return tape.gradients<double>(total, nullptr, xs);
        std::vector<Tensor64> zeros;
        for (const Tensor64& x : xs) zeros.emplace_back(Array64(x.shape(), 0.0));
        return zeros;
    }

    /// value and gradients of the chosen order; `evaluate(tape)` gives y, `leaves(tape)` the tensors to differentiate by.
    template <class Leaves, class Evaluate>
    double value(const Leaves& leaves, const Evaluate& evaluate) const {
        if (options.order == 1) return first_value(evaluate(std::vector<Tensor64>()));
        Tape tape;
        const std::vector<Tensor64> xs = leaves(tape);
        return second_value(first_gradients(tape, evaluate(xs), xs, false));
    }
    template <class Leaves, class Evaluate>
    std::vector<Array64> gradients(const Leaves& leaves, const Evaluate& evaluate) const {
        Tape tape;
        const std::vector<Tensor64> xs = leaves(tape);
        std::vector<Tensor64> g = first_gradients(tape, evaluate(xs), xs, options.order == 2);
        if (options.order == 2) g = second_gradients(tape, g, xs);
        std::vector<Array64> arrays;
        for (const Tensor64& t : g) arrays.push_back(t.value());
        return arrays;
    }
};

void check_order(const GradcheckOptions& options) {
    if (options.order == 1 || options.order == 2) return;
    throw ConfigError("gradcheck: expected order 1 or 2, got " + std::to_string(options.order));
}

}  // namespace

GradcheckReport check_inputs(const CheckedFunction& f, const std::vector<Array64>& inputs, const GradcheckOptions& options) {
    check_order(options);
    std::vector<Array64> x = inputs;
    const Checked checked{options};
    const auto leaves = [&](Tape& tape) {
        std::vector<Tensor64> xs;
        for (const Array64& input : x) xs.push_back(tape.watch(Tensor64(input)));
        return xs;
    };
    const auto evaluate = [&](const std::vector<Tensor64>& xs) {
        return f(xs.empty() ? std::vector<Tensor64>(x.begin(), x.end()) : xs);
    };
    Problem p;
    p.value = [&] { return checked.value(leaves, evaluate); };
    p.gradients = [&] { return checked.gradients(leaves, evaluate); };
    for (std::size_t i = 0; i < x.size(); ++i) {
        p.names.push_back("input " + std::to_string(i));
        p.shapes.push_back(x[i].shape());
    }
    p.get = [&](std::size_t input, std::size_t i) { return x[input].data()[i]; };
    p.set = [&](std::size_t input, std::size_t i, double value) { x[input].data()[i] = value; };
    return check(p, options);
}

GradcheckReport check_parameters(const ParameterList64& parameters, const std::function<Tensor64()>& loss,
                                 const GradcheckOptions& options) {
    check_order(options);
    const Checked checked{options};
    ParameterList64 list;
    for (const auto& parameter : parameters) {
        if (!parameter.frozen()) list.push_back(parameter);
    }
    // The numbers come back even when the loss throws.
    struct Restore {
        ParameterList64& list;
        std::vector<Array64> values;
        explicit Restore(ParameterList64& l) : list(l) {
            for (const auto& parameter : list) values.push_back(parameter.value());
        }
        ~Restore() {
            for (std::size_t i = 0; i < list.size(); ++i) list[i].assign(values[i]);
        }
    } restore(list);
    const auto leaves = [&](Tape&) {
        std::vector<Tensor64> xs;
        for (const auto& parameter : list) xs.push_back(parameter.tensor());
        return xs;
    };
    const auto evaluate = [&](const std::vector<Tensor64>&) { return loss(); };
    Problem p;
    p.value = [&] { return checked.value(leaves, evaluate); };
    p.gradients = [&] { return checked.gradients(leaves, evaluate); };
    for (const auto& parameter : list) {
        p.names.push_back(parameter.name());
        p.shapes.push_back(parameter.shape());
    }
    p.get = [&](std::size_t k, std::size_t i) { return list[k].value().data()[i]; };
    p.set = [&](std::size_t k, std::size_t i, double value) {
        list[k].update([&](Array64& numbers) { numbers.data()[i] = value; });
    };
    return check(p, options);
}

}  // namespace xtape::detail

#include <xtape/optim/clip.hpp>

#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/optim/optimizer.hpp>
#include <xtape/optim/update.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace xtape::optim {
namespace {

template <class T>
void change_all(const BasicParameterList<T>& parameters, const Update<T>& update) {
    detail::Pass<T> pass;
    pass.add(update);
    for (const auto& parameter : parameters) {
        auto& grad = parameter.shared_state()->grad;
        if (!grad) continue;
        BasicArray<T>& array = xtape::detail::writable(grad);
        pass.add(array.data(), {array.data()}, array.size(), 0);
    }
    pass.run();
}

template <class T>
detail::Pass<T> gradients_of(const BasicParameterList<T>& parameters) {
    detail::Pass<T> pass;
    for (const auto& parameter : parameters) {
        if (parameter.has_grad()) pass.add(parameter.grad().data(), {}, parameter.grad().size(), 0);
    }
    return pass;
}

template <class T>
double squares(const detail::Pass<T>& pass, T factor) {
    const auto sum = [factor](const T* x, std::size_t n) {
        std::array<double, 1> total{};
        xtape::detail::sum_stretch<T>(n, total, [x, factor](auto load, std::size_t i) {
            const auto scaled = load(x + i) * factor;
            return std::array{scaled * scaled};
        });
        return total[0];
    };
    return pass.reduce(0.0, sum, [](double a, double b) { return a + b; });
}

/// The largest magnitude; NaN when any element is.
template <class T>
double largest(const detail::Pass<T>& pass) {
    using Max = xtape::detail::MaxOf<T>;
    const auto top = [](const T* x, std::size_t n) {
        const auto magnitude = [](Lanes<T> v) { return abs(v); };
        return xtape::detail::join_lanes<Max, T>(xtape::detail::reduce_stretch<Max, T>(x, n, magnitude));
    };
    return static_cast<double>(pass.reduce(T(0), top, [](T a, T b) { return Max::join(a, b); }));
}

template <class T>
double norm(const detail::Pass<T>& pass, double order) {
    if (order != 2) return largest(pass);
    using Limits = std::numeric_limits<T>;
    const double sum = squares<T>(pass, 1);
    // Between these no square that matters has overflowed or vanished.
    if (sum > Limits::min() * 0x1p60 && sum < Limits::max()) return std::sqrt(sum);
    const double top = largest(pass);
    if (top == 0 || !std::isfinite(top)) return top;
    const int exponent = std::clamp(std::ilogb(top), Limits::min_exponent, Limits::max_exponent - 2);
    return std::ldexp(std::sqrt(squares<T>(pass, std::ldexp(T(1), -exponent))), exponent);
}

template <class T>
[[noreturn]] void refuse(const BasicParameterList<T>& parameters, double norm, Location at) {
    for (const auto& parameter : parameters) {
        if (std::isfinite(largest(gradients_of<T>({parameter})))) continue;
        throw AnomalyError(
            fmt::format("clip_grad_norm: expected finite gradients, got a norm of {}, first in parameter \"{}\"", norm,
                        parameter.name()),
            at);
    }
    throw AnomalyError(fmt::format("clip_grad_norm: expected finite gradients, got a norm of {}", norm), at);
}

template <class T>
void scale(const BasicParameterList<T>& parameters, double by) {
    const T factor = static_cast<T>(by);
    change_all<T>(parameters, make_update<T, 1>([factor](auto g, auto& a) { a[0] = g * factor; }));
}

template <class T>
double clip_norm(const BasicParameterList<T>& parameters, double max_norm, const ClipOptions& options, Location at) {
    detail::require(max_norm >= 0, "clip_grad_norm", "a max_norm of at least 0", max_norm, at);
    detail::require(options.order == 2 || options.order == std::numeric_limits<double>::infinity(), "clip_grad_norm",
                    "order 2 or infinity", options.order, at);
    const double total = norm(gradients_of(parameters), options.order);
    if (!std::isfinite(total)) {
        if (options.non_finite == NonFinite::error) refuse(parameters, detail::without_nan_sign(total), at);
        return total;
    }
    const double factor = max_norm / (total + 1e-6);
    if (factor < 1) scale(parameters, factor);
    return total;
}

template <class T>
void clip_value(const BasicParameterList<T>& parameters, double limit, Location at) {
    detail::require(limit >= 0, "clip_grad_value", "a limit of at least 0", limit, at);
    const T top = static_cast<T>(limit);
    change_all<T>(parameters, make_update<T, 1>(
                                  [top](auto g, auto& a) { a[0] = where(g < -top, -top, where(g > top, top, g)); }));
}

template <class T>
void scale_checked(const BasicParameterList<T>& parameters, double factor, Location at) {
    detail::require(std::isfinite(factor), "scale_grad", "a finite factor", factor, at);
    scale(parameters, factor);
}

}  // namespace

double clip_grad_norm(const ParameterList& parameters, double max_norm, ClipOptions options, Location at) {
    return clip_norm(parameters, max_norm, options, at);
}
double clip_grad_norm(const ParameterList64& parameters, double max_norm, ClipOptions options, Location at) {
    return clip_norm(parameters, max_norm, options, at);
}

void clip_grad_value(const ParameterList& parameters, double limit, Location at) { clip_value(parameters, limit, at); }
void clip_grad_value(const ParameterList64& parameters, double limit, Location at) {
    clip_value(parameters, limit, at);
}

void scale_grad(const ParameterList& parameters, double factor, Location at) { scale_checked(parameters, factor, at); }
void scale_grad(const ParameterList64& parameters, double factor, Location at) {
    scale_checked(parameters, factor, at);
}

}  // namespace xtape::optim

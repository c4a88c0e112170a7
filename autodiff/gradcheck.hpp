// Numerical gradient checking, for the library's own operations and for everybody's functions, operations and models.
//
// Analytic gradients are compared with central differences of fourth order, (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, in
// double. A function with many outputs is first contracted with a fixed random vector. The measure is
// ||analytic - numeric|| / (||analytic|| + ||numeric||) over each input or parameter.
#pragma once

#include <xtape/autodiff/parameter.hpp>

#include <functional>
#include <string>
#include <vector>

namespace xtape {

struct GradcheckOptions {
    int order = 1;             ///< 1: gradients; 2: gradients of gradients, through create_graph
    double tolerance = 1e-7;   ///< largest relative error that is ok
    double step = 1e-3;        ///< h, times max(1, |x|); stay 2h away from kinks
    std::uint64_t seed = 1;    ///< of the contraction vectors
    bool allow_zero = false;   ///< accept that every gradient is zero; otherwise nothing was checked and the check fails
};

struct GradcheckReport {
    bool ok = false;
    double max_relative_error = 0;
    std::vector<double> relative_errors;  ///< one an input or parameter
    std::vector<std::string> names;       ///< "input 0", ... or the parameters' names

    // The element with the largest difference.
    std::string worst;        ///< name of its input or parameter
    std::size_t index = 0;    ///< its flat index there
    double analytic = 0, numeric = 0;

    std::string message;      ///< one sentence, whether ok or not
};

namespace detail {
using CheckedFunction = std::function<Tensor64(const std::vector<Tensor64>&)>;
GradcheckReport check_inputs(const CheckedFunction& f, const std::vector<Array64>& inputs, const GradcheckOptions& options);
GradcheckReport check_parameters(const ParameterList64& parameters, const std::function<Tensor64()>& loss,
                                 const GradcheckOptions& options);

template <class F>
CheckedFunction with_arguments(const F& f) {
    return [&f](const std::vector<Tensor64>& x) -> Tensor64 {
        const auto wrong = [&](std::size_t wanted) {
            if (x.size() != wanted) {
                throw ConfigError("gradcheck: the function takes " + std::to_string(wanted) + " tensors, got " +
                                  std::to_string(x.size()) + " inputs");
            }
        };
        using X = const Tensor64&;
        if constexpr (std::is_invocable_v<const F&, const std::vector<Tensor64>&>) {
            return f(x);
        } else if constexpr (std::is_invocable_v<const F&, X>) {
            wrong(1);
            return f(x[0]);
        } else if constexpr (std::is_invocable_v<const F&, X, X>) {
            wrong(2);
            return f(x[0], x[1]);
        } else if constexpr (std::is_invocable_v<const F&, X, X, X>) {
            wrong(3);
            return f(x[0], x[1], x[2]);
        } else {
            static_assert(std::is_invocable_v<const F&, X, X, X, X>,
                          "gradcheck needs a function of one to four Tensor64, or of a std::vector<Tensor64>");
            wrong(4);
            return f(x[0], x[1], x[2], x[3]);
        }
    };
}
}  // namespace detail

/// Checks f's gradients with respect to each of its inputs: `gradcheck([](const Tensor64& a, const Tensor64& b) {...}, {x, y})`.
/// f takes one to four Tensor64, or a vector of them. ConfigError when the number of inputs differs.
template <class F>
GradcheckReport gradcheck(const F& f, const std::vector<Array64>& inputs, const GradcheckOptions& options = {}) {
    return detail::check_inputs(detail::with_arguments(f), inputs, options);
}

/// Checks a loss with respect to parameters: those of a list, or of a module in double, frozen ones left out. Their values are restored.
inline GradcheckReport gradcheck(const ParameterList64& parameters, const std::function<Tensor64()>& loss,
                                 const GradcheckOptions& options = {}) {
    return detail::check_parameters(parameters, loss, options);
}
template <class M>
    requires requires(M& model) { { model.parameters() } -> std::convertible_to<ParameterList64>; }
GradcheckReport gradcheck(M& model, const std::function<Tensor64()>& loss, const GradcheckOptions& options = {}) {
    return detail::check_parameters(model.parameters(), loss, options);
}

}  // namespace xtape

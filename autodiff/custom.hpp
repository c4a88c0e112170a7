// custom: an operation of one's own from two functions, without a struct.
//
//     const auto cube = custom("cube",
//         []<class T>(const Arrays<T>& x) -> BasicArray<T> { return x[0] * x[0] * x[0]; },   // the value, on arrays
//         [](const auto& g, const auto& x) { return 3 * g * square(x[0]); });              // the gradient, on tensors
//     Tensor y = cube(x);
//
// forward(x) gets the inputs as arrays and returns an array. backward(g, x) or backward(g, x, y) gets the gradient that
// arrives at the output, the inputs as a std::vector of tensors and, when it asks for it, the output; it returns one
// gradient for each input: a tensor, or a std::vector or std::array of them, in which an undefined tensor stands for
// zero. Written in tensor operations, backward is differentiated in turn, so that derivatives of any order exist.
// Functions generic in the scalar type, as above, serve float and double; others the type they are written for.
// `gradcheck([&](const Tensor64& x) { return cube(x); }, {points})` checks both.
//
// All inputs are kept for backward, the output only when it asks for it. The struct form (op.hpp) says what is kept,
// has a shape rule and samples of its own, and runs elementwise formulas as one fused loop.
#pragma once

#include <xtape/autodiff/operand.hpp>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace xtape {

/// The inputs of an operation as arrays, in order.
template <class T>
class Arrays {
public:
    using value_type = T;

    explicit Arrays(std::span<const BasicTensor<T>> x) : x_(x) {}
    const BasicArray<T>& operator[](std::size_t i) const { return x_[i].value(); }
    std::size_t size() const { return x_.size(); }

private:
    std::span<const BasicTensor<T>> x_;
};

namespace detail {

template <class T>
struct CustomRule {
    std::function<BasicArray<T>(const Arrays<T>&)> forward;
    std::function<std::vector<BasicTensor<T>>(const BasicTensor<T>&, const std::vector<BasicTensor<T>>&,
                                              const BasicTensor<T>&)>
        backward;
    bool reads_output = false;
};

struct OperationFacts;

/// What tools know of the custom operations of that name; lives as long as the program.
const OperationFacts& custom_facts(const std::string& name);

template <class T>
BasicTensor<T> run_custom(const OperationFacts& facts, const CustomRule<T>& rule, const std::vector<BasicTensor<T>>& x,
                          Location at);

template <class T, class R>
std::vector<BasicTensor<T>> gradient_list(R&& gradients) {
    if constexpr (std::is_convertible_v<R, BasicTensor<T>>) {
        return {std::forward<R>(gradients)};
    } else if constexpr (std::is_convertible_v<R, std::vector<BasicTensor<T>>>) {
        return std::forward<R>(gradients);
    } else {
        static_assert(
            requires { std::vector<BasicTensor<T>>(gradients.begin(), gradients.end()); },
            "backward must return a tensor, or a std::vector or std::array of tensors, of its inputs' scalar type");
        return std::vector<BasicTensor<T>>(gradients.begin(), gradients.end());
    }
}

}  // namespace detail

/// What custom() makes; cheap to copy.
template <class Forward, class Backward>
class CustomFunction {
public:
    CustomFunction(const std::string& name, Forward forward, Backward backward, Location at)
        : parts_(std::make_shared<const Parts>(
              Parts{detail::custom_facts(name), std::move(forward), std::move(backward), at})) {}

    /// Applies the operation to tensors, parameters, arrays or numbers; at least one must be a tensor or a parameter.
    template <class... X>
    requires Operands<X...>
    auto operator()(const X&... x) const {
        using T = detail::scalar_of<X...>;
        return run<T>({detail::operand<T>(x)...});
    }
    /// The same for any number of inputs.
    template <class T>
    BasicTensor<T> operator()(const std::vector<BasicTensor<T>>& x) const {
        return run<T>(x);
    }

private:
    struct Parts {
        const detail::OperationFacts& facts;
        Forward forward;
        Backward backward;
        Location at;
    };

    template <class T>
    BasicTensor<T> run(const std::vector<BasicTensor<T>>& x) const {
        using List = const std::vector<BasicTensor<T>>&;
        using One = const BasicTensor<T>&;
        constexpr bool two = std::is_invocable_v<const Backward&, One, List>;
        constexpr bool three = std::is_invocable_v<const Backward&, One, List, One>;
        static_assert(std::is_invocable_v<const Forward&, const Arrays<T>&>,
                      "forward must take the inputs as const Arrays<T>&, with T the scalar type of the tensors given");
        static_assert(two || three,
                      "backward must take the gradient and the inputs (const BasicTensor<T>&, const "
                      "std::vector<BasicTensor<T>>&), and "
                      "the output after them if it needs it");
        if constexpr (std::is_invocable_v<const Forward&, const Arrays<T>&> && (two || three)) {
            static_assert(
                std::same_as<std::invoke_result_t<const Forward&, const Arrays<T>&>, BasicArray<T>>,
                "forward must return BasicArray<T>, not an unevaluated expression: that would refer to what is gone");
            detail::CustomRule<T> rule;
            rule.reads_output = three;
            rule.forward = [parts = parts_](const Arrays<T>& arrays) -> BasicArray<T> {
                return parts->forward(arrays);
            };
            rule.backward = [parts = parts_](One g, List inputs, [[maybe_unused]] One y) {
                if constexpr (three) {
                    return detail::gradient_list<T>(parts->backward(g, inputs, y));
                } else {
                    return detail::gradient_list<T>(parts->backward(g, inputs));
                }
            };
            return detail::run_custom<T>(parts_->facts, rule, x, parts_->at);
        }
    }

    std::shared_ptr<const Parts> parts_;
};

/// An operation from its two functions; `name` stands in messages. ShapeError, with the place of this call, when
/// backward gives a gradient of another shape than the input's (or one that the input's broadcasts to), or another
/// number of gradients than there are inputs.
template <class Forward, class Backward>
auto custom(const std::string& name, Forward forward, Backward backward, Location at = Location::current()) {
    return CustomFunction<Forward, Backward>(name, std::move(forward), std::move(backward), at);
}

}  // namespace xtape

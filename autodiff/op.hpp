// What an operation is.
//
// One struct holds everything about an operation, and nothing about it stands anywhere else:
//
//   struct Scale {                                                    // y = c x
//       double factor;                                                // attributes are data members
//       static constexpr const char* name = "scale";
//       static constexpr const char* formula = "y = c x;  dx = c g";
//       static constexpr Keep keep = Keep::nothing();                 // which values backward needs
//       Shape infer(Shapes x) const;                                  // shape rule; throws ShapeError before anything is computed
//       template <class T> BasicArray<T> forward(Inputs<T> x) const;  // the value
//       template <class T> void backward(Replay<T>& r) const;         // r.give(i, gradient of input i), in tensor operations
//       Array64 reference(std::span<const Array64> x) const;          // the value once more, naively: what forward is checked against
//       static std::vector<Sample<Scale>> samples();                  // inputs on which everything is checked
//       static Sample<Scale> random(sample::Draw& draw);              // attributes and inputs of random shapes; elementwise ones need none
//   };
//
// What the catalogue's page tells besides is optional: `signature` ("scale(x, factor)"), `domain` ("x > 0"), `kinks` (what value and
// derivatives are at singular points and kinks) and `tolerance` (looser bounds, with their reason).
//
// An elementwise operation derives from Elementwise<arity> and needs only formulas that work on Lanes and on tensors alike:
//
//   struct Tanh : Elementwise<1> {
//       ...
//       template <class V> static V forward(V x) { return tanh(x); }
//       template <class V> static V backward(V g, V y, V) { return g * (1 - y * y); }      // arity 2: std::array<V, 2>
//       static double reference(double x) { return std::tanh(x); }
//   };
#pragma once

#include <xtape/autodiff/operand.hpp>
#include <xtape/autodiff/record.hpp>
#include <xtape/autodiff/sample.hpp>

#include <functional>
#include <string>
#include <vector>

namespace xtape {

/// Which values an operation's backward rule needs. What is not kept is freed early, and reads as NaN or throws when used.
struct Keep {
    unsigned input_bits = 0;  ///< bit i: input i
    bool output_bit = false;

    static constexpr Keep nothing() { return {}; }
    static constexpr Keep inputs() { return {~0u, false}; }
    static constexpr Keep input(unsigned i) { return {1u << i, false}; }
    static constexpr Keep output() { return {0, true}; }
    friend constexpr Keep operator|(Keep a, Keep b) {
        return {a.input_bits | b.input_bits, a.output_bit || b.output_bit};
    }
    constexpr bool keeps_input(std::size_t i) const { return i < 32 ? (input_bits >> i & 1u) : input_bits == ~0u; }
};

/// Input shapes, in order.
using Shapes = std::span<const Shape* const>;

/// Input arrays, in order.
template <class T>
using Inputs = std::span<const BasicArray<T>* const>;

/// An operation with its attributes and inputs on which it is checked. Keep away from kinks by 0.01 or more.
template <class Op>
struct Sample {
    Op op;
    std::vector<Array64> inputs;
};

/// How closely an operation is checked: largest |got - wanted| / (1 + |wanted|) of its value against the naive reference, and largest
/// relative error of its derivatives in gradcheck. Looser bounds state their reason.
struct Tolerance {
    double value_float = 1e-6;
    double value_double = 1e-14;
    double gradient = 1e-7;
    const char* reason = "";
};

/// Base of elementwise operations with that many inputs, broadcast by NumPy's rules.
template <std::size_t Arity>
struct Elementwise {
    static constexpr std::size_t arity = Arity;
};

namespace detail {

template <class Op>
concept ElementwiseOp = requires { Op::arity; } && std::derived_from<Op, Elementwise<Op::arity>>;

/// Operations like comparisons have no gradient anywhere: their results are constants.
template <class Op>
constexpr bool differentiable = !requires { Op::not_differentiable; };

template <class Op>
concept RuleOnReplay = requires(const Op& op, Replay<float>& r, Replay<double>& r64) { op.backward(r); op.backward(r64); };

/// Says in plain words what a struct lacks to be an operation.
template <class Op>
constexpr void check_operation() {
    static_assert(requires { { Op::name } -> std::convertible_to<const char*>; },
                  "an operation needs: static constexpr const char* name");
    static_assert(requires { { Op::formula } -> std::convertible_to<const char*>; },
                  "an operation needs: static constexpr const char* formula = \"y = ...;  dx = ...\"");
    static_assert(!differentiable<Op> || requires { { Op::keep } -> std::convertible_to<Keep>; },
                  "an operation needs: static constexpr Keep keep");
    static_assert(requires { { Op::samples() } -> std::same_as<std::vector<Sample<Op>>>; },
                  "an operation needs: static std::vector<Sample<Op>> samples(), the inputs on which it is checked");
    if constexpr (ElementwiseOp<Op>) {
        static_assert(Op::arity >= 1 && Op::arity <= 6, "an elementwise operation has one to six inputs");
    } else {
        static_assert(requires(const Op& op, Shapes s) { { op.infer(s) } -> std::convertible_to<Shape>; },
                      "an operation needs: Shape infer(Shapes x) const, its shape rule (or derive from Elementwise<arity>)");
        static_assert(requires(const Op& op, Inputs<float> x) { { op.forward(x) } -> std::convertible_to<Array>; },
                      "an operation needs: template <class T> BasicArray<T> forward(Inputs<T> x) const");
        static_assert(!differentiable<Op> || RuleOnReplay<Op>,
                      "an operation needs: template <class T> void backward(Replay<T>& r) const");
    }
}

/// Runs an operation: shape rule, value, record. Its members are defined in catalogue.hpp and compiled once, in the source of the
/// operation's family; the family's header says so with an `extern template` line, which keeps programs quick to compile.
template <class Op>
struct Runner {
    static Tensor run(const Op& op, std::span<const Tensor* const> x, Location at);
    static Tensor64 run(const Op& op, std::span<const Tensor64* const> x, Location at);
};

template <class T, class Op, class... X>
BasicTensor<T> run_on(const Op& op, Location at, const X&... x) {
    const BasicTensor<T>* const inputs[] = {&x...};
    return Runner<Op>::run(op, std::span<const BasicTensor<T>* const>(inputs), at);
}

/// Runs an operation on tensors, parameters, arrays, xtensor expressions and numbers; at least one fixes the scalar type.
template <class Op, class... X>
auto call(const Op& op, Location at, const X&... x) {
    using T = scalar_of<X...>;
    return run_on<T>(op, at, operand<T>(x)...);
}

}  // namespace detail

/// One sample of one operation with its types erased, for tests and tables.
struct OperationSample {
    std::vector<Array64> inputs;
    std::function<Tensor(const std::vector<Tensor>&)> apply;
    std::function<Tensor64(const std::vector<Tensor64>&)> apply64;
    std::function<Array64(const std::vector<Array64>&)> reference;
};

/// An operation as a row of the catalogue.
struct OperationInfo {
    std::string name, formula;
    Keep keep;
    bool differentiable = true;
    bool elementwise = false;
    std::vector<OperationSample> samples;
    std::string signature;  ///< how users call it
    std::string domain;     ///< where it is defined; empty: everywhere
    std::string kinks;      ///< value and derivatives at singular points and kinks; empty: there are none
    Tolerance tolerance;
    std::string family;     ///< the family's title
    bool composition = false;  ///< made of other operations, with no record of its own
    std::function<OperationSample(sample::Draw&)> random;  ///< null for elementwise operations: they broadcast, whatever the shapes
};

template <class... Ops>
struct OpList {};

}  // namespace xtape

// Sums of products over labelled axes: einsum.
#pragma once

#include <xtape/autodiff/op.hpp>

#include <map>

namespace xtape {

/// y = sum, over every label that the output lacks, of the product of one or two inputs. Axes with the same label are
/// walked together: a label twice in one input is its diagonal. An axis of extent 1 is repeated along the other
/// input's.
struct Einsum {
    using Labels = std::vector<int>;

    std::vector<Labels> inputs;  ///< one label an axis
    Labels output;               ///< no label twice
    std::string text;            ///< how the user wrote it, for errors

    static constexpr const char* name = "einsum";
    static constexpr const char* signature = "einsum(\"ij,jk->ik\", a, b)";
    static constexpr const char* formula =
        "y = sum of a b over the labels not in y;  da = sum of g b over the labels not in a, on a's diagonal where a "
        "repeats a label;  "
        "db = likewise";
    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    /// A multiplication (of two inputs) and an addition for every combination of the labels' values.
    double flops(Shapes x) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Einsum>> samples();
    static Sample<Einsum> random(sample::Draw& draw);
};

/// What einsum is to do, and where in the program it was asked to: written as a plain string.
class Subscripts {
public:
    Subscripts(const char* text, Location at = Location::current()) : text_(text), at_(at) {}
    Subscripts(std::string text, Location at = Location::current()) : text_(std::move(text)), at_(at) {}

    const std::string& text() const { return text_; }
    Location location() const { return at_; }

private:
    std::string text_;
    Location at_;
};

/// `einsum("bij,bjk->bik", a, b)`, by NumPy's rules: letters name axes, "..." stands for the axes not named, which
/// broadcast, and without "->" the output has the labels that occur once, in alphabetical order. Axes of extent 1
/// broadcast too; an ellipsis that the output lacks is summed over. More than two inputs are multiplied two at a time,
/// the cheapest product first. ConfigError for subscripts that make no sense, ShapeError for inputs that do not fit
/// them.
Tensor einsum(const Subscripts& subscripts, const std::vector<Tensor>& x);
Tensor64 einsum(const Subscripts& subscripts, const std::vector<Tensor64>& x);
template <class... X>
requires Operands<X...>
auto einsum(const Subscripts& subscripts, const X&... x) {
    using T = detail::scalar_of<X...>;
    return einsum(subscripts, std::vector<BasicTensor<T>>{detail::operand<T>(x)...});
}

namespace detail {

/// The labels of each input and of the output, ellipses replaced by labels of their own (from the last axis backwards).
Einsum parse_subscripts(const std::string& text, const std::vector<Shape>& shapes);

/// The extent of every label; ShapeError when the shapes do not fit the labels.
std::map<int, std::size_t> label_extents(const Einsum& op, const std::vector<Shape>& shapes);

std::vector<OperationInfo> einsum_operations();

}  // namespace detail

using EinsumOps = OpList<Einsum>;

extern template struct detail::Runner<Einsum>;

}  // namespace xtape

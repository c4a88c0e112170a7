// Elements around a tensor: pad.
#pragma once

#include <xtape/autodiff/ops/indexing.hpp>

namespace xtape {

/// What stands around a padded tensor.
enum class PadMode {
    constant,  ///< a number
    reflect,   ///< the elements mirrored, without the one at the edge: c b | a b c | b a
    edge,      ///< the element at the edge: a a | a b c | c c
    circular,  ///< the elements from the other end: b c | a b c | a b
};

/// Elements added before and after an axis.
struct PadWidth {
    // Out of line: of inline ones GCC 12, at -O2 with AVX-512, compiles {{1, 1}, {}} to {{1, 1}, {1, 1}}.
    PadWidth();
    PadWidth(std::size_t elements_before, std::size_t elements_after);

    std::size_t before, after;
};

/// y = x with elements added around it
struct Pad {
    std::vector<PadWidth> widths;  ///< one an axis, from the first; the axes left get none
    PadMode mode = PadMode::constant;
    double value = 0;

    static constexpr const char* name = "pad";
    static constexpr const char* signature = "pad(x, {{before, after}, ...}, mode, value)";
    static constexpr const char* formula = "y = x with value or elements of x around it;  dx = g summed over the places each x stands at";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Pad>> samples();
    static Sample<Pad> random(sample::Draw& draw);
};

/// x with elements around it: `pad(x, {{1, 1}, {0, 2}}, PadMode::reflect)`. Widths may exceed the extents; mirror images then repeat.
/// ShapeError for more widths than axes, and for a mode other than constant where there is no element to repeat.
template <Node X>
auto pad(const X& x, std::vector<PadWidth> widths, PadMode mode = PadMode::constant, double value = 0,
         Location at = Location::current()) {
    return detail::call(Pad{std::move(widths), mode, value}, at, x);
}

namespace detail {
std::vector<OperationInfo> padding_operations();
}

using PaddingOps = OpList<Pad>;

extern template struct detail::Runner<Pad>;

}  // namespace xtape

#include <xtape/autodiff/ops/padding.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/ops/reference.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;
using detail::Steps;

PadWidth::PadWidth() : before(0), after(0) {}
PadWidth::PadWidth(std::size_t elements_before, std::size_t elements_after) : before(elements_before), after(elements_after) {}

namespace {

// Which element of an axis of n > 0 stands at place p of it, counted from its first and going on beyond both ends.
std::ptrdiff_t source(PadMode mode, std::ptrdiff_t p, std::ptrdiff_t n) {
    const auto modulo = [p](std::ptrdiff_t period) { return (p % period + period) % period; };
    if (mode == PadMode::edge) return std::clamp<std::ptrdiff_t>(p, 0, n - 1);
    if (mode == PadMode::circular) return modulo(n);
    if (n == 1) return 0;
    const std::ptrdiff_t place = modulo(2 * (n - 1));
    return place < n ? place : 2 * (n - 1) - place;
}

IndexArray sources(PadMode mode, PadWidth width, std::size_t extent) {
    IndexArray indices = empty_array<std::int64_t>({width.before + extent + width.after});
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::ptrdiff_t p = static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(width.before);
        indices.data()[i] = source(mode, p, static_cast<std::ptrdiff_t>(extent));
    }
    return indices;
}

std::ptrdiff_t offset_of(const std::vector<PadWidth>& widths, const Steps& steps) {
    std::ptrdiff_t offset = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) offset += static_cast<std::ptrdiff_t>(widths[i].before) * steps[i];
    return offset;
}

// Fills the margins of y, axis after axis, by copying what stands inside: earlier axes are then whole, later ones not yet.
template <class T>
void fill_margins(const std::vector<PadWidth>& widths, PadMode mode, const Shape& inside, BasicArray<T>& y) {
    const Steps steps = detail::contiguous_steps(y.shape());
    T* const first = y.data() + offset_of(widths, steps);
    Shape part = inside;
    std::ptrdiff_t origin = 0;
    for (std::size_t axis = 0; axis < widths.size(); ++axis) {
        const auto n = static_cast<std::ptrdiff_t>(inside[axis]), before = static_cast<std::ptrdiff_t>(widths[axis].before);
        part[axis] = 1;
        for (std::ptrdiff_t p = -before; p < n + static_cast<std::ptrdiff_t>(widths[axis].after); ++p) {
            if (p == 0) p = n;
            if (p == n + static_cast<std::ptrdiff_t>(widths[axis].after)) break;
            const T* const from = first + origin + source(mode, p, n) * steps[axis];
            detail::copy_strided(part, from, steps, first + origin + p * steps[axis], steps);
        }
        part[axis] = y.shape()[axis];
        origin -= before * steps[axis];
    }
}

}  // namespace

Shape Pad::infer(Shapes x) const {
    Shape shape = *x[0];
    if (widths.size() > shape.size()) {
        throw ShapeError("pad: expected at most " + std::to_string(shape.size()) + " widths for shape " + to_string(shape) + ", got " +
                         std::to_string(widths.size()));
    }
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::size_t before = widths[i].before, after = widths[i].after;
        if (mode != PadMode::constant && shape[i] == 0 && before + after > 0) {
            throw ShapeError("pad: expected an element to repeat along axis " + std::to_string(i) + ", got shape " + to_string(shape));
        }
        constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / 4;
        if (before > most || after > most) {
            throw ShapeError("pad: expected widths of at most " + std::to_string(most) + ", got " + std::to_string(before) + " and " +
                             std::to_string(after) + " for axis " + std::to_string(i));
        }
        shape[i] += before + after;
    }
    return shape;
}

template <class T>
BasicArray<T> Pad::forward(Inputs<T> x) const {
    const Shape& inside = x[0]->shape();
    const Shape shape = detail::inferred(*this, inside);
    const bool constant = mode == PadMode::constant;
    BasicArray<T> y = constant ? BasicArray<T>(shape, static_cast<T>(value)) : empty_array<T>(shape);
    if (x[0]->size() == 0) return y;
    const Steps to = detail::contiguous_steps(shape);
    detail::copy_strided(inside, x[0]->data(), detail::contiguous_steps(inside), y.data() + offset_of(widths, to), to);
    if (!constant) fill_margins(widths, mode, inside, y);
    return y;
}

template <class T>
void Pad::backward(Replay<T>& r) const {
    const Shape inside = r.shape(0);
    if (mode == PadMode::constant) {
        std::vector<Range> ranges;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const auto before = static_cast<std::ptrdiff_t>(widths[i].before);
            ranges.push_back({before, before + static_cast<std::ptrdiff_t>(inside[i]), 1});
        }
        return r.give(0, slice(r.g(), ranges));
    }
    BasicTensor<T> g = r.g();
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i].before + widths[i].after == 0) continue;
        Shape folded = g.shape();
        folded[i] = inside[i];
        g = detail::call(IndexAdd{sources(mode, widths[i], inside[i]), static_cast<int>(i), folded}, Location{}, g);
    }
    r.give(0, g);
}

Array64 Pad::reference(std::span<const Array64> x) const {
    const Shape& inside = x[0].shape();
    return detail::array_by_index(detail::inferred(*this, inside), [&](Shape index) {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            auto p = static_cast<std::ptrdiff_t>(index[i]) - static_cast<std::ptrdiff_t>(widths[i].before);
            const auto n = static_cast<std::ptrdiff_t>(inside[i]);
            if (mode == PadMode::constant && (p < 0 || p >= n)) return value;
            if (mode == PadMode::edge) p = p < 0 ? 0 : p >= n ? n - 1 : p;
            while (p < 0 || p >= n) {
                if (mode == PadMode::circular) p += p < 0 ? n : -n;
                if (mode == PadMode::reflect) p = n == 1 ? 0 : p < 0 ? -p : 2 * (n - 1) - p;
            }
            index[i] = static_cast<std::size_t>(p);
        }
        return detail::element_at(x[0], index);
    });
}

std::vector<Sample<Pad>> Pad::samples() {
    return {{Pad{{{1, 2}}, PadMode::constant, 0.5}, {uniform({3}, 1)}},
            {Pad{{{1, 0}, {2, 1}}, PadMode::constant, 0}, {uniform({2, 3}, 2)}},
            {Pad{{{1, 2}, {2, 1}}, PadMode::reflect, 0}, {uniform({3, 3}, 3)}},
            {Pad{{{}, {5, 4}}, PadMode::reflect, 0}, {uniform({2, 3}, 4)}},
            {Pad{{{1, 1}, {0, 2}}, PadMode::edge, 0}, {uniform({2, 2}, 5)}},
            {Pad{{{2, 0}, {1, 4}}, PadMode::circular, 0}, {uniform({2, 3}, 6)}}};
}

Sample<Pad> Pad::random(Draw& draw) {
    const auto mode = static_cast<PadMode>(draw(0, 3));
    const Shape shape = draw.shape(0, 3, mode == PadMode::constant ? 0 : 1, 3);
    std::vector<PadWidth> widths(draw(0, shape.size()));
    for (PadWidth& width : widths) width = {draw(0, 4), draw(0, 4)};
    return {Pad{widths, mode, 0.5}, {uniform(shape, draw.seed())}};
}

template struct detail::Runner<Pad>;

std::vector<OperationInfo> detail::padding_operations() { return describe_family(PaddingOps{}); }

}  // namespace xtape

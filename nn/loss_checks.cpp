#include <xtape/nn/loss_checks.hpp>

#include <xtape/autodiff/ops/reduction.hpp>

#include <fmt/format.h>

namespace xtape::nn::detail {
namespace {

// Looks for the first element only when one was found to be wrong: the usual loop has no exit and runs in registers.
template <class T, class Good>
void require_each(const char* loss, const char* wanted, const BasicArray<T>& x, const Good& good, Location at) {
    const T* const v = x.data();
    bool all = true;
    for (std::size_t i = 0; i < x.size(); ++i) all &= good(v[i]);
    for (std::size_t i = 0; !all && i < x.size(); ++i) {
        if (good(v[i])) continue;
        throw DataError(
            fmt::format("{}: expected {}, got {} at {}", loss, wanted, v[i], xtape::detail::position_of(i, x.shape())),
            at);
    }
}

}  // namespace

void require_elements(const char* loss, const Shape& shape, Reduction reduction, Location at) {
    if (reduction != Reduction::mean || element_count(shape) > 0) return;
    throw ShapeError(fmt::format("{}: expected at least one element to average, got shape {}", loss, to_string(shape)),
                     at);
}

void require_one_shape(const char* loss, const Shape& a, const Shape& b, Reduction reduction, Location at) {
    if (a != b) {
        throw ShapeError(fmt::format("{}: expected prediction and target of one shape, got {} and {}", loss,
                                     to_string(a), to_string(b)),
                         at);
    }
    require_elements(loss, a, reduction, at);
}

template <class T>
void require_probabilities(const char* loss, const BasicArray<T>& targets, Location at) {
    constexpr T top = T(1 + 1e-6);
    require_each(
        loss, "targets in 0 .. 1", targets, [](T t) { return bool((t >= 0) & (t <= top)); }, at);
}

template <class T>
void require_signs(const char* loss, const BasicArray<T>& labels, Location at) {
    require_each(
        loss, "labels -1 or 1", labels, [](T y) { return bool((y == 1) | (y == -1)); }, at);
}

template <class T>
BasicTensor<T> reduced(const BasicTensor<T>& losses, Reduction reduction, Location at) {
    if (reduction == Reduction::none) return losses;
    return reduction == Reduction::sum ? sum(losses, {}, false, at) : mean(losses, {}, false, at);
}

template void require_probabilities(const char*, const Array&, Location);
template void require_probabilities(const char*, const Array64&, Location);
template void require_signs(const char*, const Array&, Location);
template void require_signs(const char*, const Array64&, Location);
template Tensor reduced(const Tensor&, Reduction, Location);
template Tensor64 reduced(const Tensor64&, Reduction, Location);

}  // namespace xtape::nn::detail

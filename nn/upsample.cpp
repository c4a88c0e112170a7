#include <xtape/nn/upsample.hpp>

#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/rearrange.hpp>
#include <xtape/nn/weights.hpp>

#include <algorithm>

namespace xtape::nn {
namespace {

const char* name_of(UpsampleMode mode) {
    switch (mode) {
        case UpsampleMode::nearest:
            return "nearest";
        case UpsampleMode::linear:
            return "linear";
        case UpsampleMode::bilinear:
            break;
    }
    return "bilinear";
}

// (extent scale, extent): row j has the weights of the elements between which place j lies.
template <class T>
BasicTensor<T> interpolation(std::size_t extent, std::size_t scale) {
    BasicArray<T> weights(Shape{extent * scale, extent}, T(0));
    for (std::size_t j = 0; j < extent * scale; ++j) {
        const double place = std::max(0.0, (static_cast<double>(j) + 0.5) / static_cast<double>(scale) - 0.5);
        const auto i = static_cast<std::size_t>(place);
        const double beyond = place - static_cast<double>(i);
        weights(j, i) += static_cast<T>(1 - beyond);
        weights(j, std::min(i + 1, extent - 1)) += static_cast<T>(beyond);
    }
    return BasicTensor<T>(std::move(weights));
}

// Up to some 100 elements in a row, products with matrices of mostly zeros are faster than gathering two neighbours.
template <class T>
BasicTensor<T> interpolate(const BasicTensor<T>& x, std::size_t scale, std::size_t axis) {
    if (scale == 1) return x;
    const BasicTensor<T> weights = interpolation<T>(x.shape()[axis], scale);
    return axis + 1 == x.rank() ? linear(x, weights, Location{}) : matmul(weights, x, {}, Location{});
}

}  // namespace

template <class T>
BasicUpsample<T>::BasicUpsample(UpsampleOptions options, Location at) try : options_(options) {
    xtape::detail::check_number("Upsample", "scale", options.scale, 1);
} catch (Error& error) {
    error.set_location(at);
    throw;
}

template <class T>
BasicTensor<T> BasicUpsample<T>::forward(const BasicTensor<T>& x) {
    const PerAxis<2>& scale = options_.scale;
    const bool line = options_.mode != UpsampleMode::bilinear, plane = options_.mode != UpsampleMode::linear;
    const bool rank = (line && x.rank() == 3) || (plane && x.rank() == 4);
    if (!rank || !std::all_of(x.shape().begin() + 1, x.shape().end(), [](std::size_t extent) { return extent >= 1; })) {
        throw ShapeError(std::string("Upsample: expected for mode ") + name_of(options_.mode) + " input " +
                         (line ? "(N, C, L)" : "") + (line && plane ? " or " : "") + (plane ? "(N, C, H, W)" : "") +
                         " with extents of at least 1 (N may be 0), got " + to_string(x.shape()));
    }
    if (x.rank() == 3 && scale[0] != scale[1]) {
        throw ShapeError("Upsample: expected input (N, C, H, W) for a scale of " + to_string(scale) + ", got " +
                         to_string(x.shape()));
    }
    BasicTensor<T> y = x;
    for (std::size_t axis = x.rank() - 1; axis >= 2; --axis) {
        const auto times = static_cast<std::size_t>(scale[axis + 2 - x.rank()]);
        if (options_.mode != UpsampleMode::nearest) {
            y = interpolate(y, times, axis);
        } else if (times > 1) {
            y = repeat(y, times, static_cast<int>(axis), Location{});
        }
    }
    return y;
}

template <class T>
std::string BasicUpsample<T>::describe() const {
    const PerAxis<2>& scale = options_.scale;
    return "Upsample by " + (scale[0] == scale[1] ? std::to_string(scale[0]) : detail::by(scale)) + ", " +
           name_of(options_.mode);
}

template class BasicUpsample<float>;
template class BasicUpsample<double>;

}  // namespace xtape::nn

#include <xtape/nn/pooling.hpp>

#include <xtape/nn/weights.hpp>

namespace xtape::nn {
namespace {

template <std::size_t D>
constexpr const char* max_name = D == 1 ? "MaxPool1d" : "MaxPool2d";
template <std::size_t D>
constexpr const char* avg_name = D == 1 ? "AvgPool1d" : "AvgPool2d";
template <std::size_t D>
constexpr const char* adaptive_name = D == 1 ? "AdaptiveAvgPool1d" : "AdaptiveAvgPool2d";

// What the operation would say as well, but only when it runs.
template <std::size_t D, class Options>
void check_window(const char* layer, const PerAxis<D>& kernel, const Options& o, Location at) try {
    xtape::detail::check_number(layer, "kernel", kernel, 1);
    if (o.stride.given()) xtape::detail::check_number(layer, "stride", o.stride, 1);
    xtape::detail::check_number(layer, "padding", o.padding, 0);
    for (std::size_t i = 0; i < D; ++i) {
        if (2 * o.padding[i] <= kernel[i]) continue;
        throw ConfigError(std::string(layer) + ": expected a padding of at most half the kernel, which is " +
                          to_string(kernel) + ", got " + to_string(o.padding));
    }
} catch (Error& error) {
    error.set_location(at);
    throw;
}

template <std::size_t D, class Options>
std::string text_of(const char* layer, const PerAxis<D>& kernel, const Options& o) {
    return std::string(layer) + " " + detail::by(kernel) +
           (o.stride.given() ? detail::unless(kernel, "stride", o.stride) : "") + detail::unless<D>(0, "padding", o.padding) +
           (o.ceil_mode ? ", ceil_mode" : "");
}

}  // namespace

template <class T, std::size_t D>
BasicMaxPool<T, D>::BasicMaxPool(PerAxis<D> kernel, Options options, Location at) : kernel_(kernel), options_(options) {
    check_window(max_name<D>, kernel, options, at);
}

template <class T, std::size_t D>
BasicTensor<T> BasicMaxPool<T, D>::forward(const BasicTensor<T>& x) {
    if constexpr (D == 1) {
        return max_pool1d(x, kernel_, options_, Location{});
    } else {
        return max_pool2d(x, kernel_, options_, Location{});
    }
}

template <class T, std::size_t D>
std::string BasicMaxPool<T, D>::describe() const {
    return text_of(max_name<D>, kernel_, options_);
}

template <class T, std::size_t D>
BasicAvgPool<T, D>::BasicAvgPool(PerAxis<D> kernel, Options options, Location at) : kernel_(kernel), options_(options) {
    check_window(avg_name<D>, kernel, options, at);
}

template <class T, std::size_t D>
BasicTensor<T> BasicAvgPool<T, D>::forward(const BasicTensor<T>& x) {
    if constexpr (D == 1) {
        return avg_pool1d(x, kernel_, options_, Location{});
    } else {
        return avg_pool2d(x, kernel_, options_, Location{});
    }
}

template <class T, std::size_t D>
std::string BasicAvgPool<T, D>::describe() const {
    return text_of(avg_name<D>, kernel_, options_) + (options_.count_include_pad ? "" : ", padding not counted");
}

template <class T, std::size_t D>
BasicAdaptiveAvgPool<T, D>::BasicAdaptiveAvgPool(PerAxis<D> size, Location at) try : size_(size) {
    xtape::detail::check_number(adaptive_name<D>, "size", size, 1);
} catch (Error& error) {
    error.set_location(at);
    throw;
}

template <class T, std::size_t D>
BasicTensor<T> BasicAdaptiveAvgPool<T, D>::forward(const BasicTensor<T>& x) {
    if constexpr (D == 1) {
        return adaptive_avg_pool1d(x, size_, Location{});
    } else {
        return adaptive_avg_pool2d(x, size_, Location{});
    }
}

template <class T, std::size_t D>
std::string BasicAdaptiveAvgPool<T, D>::describe() const {
    return std::string(adaptive_name<D>) + " to " + detail::by(size_);
}

template class BasicMaxPool<float, 1>;
template class BasicMaxPool<float, 2>;
template class BasicMaxPool<double, 1>;
template class BasicMaxPool<double, 2>;
template class BasicAvgPool<float, 1>;
template class BasicAvgPool<float, 2>;
template class BasicAvgPool<double, 1>;
template class BasicAvgPool<double, 2>;
template class BasicAdaptiveAvgPool<float, 1>;
template class BasicAdaptiveAvgPool<float, 2>;
template class BasicAdaptiveAvgPool<double, 1>;
template class BasicAdaptiveAvgPool<double, 2>;

}  // namespace xtape::nn

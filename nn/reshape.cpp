#include <xtape/nn/reshape.hpp>

#include <xtape/autodiff/ops/axes.hpp>
#include <xtape/autodiff/ops/padding.hpp>

namespace xtape::nn {

template <class T>
BasicFlatten<T>::BasicFlatten(FlattenOptions options, Location at) : options_(options) {
    const bool same_side = (options.start < 0) == (options.end < 0);
    if (!same_side || options.start <= options.end) return;
    throw ConfigError("Flatten: expected an end that is not before the start " + std::to_string(options.start) + ", got " +
                          std::to_string(options.end),
                      at);
}

template <class T>
BasicTensor<T> BasicFlatten<T>::forward(const BasicTensor<T>& x) {
    return flatten(x, options_.start, options_.end, Location{});
}

template <class T>
std::string BasicFlatten<T>::describe() const {
    if (options_.start == 1 && options_.end == -1) return "Flatten";
    return "Flatten axes " + std::to_string(options_.start) + " .. " + std::to_string(options_.end);
}

template <class T>
BasicReshape<T>::BasicReshape(Extents shape, Location at) : shape_(std::move(shape)) {
    std::size_t negative = 0, left_open = 0, zeros = 0;
    for (std::size_t i = 0; i < shape_.rank(); ++i) {
        negative += shape_.negative(i) ? 1 : 0;
        left_open += shape_.minus_one(i) ? 1 : 0;
        zeros += shape_[i] == 0 ? 1 : 0;
    }
    if (negative == 0 || (negative == 1 && left_open == 1 && zeros == 0)) return;
    throw ConfigError("Reshape: expected extents of at least 0, or of at least 1 and one -1, got " + to_string(shape_), at);
}

template <class T>
BasicTensor<T> BasicReshape<T>::forward(const BasicTensor<T>& x) {
    if (x.rank() == 0) throw ShapeError("Reshape: expected input (N, ...), got " + to_string(x.shape()));
    const Shape sample(x.shape().begin() + 1, x.shape().end());
    const Shape wanted = shape_.filled("Reshape", sample, Location{});
    if (element_count(wanted) != element_count(sample)) {
        throw ShapeError("Reshape: expected samples of " + std::to_string(element_count(wanted)) + " elements for shape " +
                         to_string(wanted) + ", got input " + to_string(x.shape()));
    }
    Shape shape{x.shape()[0]};
    for (const std::size_t extent : wanted) shape.push_back(extent);
    return reshape(x, shape, Location{});
}

template <class T>
std::string BasicReshape<T>::describe() const {
    return "Reshape to " + to_string(shape_);
}

template <class T>
BasicTensor<T> BasicZeroPad2d<T>::forward(const BasicTensor<T>& x) {
    if (x.rank() != 4) throw ShapeError("ZeroPad2d: expected input (N, C, H, W), got " + to_string(x.shape()));
    const auto& o = options_;
    return pad(x, {{0, 0}, {0, 0}, {o.top, o.bottom}, {o.left, o.right}}, PadMode::constant, 0, Location{});
}

template <class T>
std::string BasicZeroPad2d<T>::describe() const {
    const auto& o = options_;
    if (o.left == o.right && o.left == o.top && o.left == o.bottom) return "ZeroPad2d " + std::to_string(o.left);
    return "ZeroPad2d left " + std::to_string(o.left) + ", right " + std::to_string(o.right) + ", top " +
           std::to_string(o.top) + ", bottom " + std::to_string(o.bottom);
}

template class BasicFlatten<float>;
template class BasicFlatten<double>;
template class BasicReshape<float>;
template class BasicReshape<double>;
template class BasicZeroPad2d<float>;
template class BasicZeroPad2d<double>;

}  // namespace xtape::nn

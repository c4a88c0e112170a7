#include <xtape/nn/lazy.hpp>

namespace xtape::nn {
namespace {

[[noreturn]] void refuse_input(const char* layer, const char* wanted, const Shape& x) {
    throw ShapeError(std::string(layer) + ": expected input " + wanted + ", got " + to_string(x));
}

}  // namespace

template <class T, class Layer>
BasicLazy<T, Layer>::BasicLazy(bool random_bias) {
    const random::Stream first = random::next_stream();
    if (random_bias) random::next_stream();
    streams_ = {first.seed(), first.number()};
}

template <class T, class Layer>
Layer& BasicLazy<T, Layer>::layer(Location at) {
    if (!layer_) throw ConfigError(name() + ": expected a forward pass before its layer is used, got none", at);
    return *layer_;
}

template <class T, class Layer>
BasicTensor<T> BasicLazy<T, Layer>::forward(const BasicTensor<T>& x) {
    if (layer_) return layer_->forward(x);
    std::optional<Layer> made;
    {
        const random::Rewind rewind(streams_);
        made.emplace(make(x.shape()));
    }
    // An input that does not fit decides nothing.
    const BasicTensor<T> y = made->forward(x);
    layer_ = std::move(made);
    return y;
}

template <class T, class Layer>
void BasicLazy<T, Layer>::visit(BasicVisitor<T>& v) {
    if (layer_) {
        layer_->visit(v);
    } else {
        v.not_yet(name());
    }
}

template <class T, class Layer>
std::string BasicLazy<T, Layer>::describe() const {
    return layer_ ? layer_->describe() : name() + " ?->" + std::to_string(outputs());
}

template <class T>
BasicLazyLinear<T>::BasicLazyLinear(std::size_t out, LinearOptions options, Location at)
    : BasicLazy<T, BasicLinear<T>>(options.bias && options.init == Init::standard), out_(out), options_(options) {
    if (out == 0) throw ConfigError("LazyLinear: expected at least 1 output, got 0", at);
}

template <class T>
BasicLinear<T> BasicLazyLinear<T>::make(const Shape& x) const {
    if (x.empty() || x.back() == 0) refuse_input("LazyLinear", "(..., in) with in at least 1", x);
    return BasicLinear<T>(x.back(), out_, options_, Location{});
}

template <class T, std::size_t D>
BasicLazyConv<T, D>::BasicLazyConv(std::size_t out, PerAxis<D> kernel, ConvLayerOptions<D> options, Location at)
    : BasicLazy<T, BasicConv<T, D>>(options.bias && options.init == Init::standard),
      out_(out),
      kernel_(kernel),
      options_(options) {
    // As many input channels as outputs: the groups then divide one if they divide the other.
    detail::check_convolution(D == 1 ? "LazyConv1d" : "LazyConv2d", out, out, kernel, options, at);
}

template <class T, std::size_t D>
BasicConv<T, D> BasicLazyConv<T, D>::make(const Shape& x) const {
    if (x.size() != D + 2 || x[1] == 0) {
        refuse_input(D == 1 ? "LazyConv1d" : "LazyConv2d",
                     D == 1 ? "(N, C, L) with C at least 1" : "(N, C, H, W) with C at least 1", x);
    }
    return BasicConv<T, D>(x[1], out_, kernel_, options_, Location{});
}

template class BasicLazy<float, BasicLinear<float>>;
template class BasicLazy<double, BasicLinear<double>>;
template class BasicLazy<float, BasicConv<float, 1>>;
template class BasicLazy<double, BasicConv<double, 1>>;
template class BasicLazy<float, BasicConv<float, 2>>;
template class BasicLazy<double, BasicConv<double, 2>>;
template class BasicLazyLinear<float>;
template class BasicLazyLinear<double>;
template class BasicLazyConv<float, 1>;
template class BasicLazyConv<double, 1>;
template class BasicLazyConv<float, 2>;
template class BasicLazyConv<double, 2>;

}  // namespace xtape::nn

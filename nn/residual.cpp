#include <xtape/nn/residual.hpp>

#include <xtape/autodiff/ops/arithmetic.hpp>

namespace xtape::nn {

template <class T>
BasicTensor<T> BasicResidual<T>::forward(const BasicTensor<T>& x) {
    const BasicTensor<T> y = layers_.chain(x);
    if (!shortcut_) {
        if (y.shape() != x.shape()) {
            throw ShapeError("Residual: expected layers that keep the shape of their input, got input " +
                             to_string(x.shape()) + " and output " + to_string(y.shape()) +
                             "; an nn::Shortcut among the layers projects the input");
        }
        return x + y;
    }
    const BasicTensor<T> around = (*shortcut_)(x, Location{});
    if (y.shape() != around.shape()) {
        throw ShapeError("Residual: expected layers and shortcut that end in one shape, got " + to_string(y.shape()) +
                         " and " + to_string(around.shape()));
    }
    return around + y;
}

template <class T>
void BasicResidual<T>::visit(BasicVisitor<T>& v) {
    layers_.visit(v);
    if (shortcut_) v("shortcut", *shortcut_);
}

template class BasicShortcut<float>;
template class BasicShortcut<double>;
template class BasicResidual<float>;
template class BasicResidual<double>;

}  // namespace xtape::nn

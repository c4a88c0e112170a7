#include <xtape/nn/lambda.hpp>

namespace xtape::nn {

template <class T>
BasicLambda<T>::BasicLambda(std::function<BasicTensor<T>(const BasicTensor<T>& x)> function, std::string name)
    : function_(std::move(function)), name_(std::move(name)) {
    if (!function_) throw ConfigError(name_ + ": expected a function, got an empty one");
}

template class BasicLambda<float>;
template class BasicLambda<double>;
template class BasicIdentity<float>;
template class BasicIdentity<double>;

}  // namespace xtape::nn

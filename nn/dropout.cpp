#include <xtape/nn/dropout.hpp>

#include <xtape/autodiff/ops/arithmetic.hpp>
#include <xtape/autodiff/ops/dropout.hpp>
#include <xtape/nn/init.hpp>

#include <fmt/format.h>

namespace xtape::nn {
namespace {

double checked_probability(const char* name, double p, Location at) {
    if (p >= 0 && p <= 1) return p;
    throw ConfigError(fmt::format("{}: expected a probability in 0 .. 1, got {}", name, p), at);
}

// 0.1f is meant as 0.1, not as 0.10000000149011612.
std::string text(const char* name, double p) { return fmt::format("{} {:.6g}", name, p); }

}  // namespace

template <class T>
BasicDropout<T>::BasicDropout(double p, Location at) : p_(checked_probability("Dropout", p, at)) {}

template <class T>
BasicTensor<T> BasicDropout<T>::forward(const BasicTensor<T>& x) {
    if (!this->training() || p_ == 0) return x;
    return dropout(x, p_, random::next_stream(), Location{});
}

template <class T>
std::string BasicDropout<T>::describe() const {
    return text("Dropout", p_);
}

template <class T>
BasicDropout2d<T>::BasicDropout2d(double p, Location at) : p_(checked_probability("Dropout2d", p, at)) {}

template <class T>
BasicTensor<T> BasicDropout2d<T>::forward(const BasicTensor<T>& x) {
    if (x.rank() != 4) throw ShapeError("Dropout2d: expected input (N, C, H, W), got " + to_string(x.shape()));
    if (!this->training() || p_ == 0) return x;
    const BasicTensor<T> ones(init::constant<T>({x.shape()[0], x.shape()[1], 1, 1}, 1));
    return x * dropout(ones, p_, random::next_stream(), Location{});
}

template <class T>
std::string BasicDropout2d<T>::describe() const {
    return text("Dropout2d", p_);
}

template class BasicDropout<float>;
template class BasicDropout<double>;
template class BasicDropout2d<float>;
template class BasicDropout2d<double>;

}  // namespace xtape::nn

#include <xtape/nn/weights.hpp>

#include <cmath>
#include <limits>

namespace xtape::nn::detail {

Shape weight_shape(const char* layer, Shape shape, std::size_t number_bytes, Location at) {
    auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / number_bytes;
    for (const std::size_t extent : shape) {
        if (extent > most) {
            throw ConfigError(std::string(layer) + ": expected a weight that fits into memory, got " + to_string(shape), at);
        }
        most /= extent;
    }
    return shape;
}

template <class T>
BasicArray<T> initial_bias(const Init& init, std::size_t count, std::size_t fan_in) {
    if (!(init == Init::standard)) return init::zeros<T>({count});
    const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
    return init::uniform<T>({count}, -bound, bound);
}

template Array initial_bias(const Init&, std::size_t, std::size_t);
template Array64 initial_bias(const Init&, std::size_t, std::size_t);

}  // namespace xtape::nn::detail

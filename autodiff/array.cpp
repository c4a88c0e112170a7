#include <xtape/autodiff/array.hpp>

#include <xtape/autodiff/error.hpp>

#include <algorithm>

namespace xtape {

template class BasicArray<float>;
template class BasicArray<double>;
template class BasicArray<std::int64_t>;
template class BasicArray<std::uint8_t>;

std::string to_string(const Shape& shape) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + ")";
}

std::size_t element_count(const Shape& shape) {
    std::size_t count = 1;
    bool overflow = false;
    for (const std::size_t extent : shape) {
        if (extent == 0) return 0;
        overflow |= __builtin_mul_overflow(count, extent, &count);
    }
    if (overflow) throw ShapeError("array: expected fewer than 2^64 elements, got shape " + to_string(shape));
    return count;
}

bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result) {
    const std::size_t rank = std::max(a.size(), b.size());
    Shape wide(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const std::size_t p = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
        const std::size_t q = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
        if (p != q && p != 1 && q != 1) return false;
        wide[i] = p == 1 ? q : p;
    }
    result = wide;
    return true;
}

}  // namespace xtape

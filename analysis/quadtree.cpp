#include <xtape/analysis/quadtree.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace xtape::analysis::detail {
namespace {

constexpr int levels = 24;  // so often is the square halved: places that agree in 24 bits are one leaf

// The bits of the number, with a zero in front of each.
std::uint64_t spread_bits(std::uint64_t x) {
    x = (x | x << 16) & 0x0000ffff0000ffff;
    x = (x | x << 8) & 0x00ff00ff00ff00ff;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x << 2) & 0x3333333333333333;
    return (x | x << 1) & 0x5555555555555555;
}

}  // namespace

template <class T>
Quadtree<T>::Quadtree(const Plane& y) {
    const std::size_t n = y[0].size();
    std::array<double, 2> low{};
    double side = 0;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const auto [least, most] = std::minmax_element(y[axis].begin(), y[axis].end());
        low[axis] = static_cast<double>(*least);
        side = std::max(side, static_cast<double>(*most) - low[axis]);
    }
    constexpr double cells = 1 << levels;
    const double scale = side > 0 ? cells / side : 0;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> sorted(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto place = [&](std::size_t axis) {
            return static_cast<std::uint64_t>(std::min((static_cast<double>(y[axis][i]) - low[axis]) * scale, cells - 1));
        };
        sorted[i] = {spread_bits(place(0)) | spread_bits(place(1)) << 1, static_cast<std::uint32_t>(i)};
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::uint64_t> codes(n);
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) std::tie(codes[i], order_[i]) = sorted[i];
    cells_.reserve(2 * n);
    build(y, codes, 0, n, levels, side);
}

// The points [begin, end) of the order share all digits above `level`. Gives the sum of their places.
template <class T>
typename Quadtree<T>::Sum Quadtree<T>::build(const Plane& y, const std::vector<std::uint64_t>& codes, std::size_t begin,
                                             std::size_t end, int level, double side) {
    const auto digit = [&](std::size_t at) { return codes[at] >> (2 * (level - 1)); };
    while (level > 0 && digit(begin) == digit(end - 1)) {
        --level;
        side /= 2;
    }
    const std::size_t here = cells_.size();
    const auto points = static_cast<double>(end - begin);
    cells_.push_back({T(0), T(0), static_cast<T>(points), static_cast<T>(side * side), 0});
    Sum sum{0, 0};
    if (level == 0) {
        for (std::size_t at = begin; at < end; ++at) {
            sum.x += static_cast<double>(y[0][order_[at]]);
            sum.y += static_cast<double>(y[1][order_[at]]);
        }
    } else {
        for (std::size_t first = begin; first < end;) {
            const std::uint64_t ours = digit(first);
            const auto after = std::partition_point(codes.begin() + static_cast<std::ptrdiff_t>(first),
                                                    codes.begin() + static_cast<std::ptrdiff_t>(end),
                                                    [&](std::uint64_t code) { return code >> (2 * (level - 1)) == ours; });
            const auto next = static_cast<std::size_t>(after - codes.begin());
            const Sum part = build(y, codes, first, next, level - 1, side / 2);
            sum.x += part.x;
            sum.y += part.y;
            first = next;
        }
    }
    cells_[here].x = static_cast<T>(sum.x / points);
    cells_[here].y = static_cast<T>(sum.y / points);
    cells_[here].next = static_cast<std::uint32_t>(cells_.size());
    return sum;
}

template class Quadtree<float>;
template class Quadtree<double>;

}  // namespace xtape::analysis::detail

// A quadtree over points in the plane, for forces that fall off with distance.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace xtape::analysis::detail {

/// Built from the points' order along a Z-shaped curve (G. M. Morton, "A computer oriented geodetic data base", IBM 1966), in which
/// every cell is a stretch. Cells stand in depth-first order, each with the number of the one that follows its last
/// descendant: a walk needs no stack. Cells that hold what their parent holds are left out.
template <class T>
class Quadtree {
public:
    using Plane = std::array<std::vector<T, PoolAllocator<T>>, 2>;

    /// Of finite places, at least one.
    explicit Quadtree(const Plane& y);

    /// The points in the order of the curve.
    const std::vector<std::uint32_t>& order() const { return order_; }

    /// With w = 1 / (1 + d^2) of the distance d to each point: sums of w^2 times the difference and of w. A cell of side s
    /// at distance d counts as its mean, so often as it has points, when s^2 < squared_angle d^2, and when it is a leaf.
    struct Push {
        T x, y, z;
    };
    Push push(T x, T y, T squared_angle) const {
        Push sum{0, 0, 0};
        for (std::uint32_t c = 0; c < cells_.size();) {
            const Cell& cell = cells_[c];
            const T dx = x - cell.x, dy = y - cell.y, squared = dx * dx + dy * dy;
            if (cell.squared_side >= squared_angle * squared && c + 1 != cell.next) {
                ++c;
                continue;
            }
            const T w = 1 / (1 + squared), many = cell.points * w;
            sum.z += many;
            sum.x += many * w * dx;
            sum.y += many * w * dy;
            c = cell.next;
        }
        return sum;
    }

    std::size_t cells() const { return cells_.size(); }

private:
    struct Cell {
        T x, y, points, squared_side;
        std::uint32_t next;
    };
    struct Sum {
        double x, y;
    };
    Sum build(const Plane& y, const std::vector<std::uint64_t>& codes, std::size_t begin, std::size_t end, int level, double side);

    std::vector<std::uint32_t> order_;
    std::vector<Cell> cells_;
};

extern template class Quadtree<float>;
extern template class Quadtree<double>;

}  // namespace xtape::analysis::detail

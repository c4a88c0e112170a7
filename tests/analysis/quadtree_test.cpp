#include <xtape/analysis/quadtree.hpp>

#include <xtape/autodiff/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace xtape;
using Tree = analysis::detail::Quadtree<double>;

namespace {

Tree::Plane places(const std::vector<double>& x, const std::vector<double>& y) {
    Tree::Plane plane;
    plane[0].assign(x.begin(), x.end());
    plane[1].assign(y.begin(), y.end());
    return plane;
}

}  // namespace

TEST_CASE("a tree orders the points along the curve, each once") {
    // Quarters in the order of the curve: low left, low right, high left, high right.
    const Tree tree(places({9, 0, 0, 9, 1}, {9, 9, 0, 0, 0}));
    CHECK(tree.order() == std::vector<std::uint32_t>{2, 4, 3, 1, 0});
    CHECK(tree.cells() == 7);  // the whole, the quarter with two points, and five leaves
}

TEST_CASE("a leaf counts all points that stand in one place") {
    const Tree tree(places({0, 4, 4, 4}, {0, 3, 3, 3}));
    CHECK(tree.cells() == 3);
    const Tree::Push push = tree.push(0, 0, 0);
    CHECK(std::abs(push.z - (1 + 3. / 26)) <= 1e-15);
    CHECK(std::abs(push.x + 3 * 4. / 26 / 26) <= 1e-15);
    CHECK(std::abs(push.y + 3 * 3. / 26 / 26) <= 1e-15);
    const Tree one(places({5}, {6}));
    CHECK(one.cells() == 1);
    CHECK(one.push(5, 6, 0.25).z == 1);
    const Tree same(places({5, 5, 5}, {6, 6, 6}));
    CHECK(same.push(5, 6, 0.25).z == 3);
}

TEST_CASE("cells that are far away count as their mean") {
    // From (100, 0) the four points around the origin are one cell.
    const Tree tree(places({-1, 1, -1, 1, 100}, {-1, -1, 1, 1, 0}));
    const Tree::Push far = tree.push(100, 0, 0.25);
    CHECK(std::abs(far.z - (1 + 4. / 10001)) <= 1e-15);
    CHECK(std::abs(far.x - 4 * 100. / 10001 / 10001) <= 1e-15);
    CHECK(std::abs(far.y) <= 1e-18);
    // From among them they are four.
    const Tree::Push near = tree.push(-1, -1, 0.25);
    CHECK(std::abs(near.z - (1 + 2. / 5 + 1. / 9 + 1. / (1 + 101 * 101 + 1))) <= 1e-15);
}

TEST_CASE("a walk through the whole tree sums over all points, wherever they stand") {
    for (const double scale : {1e-4, 1., 1e4}) {
        const auto x = random::normal<double>({200}, 3 * scale, scale, random::Stream(1, 0));
        const auto y = random::normal<double>({200}, 0., scale, random::Stream(1, 1));
        const Tree tree(places({x.begin(), x.end()}, {y.begin(), y.end()}));
        std::vector<std::uint32_t> order = tree.order();
        std::sort(order.begin(), order.end());
        for (std::uint32_t i = 0; i < 200; ++i) CHECK(order[i] == i);
        double z = 0;
        for (std::size_t i = 0; i < 200; ++i) {
            z += 1 / (1 + (x(i) - x(0)) * (x(i) - x(0)) + (y(i) - y(0)) * (y(i) - y(0)));
        }
        CHECK(std::abs(tree.push(x(0), y(0), 0).z / z - 1) <= 1e-12);
    }
}

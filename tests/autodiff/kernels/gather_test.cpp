#include <xtape/autodiff/kernels/gather.hpp>

#include <xtape/autodiff/random.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using detail::AxisView;

namespace {

// Of shapes from a few elements to several blocks of work: what the kernels do, the plain way.
struct Case {
    AxisView view;
    std::size_t count;
    std::vector<std::int64_t> rows, elements;  // indices from either end, one a row and one an element
    std::vector<double> x, v;

    Case(std::size_t outer, std::size_t extent, std::size_t inner, std::size_t n) : count(n) {
        view.outer = outer, view.extent = extent, view.inner = inner;
        random::Stream stream(5, outer * 1000 + extent * 100 + inner * 10 + n);
        const auto draw = [&] { return static_cast<std::int64_t>(stream.below(2 * extent)) - static_cast<std::int64_t>(extent); };
        for (std::size_t i = 0; i < count; ++i) rows.push_back(draw());
        for (std::size_t i = 0; i < outer * count * inner; ++i) elements.push_back(draw());
        for (std::size_t i = 0; i < outer * extent * inner; ++i) x.push_back(stream.uniform());
        for (std::size_t i = 0; i < outer * count * inner; ++i) v.push_back(stream.uniform());
    }

    // f(place in x, place in v) for every index.
    template <class F>
    void visit(bool along, F f) const {
        for (std::size_t o = 0; o < view.outer; ++o) {
            for (std::size_t k = 0; k < count; ++k) {
                for (std::size_t i = 0; i < view.inner; ++i) {
                    const std::size_t at = (o * count + k) * view.inner + i;
                    std::int64_t index = along ? elements[at] : rows[k];
                    if (index < 0) index += static_cast<std::int64_t>(view.extent);
                    f((o * view.extent + static_cast<std::size_t>(index)) * view.inner + i, at);
                }
            }
        }
    }
};

double apart(const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]) / (1 + std::abs(b[i])));
    return worst;
}

}  // namespace

TEST_CASE("reading and adding at indices, beside the plain way") {
    for (const Case& c : {Case(1, 1, 1, 1), Case(2, 3, 4, 5), Case(1, 5, 1, 100'000), Case(1, 1000, 70, 3000), Case(300, 4, 1, 300),
                          Case(7, 9, 130, 40), Case(1, 3, 1000, 100), Case(3, 2, 4, 0)}) {
        CAPTURE(c.view.outer);
        CAPTURE(c.view.extent);
        CAPTURE(c.view.inner);
        CAPTURE(c.count);
        for (const bool along : {false, true}) {
            std::vector<double> read(c.v.size(), -1), want_read(c.v.size(), -1), sum = c.x, want_sum = c.x;
            c.visit(along, [&](std::size_t x, std::size_t v) {
                want_read[v] = c.x[x];
                want_sum[x] += c.v[v];
            });
            if (along) {
                detail::take_along(c.x.data(), c.view, c.elements.data(), c.count, read.data());
                detail::add_along(c.v.data(), c.view, c.elements.data(), c.count, sum.data());
            } else {
                detail::take_rows(c.x.data(), c.view, c.rows.data(), c.count, read.data());
                detail::add_rows(c.v.data(), c.view, c.rows.data(), c.count, sum.data());
            }
            CHECK((read == want_read));
            CHECK(apart(sum, want_sum) < 1e-12);
        }
    }
}

TEST_CASE("a shape seen from an axis") {
    const AxisView middle(Shape{2, 3, 4}, 1), last(Shape{2, 3, 4}, 2), flat(Shape{2, 3, 4});
    CHECK(middle.outer == 2);
    CHECK(middle.extent == 3);
    CHECK(middle.inner == 4);
    CHECK(last.outer == 6);
    CHECK(last.inner == 1);
    CHECK(flat.extent == 24);
    CHECK(flat.outer * flat.inner == 1);
}

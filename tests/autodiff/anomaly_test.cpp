// Finding NaN and infinities in arrays, and calling them by their place.
#include <xtape/autodiff/anomaly.hpp>

#include "autodiff/support.hpp"

#include <xtape/autodiff/parallel.hpp>

#include <limits>

using namespace xtape;
using detail::Exhibit;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN(),
                infinity = std::numeric_limits<float>::infinity();

std::string text(const Array& array) { return Exhibit::of("input 0", array).text(); }

std::string found(const Array& made, const std::vector<Array>& causes) {
    std::vector<Exhibit> exhibits{Exhibit::of("result", made)};
    for (const Array& cause : causes) exhibits.push_back(Exhibit::of("input", cause));
    const detail::Finding finding = detail::find_made(exhibits);
    return finding.none() ? "nothing" : finding.what + " out of " + finding.among + "inputs" + finding.without;
}

template <class T>
void check_every_place() {
    // Lengths around the registers' width, and over the length at which the search is cut in blocks.
    for (const std::size_t n : {1U, 2U, 7U, 15U, 16U, 17U, 31U, 33U, 64U, 100U}) {
        BasicArray<T> x(Shape{n}, std::numeric_limits<T>::max());
        CHECK(detail::all_finite(x));
        for (std::size_t i = 0; i < n; ++i) {
            for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(),
                                -std::numeric_limits<T>::infinity()}) {
                x.data()[i] = bad;
                CHECK_FALSE(detail::all_finite(x));
            }
            x.data()[i] = std::numeric_limits<T>::denorm_min();
        }
        CHECK(detail::all_finite(x));
    }
    BasicArray<T> large(Shape{3, 70'000}, T(-1));
    CHECK(detail::all_finite(large));
    large.data()[131'073] = std::numeric_limits<T>::infinity();
    CHECK_FALSE(detail::all_finite(large));
}

}  // namespace

TEST_CASE("one NaN or infinity is found wherever it lies") {
    check_every_place<float>();
    check_every_place<double>();
    CHECK(detail::all_finite(Array(Shape{0, 3})));
    CHECK(detail::all_finite(Array(2.F)));
    // Infinities of both signs do not hide each other.
    CHECK_FALSE(detail::all_finite(Array{infinity, -infinity}));
}

TEST_CASE("an array is described by its shape, its NaNs and infinities and the range of the rest") {
    CHECK(text(Array{{1.F, -2.5F}}) == "input 0 (1, 2) from -2.5 to 1");
    CHECK(text(Array{3.F, 3.F}) == "input 0 (2) all 3");
    CHECK(text(Array(7.F)) == "input 0 () all 7");
    CHECK(text(Array(Shape{0})) == "input 0 (0)");
    CHECK(text(Array{not_a_number, 1.F}) == "input 0 (2) with 1 NaN, else all 1");
    CHECK(text(Array{not_a_number, infinity, -infinity, 1.F, 1e-20F}) ==
          "input 0 (5) with 1 NaN and 2 inf, else from 1e-20 to 1");
    CHECK(text(Array{-infinity}) == "input 0 (1) with 1 inf");
}

TEST_CASE("at most eight arrays are shown") {
    const std::vector<Exhibit> eight(8, Exhibit::of("x", Array{1.F})), ten(10, Exhibit::of("x", Array{1.F}));
    CHECK(detail::show({Exhibit::of("a", Array{1.F}), Exhibit::of("b", Array{2.F})}) == "a (1) all 1; b (1) all 2; ");
    const std::string shown = detail::show(eight);
    CHECK(shown ==
          "x (1) all 1; x (1) all 1; x (1) all 1; x (1) all 1; x (1) all 1; x (1) all 1; x (1) all 1; x (1) all 1; ");
    CHECK(detail::show(ten) == shown + "and 2 more; ");
}

TEST_CASE("made is what the causes cannot have handed on") {
    const Array fine{1.F, 2.F};
    CHECK(found(fine, {fine}) == "nothing");
    CHECK(found(Array{1.F, not_a_number}, {fine}) == "NaN at [1] out of finite inputs");
    CHECK(found(Array{1.F, infinity}, {fine, fine}) == "inf at [1] out of finite inputs");
    CHECK(found(Array{{1.F, 2.F, 3.F}, {4.F, -infinity, 5.F}}, {}) == "-inf at [1, 1] out of finite inputs");
    CHECK(found(Array(not_a_number), {}) == "NaN out of finite inputs");
    // The first of both.
    CHECK(found(Array{-infinity, not_a_number}, {fine}) == "-inf at [0] out of finite inputs");
    CHECK(found(Array{not_a_number, infinity}, {fine}) == "NaN at [0] out of finite inputs");
    // Infinities make infinities, but a NaN comes from a NaN.
    CHECK(found(Array{1.F, infinity}, {fine, Array{infinity}}) == "nothing");
    CHECK(found(Array{infinity, not_a_number}, {Array{-infinity}}) == "NaN at [1] out of inputs without NaN");
    CHECK(found(Array{not_a_number, infinity}, {fine, Array{not_a_number}}) == "nothing");
}

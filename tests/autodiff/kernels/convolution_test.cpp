#include <xtape/autodiff/kernels/convolution.hpp>

#include <xtape/autodiff/info.hpp>
#include <xtape/autodiff/kernels/column_convolution.hpp>
#include <xtape/autodiff/kernels/direct_convolution.hpp>
#include <xtape/autodiff/kernels/pixel_convolution.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include "autodiff/support.hpp"

using namespace xtape;
using detail::ConvolutionAxis;
using detail::ConvolutionShape;

namespace {

std::size_t count(std::ptrdiff_t n) { return static_cast<std::size_t>(n); }

std::size_t images(const ConvolutionShape& s) { return s.batch * s.groups * s.in * count(s.y.input * s.x.input); }
std::size_t outputs(const ConvolutionShape& s) { return s.batch * s.groups * s.out * count(s.y.output * s.x.output); }
std::size_t weights(const ConvolutionShape& s) { return s.groups * s.out * s.in * count(s.y.kernel * s.x.kernel); }

template <class T>
BasicArray<T> numbers(std::size_t n, std::uint64_t seed) {
    return BasicArray<T>(xt::cast<T>(sample::uniform({n}, seed)));
}

// f(place in y, place in w, place in x) for every term of the form.
template <class F>
void each_term(const ConvolutionShape& s, F f) {
    for (std::size_t y = 0; y < outputs(s); ++y) {
        const auto at = static_cast<std::ptrdiff_t>(y), plane = at / s.x.output / s.y.output;
        const std::ptrdiff_t o = plane % static_cast<std::ptrdiff_t>(s.groups * s.out);
        const std::ptrdiff_t group = plane / static_cast<std::ptrdiff_t>(s.out), in = static_cast<std::ptrdiff_t>(s.in);
        for (std::ptrdiff_t k = 0; k < in * s.y.kernel * s.x.kernel; ++k) {
            const std::ptrdiff_t c = k / s.x.kernel / s.y.kernel;
            const std::ptrdiff_t row =
                at / s.x.output % s.y.output * s.y.stride + k / s.x.kernel % s.y.kernel * s.y.dilation - s.y.padding;
            const std::ptrdiff_t column = at % s.x.output * s.x.stride + k % s.x.kernel * s.x.dilation - s.x.padding;
            if (row < 0 || row >= s.y.input || column < 0 || column >= s.x.input) continue;
            f(y, count(o * in * s.y.kernel * s.x.kernel + k),
              count(((group * in + c) * s.y.input + row) * s.x.input + column));
        }
    }
}

// Sums of products and of their sizes, by which an error is measured.
struct Sums {
    explicit Sums(std::size_t n) : value(n, 0.0), size(n, 1.0) {}
    void add(std::size_t at, double term) {
        value[at] += term;
        size[at] += std::abs(term);
    }
    template <class T>
    double error(const BasicArray<T>& got) const {
        double worst = 0;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const double e = std::abs(static_cast<double>(got.data()[i]) - value[i]) / size[i];
            worst = std::isnan(e) ? INFINITY : std::max(worst, e);
        }
        return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
    }
    std::vector<double> value, size;
};

template <class T>
struct Results {
    BasicArray<T> y, x, w;
};

// Results in which nothing is written yet.
template <class T>
Results<T> nowhere(const ConvolutionShape& s) {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    return {BasicArray<T>(Shape{outputs(s)}, nan), BasicArray<T>(Shape{images(s)}, nan),
            BasicArray<T>(Shape{weights(s)}, nan)};
}

template <class T>
Results<T> run(const ConvolutionShape& s) {
    const BasicArray<T> x = numbers<T>(images(s), 1), w = numbers<T>(weights(s), 2), y = numbers<T>(outputs(s), 3);
    const BasicArray<T> of_y = numbers<T>(s.groups * s.out, 4), of_x = numbers<T>(s.groups * s.in, 5);
    Results<T> r = nowhere<T>(s);
    detail::convolve(s, x.data(), w.data(), of_y.data(), r.y.data());
    detail::convolve_transposed(s, y.data(), w.data(), of_x.data(), r.x.data());
    detail::convolve_weight(s, x.data(), y.data(), r.w.data());
    return r;
}

// As run, but by the kernels without columns.
template <class T>
Results<T> direct(const ConvolutionShape& s) {
    const BasicArray<T> x = numbers<T>(images(s), 1), w = numbers<T>(weights(s), 2), y = numbers<T>(outputs(s), 3);
    const BasicArray<T> of_y = numbers<T>(s.groups * s.out, 4);
    Results<T> r = run<T>(s);
    detail::convolve_direct(s, x.data(), w.data(), of_y.data(), r.y.data());
    detail::convolve_weight_direct(s, x.data(), y.data(), r.w.data());
    return r;
}

// As run, but with pixels in registers.
template <class T>
Results<T> by_pixels(const ConvolutionShape& s) {
    const BasicArray<T> x = numbers<T>(images(s), 1), w = numbers<T>(weights(s), 2), y = numbers<T>(outputs(s), 3);
    const BasicArray<T> of_y = numbers<T>(s.groups * s.out, 4), of_x = numbers<T>(s.groups * s.in, 5);
    Results<T> r = nowhere<T>(s);
    detail::convolve_pixels(s, x.data(), w.data(), of_y.data(), r.y.data());
    detail::convolve_pixels_transposed(s, y.data(), w.data(), of_x.data(), r.x.data());
    detail::convolve_pixels_weight(s, x.data(), y.data(), r.w.data());
    return r;
}

// As run, but by columns.
template <class T>
Results<T> by_columns(const ConvolutionShape& s) {
    const BasicArray<T> x = numbers<T>(images(s), 1), w = numbers<T>(weights(s), 2), y = numbers<T>(outputs(s), 3);
    const BasicArray<T> of_y = numbers<T>(s.groups * s.out, 4), of_x = numbers<T>(s.groups * s.in, 5);
    Results<T> r = nowhere<T>(s);
    detail::convolve_columns(s, x.data(), w.data(), of_y.data(), r.y.data());
    detail::convolve_columns_transposed(s, y.data(), w.data(), of_x.data(), r.x.data());
    detail::convolve_columns_weight(s, x.data(), y.data(), r.w.data());
    return r;
}

template <class T>
void check(const ConvolutionShape& s, Results<T> (*way)(const ConvolutionShape&)) {
    const BasicArray<T> x = numbers<T>(images(s), 1), w = numbers<T>(weights(s), 2), y = numbers<T>(outputs(s), 3);
    const BasicArray<T> of_y = numbers<T>(s.groups * s.out, 4), of_x = numbers<T>(s.groups * s.in, 5);
    Sums sum_y(outputs(s)), sum_x(images(s)), sum_w(weights(s));
    const std::size_t in_plane = count(s.y.input * s.x.input), out_plane = count(s.y.output * s.x.output);
    for (std::size_t i = 0; i < outputs(s); ++i)
        sum_y.add(i, static_cast<double>(of_y.data()[i / out_plane % of_y.size()]));
    for (std::size_t i = 0; i < images(s); ++i)
        sum_x.add(i, static_cast<double>(of_x.data()[i / in_plane % of_x.size()]));
    each_term(s, [&](std::size_t i, std::size_t j, std::size_t k) {
        const auto a = static_cast<double>(y.data()[i]), b = static_cast<double>(w.data()[j]),
                   c = static_cast<double>(x.data()[k]);
        sum_y.add(i, b * c);
        sum_w.add(j, a * c);
        sum_x.add(k, a * b);
    });
    const Results<T> got = way(s);
    CHECK(sum_y.error(got.y) < 8);
    CHECK(sum_x.error(got.x) < 8);
    CHECK(sum_w.error(got.w) < 8);
}

ConvolutionAxis axis(std::ptrdiff_t input, std::ptrdiff_t kernel, std::ptrdiff_t stride = 1, std::ptrdiff_t padding = 0,
                     std::ptrdiff_t dilation = 1) {
    return {input, (input + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1, kernel, stride, padding, dilation};
}

struct Named {
    const char* name;
    ConvolutionShape shape;
};

const std::vector<Named>& shapes() {
    static const std::vector<Named> all{
        {"1 x 1", {3, 2, 5, 3, axis(7, 1), axis(9, 1)}},
        {"1 x 1 with a stride", {3, 1, 5, 20, axis(7, 1, 2), axis(9, 1, 3)}},
        {"few channels", {9, 1, 1, 3, axis(11, 5, 1, 2), axis(12, 5, 1, 2)}},
        {"one channel to many", {5, 1, 1, 16, axis(28, 5, 1, 2), axis(28, 5, 1, 2)}},
        {"one channel to one, in groups", {3, 7, 1, 1, axis(9, 3, 1, 1), axis(21, 3, 1, 1)}},
        {"one channel to one, in groups, with a stride", {3, 7, 1, 1, axis(28, 3, 2, 1), axis(29, 3, 2, 1)}},
        {"1 x 1, wider than a register", {3, 1, 9, 11, axis(5, 1), axis(23, 1)}},
        {"no padding, wider than a register", {2, 1, 2, 5, axis(9, 3), axis(37, 4)}},
        {"a stride of 2 with an odd rest", {2, 1, 3, 9, axis(30, 3, 2, 0), axis(38, 5, 2, 1)}},
        {"one row", {3, 1, 1, 32, axis(1, 1), axis(50, 3)}},
        {"many channels", {3, 1, 16, 32, axis(14, 5, 1, 2), axis(14, 5, 1, 2)}},
        {"channels that fill no register", {2, 1, 8, 19, axis(9, 3, 1, 1), axis(17, 3, 1, 1)}},
        {"many channels, one image", {1, 1, 37, 45, axis(6, 3, 1, 1), axis(33, 3, 1, 1)}},
        {"many channels in groups", {2, 3, 16, 17, axis(8, 3), axis(8, 2)}},
        {"wide kernel", {2, 1, 23, 16, axis(3, 1), axis(40, 11, 1, 5)}},
        {"dilated", {2, 1, 23, 16, axis(12, 3, 1, 2, 3), axis(12, 3, 1, 0, 2)}},
        {"dilated along the height", {2, 1, 7, 18, axis(12, 3, 1, 4, 3), axis(12, 3, 1, 1)}},
        {"strides", {3, 2, 4, 16, axis(13, 3, 2, 1), axis(12, 4, 3, 2)}},
        {"a stride beyond the kernel", {2, 1, 23, 16, axis(12, 2, 4), axis(11, 1, 3)}},
        {"a stride beyond the image", {2, 1, 3, 5, {1, 1, 1, 3, 1, 1}, {2, 1, 1, 4, 2, 1}}},
        {"padding beyond the kernel", {2, 1, 23, 16, axis(3, 2, 1, 4), axis(3, 2, 1, 5)}},
        {"cropped", {2, 1, 23, 16, axis(9, 3, 1, -2), axis(9, 3, 1, -1)}},
        {"more output than the image gives", {2, 1, 23, 16, {5, 9, 3, 1, 1, 1}, {5, 8, 3, 1, 1, 1}}},
        {"less output than the image gives", {2, 1, 23, 16, {9, 2, 3, 1, 1, 1}, {9, 3, 3, 2, 1, 1}}},
        {"nothing inside", {2, 1, 23, 16, {2, 2, 1, 1, 5, 1}, {2, 2, 2, 1, 5, 1}}},
        {"rows in blocks", {1, 1, 40, 16, axis(70, 3, 1, 1), axis(60, 3, 1, 1)}},
        {"rows in blocks, with a stride", {1, 1, 40, 5, axis(90, 5, 2, 1), axis(60, 5, 2, 1)}},
    };
    return all;
}

}  // namespace

TEST_CASE("convolution and both its gradients agree with plain loops, whichever way they are computed") {
    for (const Named& s : shapes()) {
        CAPTURE(s.name);
        check<float>(s.shape, run<float>);
        check<double>(s.shape, run<double>);
    }
}

TEST_CASE("the way without columns agrees with plain loops wherever it fits, even where it does not pay") {
    std::size_t fits = 0, pays = 0;
    for (const Named& s : shapes()) {
        CAPTURE(s.name);
        pays += detail::direct_convolution_pays<float>(s.shape) && detail::direct_weight_pays<float>(s.shape);
        if (!detail::direct_weight_fits(s.shape)) continue;
        fits += detail::direct_convolution_fits(s.shape);
        check<float>(s.shape, direct<float>);
        check<double>(s.shape, direct<double>);
    }
    CHECK(fits > 5);
    // The library may be compiled for wider registers than this test is.
    const std::string set = info().instruction_set;
    CHECK((pays > 5) == (set.starts_with("AVX") || set == "avx"));
}

TEST_CASE("the ways with pixels in registers and by columns agree with plain loops, even where they do not pay") {
    std::size_t fits = 0;
    for (const Named& s : shapes()) {
        CAPTURE(s.name);
        check<float>(s.shape, by_columns<float>);
        check<double>(s.shape, by_columns<double>);
        if (!detail::pixel_convolution_fits(s.shape)) continue;
        ++fits;
        check<float>(s.shape, by_pixels<float>);
        check<double>(s.shape, by_pixels<double>);
    }
    CHECK(fits > 20);
    ConvolutionShape s{1, 1, 1, 1, axis(100, 3), axis(100, 3)};
    CHECK(detail::pixel_convolution_fits(s));
    s.x = axis(100, 3, 9);
    CHECK_FALSE(detail::pixel_convolution_fits(s));
    s.x = axis(3, 2, 1, 1000, 1000);
    CHECK_FALSE(detail::pixel_convolution_fits(s));
}

TEST_CASE("no image: no output, and a weight gradient of zeros") {
    const ConvolutionShape none{0, 1, 4, 16, axis(5, 3), axis(5, 3)};
    const Results<float> r = run<float>(none);
    CHECK(r.y.size() == 0);
    CHECK(r.x.size() == 0);
    CHECK(r.w == Array(Shape{weights(none)}, 0.F));
}

TEST_CASE("a long sum of weight gradients keeps its precision") {
    // Equal terms, whose roundings all go the same way: 1.8 million of them one after the other would lose three
    // digits.
    const ConvolutionShape s{20, 1, 4, 16, axis(300, 3, 1, 1), axis(300, 3, 1, 1)};
    const Array x(Shape{images(s)}, 0.1F), y(Shape{outputs(s)}, 1.F);
    Array w(Shape{weights(s)});
    detail::convolve_weight(s, x.data(), y.data(), w.data());
    const double exact = 20.0 * 300 * 300 * static_cast<double>(0.1F);
    CHECK(std::abs(static_cast<double>(w.data()[4]) / exact - 1) < 2e-5);
}

TEST_CASE("convolutions have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    for (const Named& s : shapes()) {
        CAPTURE(s.name);
        set_threads(1);
        const Results<float> one = run<float>(s.shape);
        for (const std::size_t n : {std::size_t{2}, std::size_t{4}}) {
            set_threads(n);
            const Results<float> more = run<float>(s.shape);
            CHECK(support::same_bits(one.y, more.y));
            CHECK(support::same_bits(one.x, more.x));
            CHECK(support::same_bits(one.w, more.w));
        }
    }
    set_threads(before);
}

TEST_CASE("convolutions ask the system for no memory once they have run") {
    const ConvolutionShape direct{4, 1, 16, 32, axis(14, 5, 1, 2), axis(14, 5, 1, 2)},
        columns{4, 1, 3, 5, axis(14, 5, 2, 2), axis(14, 5)};
    const std::size_t before_threads = threads();
    set_threads(1);
    const auto all = [&] {
        run<float>(direct);
        run<float>(columns);
    };
    all();
    const std::size_t before = memory_stats().system_allocations;
    all();
    CHECK(memory_stats().system_allocations == before);
    set_threads(before_threads);
}

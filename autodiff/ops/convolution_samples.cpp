#include <xtape/autodiff/ops/convolution.hpp>

namespace xtape {

using namespace sample;

namespace {

template <std::size_t D>
Shape shape_of(std::size_t batch, std::size_t channels, const std::array<std::size_t, 2>& extents) {
    return D == 1 ? Shape{batch, channels, extents[1]} : Shape{batch, channels, extents[0], extents[1]};
}

template <std::size_t D>
PerAxis<D> numbers(std::size_t height, std::size_t width) {
    PerAxis<D> result = width;
    if constexpr (D == 2) result[0] = static_cast<std::ptrdiff_t>(height);
    return result;
}

// Random options, and shapes that fit them: of the image, of what a convolution makes of it, and of the weight.
template <std::size_t D>
struct Drawn {
    explicit Drawn(Draw& draw) {
        const std::size_t groups = draw(1, 2), in = draw(1, 2), out = draw(1, 2), batch = draw(0, 2);
        options.groups = static_cast<std::ptrdiff_t>(groups);
        std::array<std::size_t, 2> image{1, 1}, result{1, 1}, taps{1, 1};
        for (std::size_t i = 0; i < D; ++i) {
            const std::size_t kernel = draw(1, 3), stride = draw(1, 3), dilation = draw(1, 2);
            const std::size_t length = dilation * (kernel - 1) + 1, padding = draw(0, 2);
            const std::size_t least = length > 2 * padding + 1 ? length - 2 * padding : 1;
            const std::size_t at = i + 2 - D;
            image[at] = draw(least, least + 3);
            result[at] = (image[at] + 2 * padding - length) / stride + 1;
            taps[at] = kernel;
            options.stride[i] = static_cast<std::ptrdiff_t>(stride);
            options.dilation[i] = static_cast<std::ptrdiff_t>(dilation);
            options.padding[i] = static_cast<std::ptrdiff_t>(padding);
            output_padding[i] = static_cast<std::ptrdiff_t>((image[at] + 2 * padding - length) % stride);
        }
        x = shape_of<D>(batch, groups * in, image);
        y = shape_of<D>(batch, groups * out, result);
        w = shape_of<D>(groups * out, in, taps);
        // Derivatives of these operations ask for sizes that options alone would not give.
        if (draw(0, 3) == 0) size = numbers<D>(draw(1, 4), draw(1, 4));
        seed = draw.seed();
    }

    std::vector<Array64> inputs(const Shape& from, const Shape& weight, bool bias, std::size_t channels) const {
        std::vector<Array64> result{uniform(from, seed), uniform(weight, seed + 1)};
        if (bias) result.push_back(uniform({channels}, seed + 2));
        return result;
    }

    ConvOptions<D> options;
    PerAxis<D> output_padding = 0, size;
    Shape x, y, w;
    std::uint64_t seed = 0;
};

}  // namespace

template <std::size_t D>
std::vector<Sample<Convolution<D>>> Convolution<D>::samples() {
    const auto image = [](std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
        return shape_of<D>(n, c, {h, w});
    };
    return {{{{}, {}}, {uniform(image(1, 2, 3, 4), 1), uniform(image(2, 2, 2, 3), 2)}},
            {{{2, 1, 1, 1}, {}}, {uniform(image(2, 2, 4, 5), 3), uniform(image(2, 2, 3, 3), 4), uniform({2}, 5)}},
            {{{1, numbers<D>(2, 1), numbers<D>(1, 2), 2}, {}},
             {uniform(image(1, 4, 3, 4), 6), uniform(image(2, 2, 2, 2), 7), uniform({2}, 8)}},
            {{{1, 0, 1, 2}, {}}, {uniform(image(2, 2, 2, 3), 9), uniform(image(4, 1, 1, 1), 10)}},
            // Enough channels for the way without columns.
            {{{1, 1, 1, 1}, {}}, {uniform(image(2, 4, 2, 3), 11), uniform(image(8, 4, 2, 2), 12), uniform({8}, 13)}},
            {{{2, 1, 1, 1}, numbers<D>(2, 4)}, {uniform(image(1, 2, 4, 4), 14), uniform(image(1, 2, 2, 2), 15)}}};
}

template <std::size_t D>
Sample<Convolution<D>> Convolution<D>::random(Draw& draw) {
    const Drawn<D> d(draw);
    return {{d.options, d.size}, d.inputs(d.x, d.w, draw.coin(), d.y[1])};
}

template <std::size_t D>
std::vector<Sample<ConvolutionTranspose<D>>> ConvolutionTranspose<D>::samples() {
    const auto image = [](std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
        return shape_of<D>(n, c, {h, w});
    };
    return {
        {{{}, 0, {}}, {uniform(image(1, 2, 2, 3), 1), uniform(image(2, 2, 2, 3), 2)}},
        {{{2, 1, 1, 1}, 1, {}}, {uniform(image(2, 2, 2, 3), 3), uniform(image(2, 2, 3, 3), 4), uniform({2}, 5)}},
        {{{numbers<D>(3, 2), numbers<D>(0, 1), numbers<D>(2, 1), 2}, 0, {}},
         {uniform(image(1, 4, 3, 2), 6), uniform(image(4, 1, 2, 3), 7), uniform({2}, 8)}},
        // Padding at the end beyond the stride, which a dilation allows.
        {{{1, 2, 3, 1}, 2, {}}, {uniform(image(1, 1, 3, 3), 9), uniform(image(1, 2, 3, 3), 10)}},
        {{{1, 1, 1, 1}, 0, {}}, {uniform(image(2, 4, 2, 3), 11), uniform(image(4, 8, 2, 2), 12), uniform({8}, 13)}}};
}

template <std::size_t D>
Sample<ConvolutionTranspose<D>> ConvolutionTranspose<D>::random(Draw& draw) {
    const Drawn<D> d(draw);
    return {{d.options, d.output_padding, d.size}, d.inputs(d.y, d.w, draw.coin(), d.x[1])};
}

template <std::size_t D>
std::vector<Sample<ConvolutionWeight<D>>> ConvolutionWeight<D>::samples() {
    const auto image = [](std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
        return shape_of<D>(n, c, {h, w});
    };
    return {{{{}, numbers<D>(2, 3)}, {uniform(image(2, 2, 3, 4), 1), uniform(image(2, 2, 2, 2), 2)}},
            {{{2, 1, 1, 1}, 3}, {uniform(image(1, 2, 4, 5), 3), uniform(image(1, 2, 2, 3), 4)}},
            {{{1, 1, 2, 2}, 2}, {uniform(image(2, 2, 3, 3), 5), uniform(image(2, 4, 3, 3), 6)}},
            {{{1, 1, 1, 1}, 2}, {uniform(image(2, 4, 2, 3), 7), uniform(image(2, 8, 3, 4), 8)}}};
}

template <std::size_t D>
Sample<ConvolutionWeight<D>> ConvolutionWeight<D>::random(Draw& draw) {
    const Drawn<D> d(draw);
    Shape y = d.y;
    for (std::size_t i = 0; d.size.given() && i < D; ++i) y[2 + i] = static_cast<std::size_t>(d.size[i]);
    PerAxis<D> kernel;
    for (std::size_t i = 0; i < D; ++i) kernel[i] = static_cast<std::ptrdiff_t>(d.w[2 + i]);
    return {{d.options, kernel}, d.inputs(d.x, y, false, 0)};
}

template std::vector<Sample<Convolution<1>>> Convolution<1>::samples();
template std::vector<Sample<Convolution<2>>> Convolution<2>::samples();
template std::vector<Sample<ConvolutionTranspose<1>>> ConvolutionTranspose<1>::samples();
template std::vector<Sample<ConvolutionTranspose<2>>> ConvolutionTranspose<2>::samples();
template std::vector<Sample<ConvolutionWeight<1>>> ConvolutionWeight<1>::samples();
template std::vector<Sample<ConvolutionWeight<2>>> ConvolutionWeight<2>::samples();
template Sample<Convolution<1>> Convolution<1>::random(Draw&);
template Sample<Convolution<2>> Convolution<2>::random(Draw&);
template Sample<ConvolutionTranspose<1>> ConvolutionTranspose<1>::random(Draw&);
template Sample<ConvolutionTranspose<2>> ConvolutionTranspose<2>::random(Draw&);
template Sample<ConvolutionWeight<1>> ConvolutionWeight<1>::random(Draw&);
template Sample<ConvolutionWeight<2>> ConvolutionWeight<2>::random(Draw&);

}  // namespace xtape

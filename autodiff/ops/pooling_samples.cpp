#include <xtape/autodiff/ops/pooling.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/pooling.hpp>

namespace xtape {

using namespace sample;
using detail::PoolWindow;
using detail::PoolWindows;

namespace {

template <std::size_t D>
Shape shape_of(std::size_t batch, std::size_t channels, std::size_t height, std::size_t width) {
    return D == 1 ? Shape{batch, channels, width} : Shape{batch, channels, height, width};
}

template <std::size_t D>
PerAxis<D> numbers(std::size_t height, std::size_t width) {
    PerAxis<D> result = width;
    if constexpr (D == 2) result[0] = static_cast<std::ptrdiff_t>(height);
    return result;
}

template <class Op>
Shape inferred(const Op& op, const Array64& x) {
    const Shape shape = x.shape();
    const Shape* const pointer = &shape;
    return op.infer(Shapes(&pointer, 1));
}

// y(plane, i, j) = f(rows of x, columns of x), where the spatial shape of one axis has one row; f gets the plane's
// first element.
template <class Op, class F>
Array64 plane_by_plane(const Op& op, const Array64& x, F f) {
    Array64 y = empty_array<double>(inferred(op, x));
    const bool flat = x.dimension() == 3;
    const auto width = static_cast<std::ptrdiff_t>(y.shape().back()),
               in_width = static_cast<std::ptrdiff_t>(x.shape().back());
    const auto height = flat ? 1 : static_cast<std::ptrdiff_t>(y.shape()[2]),
               in_height = flat ? 1 : static_cast<std::ptrdiff_t>(x.shape()[2]);
    for (std::ptrdiff_t n = 0; n < static_cast<std::ptrdiff_t>(y.size()); ++n) {
        const std::ptrdiff_t plane = n / width / height;
        y.data()[n] = f(x.data() + plane * in_height * in_width, n / width % height, n % width, in_height, in_width);
    }
    return y;
}

// Every element of window (i, j), padding included: f(row, column, whether it is inside, whether it is within the
// padding).
template <std::size_t D, class Op, class F>
void each_in_window(const Op& op, std::ptrdiff_t i, std::ptrdiff_t j, std::ptrdiff_t height, std::ptrdiff_t width,
                    F f) {
    const PerAxis<D> stride = op.options.stride.given() ? op.options.stride : op.kernel;
    const std::ptrdiff_t kernel_y = D == 1 ? 1 : op.kernel[0], stride_y = D == 1 ? 1 : stride[0];
    const std::ptrdiff_t padding_y = D == 1 ? 0 : op.options.padding[0], padding_x = op.options.padding[D - 1];
    for (std::ptrdiff_t p = 0; p < kernel_y; ++p) {
        for (std::ptrdiff_t q = 0; q < op.kernel[D - 1]; ++q) {
            const std::ptrdiff_t row = i * stride_y + p - padding_y, column = j * stride[D - 1] + q - padding_x;
            f(row, column, row >= 0 && row < height && column >= 0 && column < width,
              row < height + padding_y && column < width + padding_x);
        }
    }
}

// Random windows: kernel, stride, padding and an input in which at least one fits.
template <std::size_t D, class Op>
Sample<Op> drawn(Draw& draw, Op op) {
    Shape shape{draw(0, 2), draw(1, 2)};
    for (std::size_t i = 0; i < D; ++i) {
        const std::size_t kernel = draw(1, 3), padding = draw(0, kernel / 2);
        op.kernel[i] = static_cast<std::ptrdiff_t>(kernel);
        op.options.padding[i] = static_cast<std::ptrdiff_t>(padding);
        const std::size_t least = kernel > 2 * padding + 1 ? kernel - 2 * padding : 1;
        shape.push_back(draw(least, least + 4));
    }
    if (draw.coin()) op.options.stride = numbers<D>(draw(1, 3), draw(1, 3));
    op.options.ceil_mode = draw.coin();
    // The shift keeps the elements off numbers like -1/2, where a test's y + y^2 has no slope.
    return {op, {Array64(distinct(shape, draw.seed()) + 0.0137)}};
}

const std::shared_ptr<const IndexArray>& sample_places() {
    static const auto places = std::make_shared<const IndexArray>(IndexArray{{{0, 3, 3}, {1, 2, 0}}});
    return places;
}

// Two shapes with the same planes, and for every element of the second a place in a plane of the first.
struct RandomPlaces {
    Shape large, small;
    std::shared_ptr<const IndexArray> places;
};

RandomPlaces random_places(Draw& draw) {
    const std::size_t batch = draw(0, 2), channels = draw(1, 2), width = draw(1, 4);
    const Shape small{batch, channels, draw(1, 4)};
    IndexArray places = empty_array<std::int64_t>(small);
    for (std::int64_t& place : places) place = static_cast<std::int64_t>(draw(0, width - 1));
    return {{batch, channels, width}, small, std::make_shared<const IndexArray>(std::move(places))};
}

// Four elements in windows of two, one and three, and a last one that counts more than it holds.
const std::shared_ptr<const PoolWindows>& sample_windows() {
    static const auto windows = std::make_shared<const PoolWindows>(
        PoolWindows{2,
                    4,
                    {PoolWindow{0, 2, 2}, PoolWindow{1, 2, 1}},
                    {PoolWindow{0, 1, 2}, PoolWindow{1, 4, 3}, PoolWindow{2, 4, 3}}});
    return windows;
}

}  // namespace

template <std::size_t D>
Array64 MaxPool<D>::reference(std::span<const Array64> x) const {
    return plane_by_plane(*this, x[0], [&](const double* plane, auto i, auto j, auto height, auto width) {
        double best = -INFINITY;
        each_in_window<D>(*this, i, j, height, width, [&](auto row, auto column, bool inside, bool) {
            if (inside && !(plane[row * width + column] <= best)) best = plane[row * width + column];
        });
        return best;
    });
}

template <std::size_t D>
std::vector<Sample<MaxPool<D>>> MaxPool<D>::samples() {
    return {{{2, {}}, {distinct(shape_of<D>(2, 2, 2, 4), 1)}},
            {{2, {.stride = 1}}, {distinct(shape_of<D>(1, 2, 3, 4), 2)}},
            {{numbers<D>(2, 3), {.stride = 2, .padding = 1}}, {distinct(shape_of<D>(2, 1, 4, 5), 3)}},
            {{3, {.stride = 2, .ceil_mode = true}}, {distinct(shape_of<D>(1, 1, 4, 6), 4)}}};
}

template <std::size_t D>
Sample<MaxPool<D>> MaxPool<D>::random(Draw& draw) {
    return drawn<D>(draw, MaxPool{});
}

template <std::size_t D>
Array64 AvgPool<D>::reference(std::span<const Array64> x) const {
    return plane_by_plane(*this, x[0], [&](const double* plane, auto i, auto j, auto height, auto width) {
        double sum = 0, count = 0;
        each_in_window<D>(*this, i, j, height, width, [&](auto row, auto column, bool inside, bool padded) {
            if (inside) sum += plane[row * width + column];
            count += inside || (options.count_include_pad && padded);
        });
        return sum / count;
    });
}

template <std::size_t D>
std::vector<Sample<AvgPool<D>>> AvgPool<D>::samples() {
    return {{{2, {}}, {uniform(shape_of<D>(2, 2, 2, 4), 1)}},
            {{2, {.stride = 1}}, {uniform(shape_of<D>(1, 2, 3, 4), 2)}},
            {{numbers<D>(2, 3), {.stride = 2, .padding = 1}}, {uniform(shape_of<D>(2, 1, 4, 5), 3)}},
            {{3, {.stride = 2, .padding = 1, .ceil_mode = true}}, {uniform(shape_of<D>(1, 1, 4, 6), 4)}},
            {{3, {.stride = 2, .padding = 1, .count_include_pad = false}}, {uniform(shape_of<D>(1, 1, 4, 6), 5)}}};
}

template <std::size_t D>
Sample<AvgPool<D>> AvgPool<D>::random(Draw& draw) {
    AvgPool op{};
    op.options.count_include_pad = draw.coin();
    return drawn<D>(draw, op);
}

template <std::size_t D>
Array64 AdaptiveAvgPool<D>::reference(std::span<const Array64> x) const {
    return plane_by_plane(*this, x[0], [&](const double* plane, auto i, auto j, auto height, auto width) {
        // Element e belongs to window i when [e, e + 1) meets [i L / size, (i + 1) L / size).
        const auto meets = [](std::ptrdiff_t e, std::ptrdiff_t window, std::ptrdiff_t extent, std::ptrdiff_t count) {
            return (e + 1) * count > window * extent && e * count < (window + 1) * extent;
        };
        double sum = 0, count = 0;
        for (std::ptrdiff_t row = 0; row < height; ++row) {
            for (std::ptrdiff_t column = 0; column < width; ++column) {
                if (!meets(row, i, height, D == 1 ? 1 : size[0]) || !meets(column, j, width, size[D - 1])) continue;
                sum += plane[row * width + column];
                count += 1;
            }
        }
        return sum / count;
    });
}

template <std::size_t D>
std::vector<Sample<AdaptiveAvgPool<D>>> AdaptiveAvgPool<D>::samples() {
    return {{{1}, {uniform(shape_of<D>(2, 2, 3, 2), 1)}},
            {{numbers<D>(2, 3)}, {uniform(shape_of<D>(1, 2, 4, 5), 2)}},
            {{numbers<D>(3, 4)}, {uniform(shape_of<D>(1, 1, 2, 3), 3)}}};
}

template <std::size_t D>
Sample<AdaptiveAvgPool<D>> AdaptiveAvgPool<D>::random(Draw& draw) {
    const Shape shape = shape_of<D>(draw(0, 2), draw(1, 2), draw(1, 5), draw(1, 5));
    return {{numbers<D>(draw(1, 4), draw(1, 4))}, {uniform(shape, draw.seed())}};
}

Array64 TakePlaces::reference(std::span<const Array64> x) const {
    Array64 y = empty_array<double>(to);
    for (std::size_t i = 0; i < y.size(); ++i) {
        y.data()[i] = x[0].data()[i / plane(to) * plane(from) + static_cast<std::size_t>(places->data()[i])];
    }
    return y;
}

std::vector<Sample<TakePlaces>> TakePlaces::samples() {
    return {{{{{1, 2, 4}, {1, 2, 3}}, sample_places()}, {uniform({1, 2, 4}, 1)}}};
}

Sample<TakePlaces> TakePlaces::random(Draw& draw) {
    const RandomPlaces r = random_places(draw);
    return {{{r.large, r.small}, r.places}, {uniform(r.large, draw.seed())}};
}

Array64 PutPlaces::reference(std::span<const Array64> x) const {
    Array64 y(to, 0.0);
    for (std::size_t i = 0; i < x[0].size(); ++i) {
        y.data()[i / plane(from) * plane(to) + static_cast<std::size_t>(places->data()[i])] += x[0].data()[i];
    }
    return y;
}

std::vector<Sample<PutPlaces>> PutPlaces::samples() {
    return {{{{{1, 2, 3}, {1, 2, 4}}, sample_places()}, {uniform({1, 2, 3}, 1)}}};
}

Sample<PutPlaces> PutPlaces::random(Draw& draw) {
    const RandomPlaces r = random_places(draw);
    return {{{r.small, r.large}, r.places}, {uniform(r.small, draw.seed())}};
}

namespace {

// f(element of the windows' input, element of their output, 1 / count) for every pair that meets.
template <class F>
void each_pair(const PoolWindows& windows, std::size_t planes, F f) {
    for (std::size_t n = 0; n < planes * windows.output(); ++n) {
        const PoolWindow& row = windows.rows[n / windows.columns.size() % windows.rows.size()];
        const PoolWindow& column = windows.columns[n % windows.columns.size()];
        for (std::size_t i = row.begin; i < row.end; ++i) {
            for (std::size_t j = column.begin; j < column.end; ++j) {
                f((n / windows.output() * windows.height + i) * windows.width + j, n,
                  1.0 / static_cast<double>(row.count * column.count));
            }
        }
    }
}

}  // namespace

Array64 WindowMean::reference(std::span<const Array64> x) const {
    Array64 y(to, 0.0);
    each_pair(*windows, planes(), [&](auto in, auto out, double share) { y.data()[out] += share * x[0].data()[in]; });
    return y;
}

std::vector<Sample<WindowMean>> WindowMean::samples() {
    return {{{{{2, 1, 2, 4}, {2, 1, 2, 3}}, sample_windows()}, {uniform({2, 1, 2, 4}, 1)}}};
}

Sample<WindowMean> WindowMean::random(Draw& draw) {
    const std::size_t batch = draw(0, 3), channels = draw(1, 3);
    const Shape input{batch, channels, 2, 4}, output{batch, channels, 2, 3};
    return {{{input, output}, sample_windows()}, {uniform(input, draw.seed())}};
}

Array64 WindowSpread::reference(std::span<const Array64> x) const {
    Array64 y(to, 0.0);
    each_pair(*windows, planes(), [&](auto in, auto out, double share) { y.data()[in] += share * x[0].data()[out]; });
    return y;
}

std::vector<Sample<WindowSpread>> WindowSpread::samples() {
    return {{{{{2, 1, 2, 3}, {2, 1, 2, 4}}, sample_windows()}, {uniform({2, 1, 2, 3}, 1)}}};
}

Sample<WindowSpread> WindowSpread::random(Draw& draw) {
    const std::size_t batch = draw(0, 3), channels = draw(1, 3);
    const Shape input{batch, channels, 2, 4}, output{batch, channels, 2, 3};
    return {{{output, input}, sample_windows()}, {uniform(output, draw.seed())}};
}

namespace {

template <std::size_t D>
OperationInfo global_average() {
    const auto f = [](const auto& x) {
        if constexpr (D == 1) {
            return global_avg_pool1d(x[0]);
        } else {
            return global_avg_pool2d(x[0]);
        }
    };
    const auto reference = [](const std::vector<Array64>& x) {
        return AdaptiveAvgPool<D>{1}.reference(std::span<const Array64>(x));
    };
    return detail::describe_composition(D == 1 ? "global_avg_pool1d" : "global_avg_pool2d",
                                        D == 1 ? "global_avg_pool1d(x)" : "global_avg_pool2d(x)",
                                        D == 1 ? "y = adaptive_avg_pool1d(x, 1);  dx = g / elements of a plane"
                                               : "y = adaptive_avg_pool2d(x, 1);  dx = g / elements of a plane",
                                        {{uniform(shape_of<D>(2, 3, 2, 4), 1)}}, f, reference);
}

}  // namespace

template Array64 MaxPool<1>::reference(std::span<const Array64>) const;
template Array64 MaxPool<2>::reference(std::span<const Array64>) const;
template Array64 AvgPool<1>::reference(std::span<const Array64>) const;
template Array64 AvgPool<2>::reference(std::span<const Array64>) const;
template Array64 AdaptiveAvgPool<1>::reference(std::span<const Array64>) const;
template Array64 AdaptiveAvgPool<2>::reference(std::span<const Array64>) const;
template std::vector<Sample<MaxPool<1>>> MaxPool<1>::samples();
template Sample<MaxPool<1>> MaxPool<1>::random(Draw&);
template std::vector<Sample<MaxPool<2>>> MaxPool<2>::samples();
template Sample<MaxPool<2>> MaxPool<2>::random(Draw&);
template std::vector<Sample<AvgPool<1>>> AvgPool<1>::samples();
template Sample<AvgPool<1>> AvgPool<1>::random(Draw&);
template std::vector<Sample<AvgPool<2>>> AvgPool<2>::samples();
template Sample<AvgPool<2>> AvgPool<2>::random(Draw&);
template std::vector<Sample<AdaptiveAvgPool<1>>> AdaptiveAvgPool<1>::samples();
template Sample<AdaptiveAvgPool<1>> AdaptiveAvgPool<1>::random(Draw&);
template std::vector<Sample<AdaptiveAvgPool<2>>> AdaptiveAvgPool<2>::samples();
template Sample<AdaptiveAvgPool<2>> AdaptiveAvgPool<2>::random(Draw&);

std::vector<OperationInfo> detail::pooling_operations() {
    std::vector<OperationInfo> rows = describe_family(PoolingOps{});
    rows.push_back(global_average<1>());
    rows.push_back(global_average<2>());
    return rows;
}

}  // namespace xtape

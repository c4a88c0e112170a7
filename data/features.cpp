#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/features.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xtape::data {

namespace {

constexpr std::size_t grain = 1 << 14;

// Of all numbers that are measured together.
struct Measure {
    double mean = 0, deviation = 0, low = 0, high = 0;
};

struct Layout {
    std::size_t rows, width, groups;
    Shape row_shape;

    std::size_t together() const { return width / groups; }  // numbers of a row that are measured together
};

Layout layout_of(const char* name, const Array& rows, Per per, Location at) {
    const Shape& shape = rows.shape();
    const std::string caller = std::string(name) + "::fit";
    if (shape.empty() || rows.size() == 0) {
        throw ShapeError(caller + ": expected rows (N, ...) with at least one number, got shape " + to_string(shape), at);
    }
    if (per == Per::channel && shape.size() != 4) {
        throw ShapeError(caller + ": expected images (N, C, H, W), got shape " + to_string(shape), at);
    }
    const std::size_t width = rows.size() / shape[0];
    const std::size_t groups = per == Per::all ? 1 : per == Per::channel ? shape[1] : width;
    return {shape[0], width, groups, Shape(shape.begin() + 1, shape.end())};
}

// Two passes over the rows: the second sums squares of small differences, which loses nothing.
std::vector<Measure> measure(const char* name, const Array& rows, const Layout& layout, Location at) {
    struct Sums {
        double sum = 0, squares = 0;
        float low = std::numeric_limits<float>::infinity(), high = -std::numeric_limits<float>::infinity();
    };
    std::vector<Sums> columns(layout.width);
    const auto each = [&](auto&& f) {
        parallel_for(layout.width, std::max<std::size_t>(16, grain / layout.rows), [&](std::size_t begin, std::size_t end) {
            for (std::size_t row = 0; row < layout.rows; ++row) {
                for (std::size_t k = begin; k < end; ++k) f(columns[k], k, rows.data()[row * layout.width + k]);
            }
        });
    };
    each([](Sums& sums, std::size_t, float x) {
        sums.sum += static_cast<double>(x);
        sums.low = std::min(sums.low, x);
        sums.high = std::max(sums.high, x);
    });

    std::vector<Measure> result(layout.groups);
    const std::size_t together = layout.together();
    const auto count = static_cast<double>(layout.rows * together);
    for (std::size_t group = 0; group < layout.groups; ++group) {
        Sums all;
        for (std::size_t k = group * together; k < (group + 1) * together; ++k) {
            if (!std::isfinite(columns[k].sum)) {
                throw DataError(std::string(name) + "::fit: expected finite numbers, got others in feature " + std::to_string(k), at);
            }
            all.sum += columns[k].sum;
            all.low = std::min(all.low, columns[k].low);
            all.high = std::max(all.high, columns[k].high);
        }
        result[group] = {all.sum / count, 0, static_cast<double>(all.low), static_cast<double>(all.high)};
    }
    each([&](Sums& sums, std::size_t k, float x) {
        const double difference = static_cast<double>(x) - result[k / together].mean;
        sums.squares += difference * difference;
    });
    for (std::size_t group = 0; group < layout.groups; ++group) {
        double squares = 0;
        for (std::size_t k = group * together; k < (group + 1) * together; ++k) squares += columns[k].squares;
        // Where all are equal, the mean may still be off by its rounding.
        result[group].deviation = result[group].low == result[group].high ? 0 : std::sqrt(squares / count);
    }
    return result;
}

template <class F>
Array column(const std::vector<Measure>& measures, F&& f) {
    Array result = empty_array<float>(Shape{measures.size()});
    std::transform(measures.begin(), measures.end(), result.data(), [&](const Measure& m) { return static_cast<float>(f(m)); });
    return result;
}

float or_one(float divisor) { return divisor == 0.f ? 1.f : divisor; }

const files::StoredArray& find(std::span<const files::StoredArray> arrays, const std::string& name, const char* caller, Location at) {
    for (const files::StoredArray& array : arrays) {
        if (array.name == name) return array;
    }
    throw DataError(std::string(caller) + ": expected an array \"" + name + "\", got " + std::to_string(arrays.size()) + " others", at);
}

}  // namespace

FeatureScaler::FeatureScaler(Array shift, Array divisor, Shape row_shape, const char* name)
    : shift_(std::move(shift)), divisor_(std::move(divisor)), row_shape_(std::move(row_shape)), name_(name) {}

FeatureScaler::FeatureScaler(std::span<const files::StoredArray> arrays, const std::string& prefix, const char* name, Location at)
    : shift_(files::to_array<float>(find(arrays, prefix + "shift", name, at), name)),
      divisor_(files::to_array<float>(find(arrays, prefix + "divisor", name, at), name)),
      name_(name) {
    const IndexArray extents = files::to_array<std::int64_t>(find(arrays, prefix + "row_shape", name, at), name);
    bool good = extents.shape().size() == 1 && shift_.shape().size() == 1 && shift_.shape() == divisor_.shape();
    std::size_t width = 1;
    for (std::size_t i = 0; good && i < extents.size(); ++i) {
        const std::int64_t extent = extents.data()[i];
        good = extent > 0 && !__builtin_mul_overflow(width, static_cast<std::size_t>(extent), &width);
        row_shape_.push_back(static_cast<std::size_t>(extent));
    }
    good = good && shift_.size() > 0 && width % shift_.size() == 0 &&
           std::none_of(divisor_.begin(), divisor_.end(), [](float d) { return d == 0.f || !std::isfinite(d); });
    if (!good) {
        throw DataError(std::string(name) + ": expected shift and divisor (K), not 0, for rows of a multiple of K numbers, got shapes " +
                            to_string(shift_.shape()) + " and " + to_string(divisor_.shape()) + " for rows " + to_string(row_shape_),
                        at);
    }
}

template <class F>
Array FeatureScaler::each(const char* function, const Array& x, Location at, F f) const {
    const Shape& shape = x.shape();
    const std::size_t rank = row_shape_.size();
    const bool rows = shape.size() == rank + 1;
    if ((!rows && shape.size() != rank) || !std::equal(row_shape_.begin(), row_shape_.end(), shape.end() - static_cast<std::ptrdiff_t>(rank))) {
        throw ShapeError(std::string(name_) + function + ": expected a row " + to_string(row_shape_) + " or several of them, got shape " +
                             to_string(shape),
                         at);
    }
    Array y = empty_array<float>(shape);
    const std::size_t width = element_count(row_shape_), together = width / shift_.size();
    parallel_for(rows ? shape[0] : 1, std::max<std::size_t>(1, grain / width), [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            const float* from = x.data() + row * width;
            float* into = y.data() + row * width;
            for (std::size_t k = 0; k < width; ++k) {
                into[k] = f(from[k], shift_.data()[k / together], divisor_.data()[k / together]);
            }
        }
    });
    return y;
}

Array FeatureScaler::operator()(const Array& x, Location at) const {
    return each("", x, at, [](float value, float shift, float divisor) { return (value - shift) / divisor; });
}

Array FeatureScaler::inverse(const Array& y, Location at) const {
    return each("::inverse", y, at, [](float value, float shift, float divisor) { return value * divisor + shift; });
}

std::vector<files::StoredArray> FeatureScaler::stored(const std::string& prefix) const {
    // Copies, so that the result does not depend on how long this lives.
    const auto keep = [&](const char* name, auto array) {
        const auto owner = std::make_shared<const decltype(array)>(std::move(array));
        files::StoredArray result = files::stored(prefix + name, *owner);
        result.owner = owner;
        return result;
    };
    IndexArray extents = empty_array<std::int64_t>(Shape{row_shape_.size()});
    std::transform(row_shape_.begin(), row_shape_.end(), extents.data(), [](std::size_t n) { return static_cast<std::int64_t>(n); });
    return {keep("shift", shift_), keep("divisor", divisor_), keep("row_shape", std::move(extents))};
}

Standardizer Standardizer::fit(const Array& rows, Per per, Location at) {
    const Layout layout = layout_of("Standardizer", rows, per, at);
    const std::vector<Measure> measures = measure("Standardizer", rows, layout, at);
    return {column(measures, [](const Measure& m) { return m.mean; }),
            column(measures, [](const Measure& m) { return or_one(static_cast<float>(m.deviation)); }), layout.row_shape};
}

MinMaxScaler MinMaxScaler::fit(const Array& rows, Per per, Location at) {
    const Layout layout = layout_of("MinMaxScaler", rows, per, at);
    const std::vector<Measure> measures = measure("MinMaxScaler", rows, layout, at);
    return {column(measures, [](const Measure& m) { return m.low; }),
            column(measures, [](const Measure& m) { return or_one(static_cast<float>(m.high - m.low)); }), layout.row_shape};
}

Array ToFloat::operator()(const BasicArray<std::uint8_t>& bytes) const {
    Array result = empty_array<float>(bytes.shape());
    parallel_for(bytes.size(), grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) result.data()[i] = static_cast<float>(bytes.data()[i]) / divisor;
    });
    return result;
}

Array Scale::operator()(const Array& x) const {
    Array result = empty_array<float>(x.shape());
    parallel_for(x.size(), grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) result.data()[i] = factor * x.data()[i] + offset;
    });
    return result;
}

Array OneHot::operator()(const IndexArray& labels, Location at) const {
    if (labels.shape().size() != 1) throw ShapeError("OneHot: expected labels (N), got shape " + to_string(labels.shape()), at);
    Array result(Shape{labels.size(), classes}, 0.f);
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const std::int64_t label = labels.data()[row];
        if (label < 0 || static_cast<std::size_t>(label) >= classes) {
            throw DataError("OneHot: expected labels from 0 to " + std::to_string(static_cast<std::int64_t>(classes) - 1) + ", got " +
                                std::to_string(label) + " in row " + std::to_string(row),
                            at);
        }
        result.data()[row * classes + static_cast<std::size_t>(label)] = 1.f;
    }
    return result;
}

Array OneHot::operator()(std::int64_t label, Location at) const {
    Array row = (*this)(IndexArray(Shape{1}, label), at);
    row.reshape(Shape{classes});
    return row;
}

}  // namespace xtape::data

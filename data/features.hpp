// Rows of numbers made ready for a network: scaled by what the training part shows, one-hot, from bytes to floats.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/files/stored_array.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace xtape::data {

/// What is measured together when a scaler is fitted.
enum class Per {
    feature,  ///< each number of a row by itself
    channel,  ///< images (N, C, H, W): all pixels of a channel
    all,      ///< everything
};

/// y = (x - shift) / divisor, each feature with its own numbers. Scalers are values: fit one on the training part only, and
/// use it on every part. Called on rows (N, ...) or on one row (...), where ... is the shape it was fitted on; also as
/// the function of data::map.
class FeatureScaler {
public:
    /// Throws ShapeError for rows of another shape.
    Array operator()(const Array& x, Location at = Location::current()) const;

    /// x of y: y * divisor + shift. Throws as above.
    Array inverse(const Array& y, Location at = Location::current()) const;

    /// Shape of the rows, without N.
    const Shape& row_shape() const { return row_shape_; }

    /// The numbers as arrays to be saved beside a model's; names are `prefix` and shift, divisor, row_shape.
    std::vector<files::StoredArray> stored(const std::string& prefix = "scaler.") const;

protected:
    FeatureScaler(Array shift, Array divisor, Shape row_shape, const char* name);
    FeatureScaler(std::span<const files::StoredArray> arrays, const std::string& prefix, const char* name, Location at);

    Array shift_, divisor_;  // (K), K = features, channels, or 1
    Shape row_shape_;
    const char* name_;

private:
    template <class F>
    Array each(const char* function, const Array& x, Location at, F f) const;
};

/// Mean 0 and deviation 1: y = (x - mean) / deviation, the deviation being that of the whole (divided by N), as
/// scikit-learn's StandardScaler. A feature that is the same in all rows becomes 0: it is divided by 1.
class Standardizer : public FeatureScaler {
public:
    /// Measured on rows (N, ...), in double precision; same bits on any number of threads. Throws ShapeError for no rows
    /// or, per channel, another rank than 4; DataError with the feature for a number that is not finite.
    static Standardizer fit(const Array& rows, Per per = Per::feature, Location at = Location::current());

    /// From arrays that stored() gave; others among them are left alone. Throws DataError when one is missing or they do
    /// not belong together.
    explicit Standardizer(std::span<const files::StoredArray> arrays, const std::string& prefix = "scaler.",
                          Location at = Location::current())
        : FeatureScaler(arrays, prefix, "Standardizer", at) {}

    const Array& mean() const { return shift_; }         ///< (K): K features, channels, or 1
    const Array& deviation() const { return divisor_; }  ///< (K), 1 where there is none

private:
    Standardizer(Array mean, Array deviation, Shape row_shape)
        : FeatureScaler(std::move(mean), std::move(deviation), std::move(row_shape), "Standardizer") {}
};

/// From 0 to 1: y = (x - min) / (max - min), as scikit-learn's MinMaxScaler; other rows may lie outside. A feature that is
/// the same in all rows becomes 0.
class MinMaxScaler : public FeatureScaler {
public:
    /// Throws as Standardizer::fit.
    static MinMaxScaler fit(const Array& rows, Per per = Per::feature, Location at = Location::current());

    /// Throws as Standardizer's.
    explicit MinMaxScaler(std::span<const files::StoredArray> arrays, const std::string& prefix = "scaler.",
                          Location at = Location::current())
        : FeatureScaler(arrays, prefix, "MinMaxScaler", at) {}

    const Array& low() const { return shift_; }      ///< (K)
    const Array& extent() const { return divisor_; }  ///< (K), max - min, 1 where that is 0

private:
    MinMaxScaler(Array low, Array extent, Shape row_shape)
        : FeatureScaler(std::move(low), std::move(extent), std::move(row_shape), "MinMaxScaler") {}
};

/// byte / divisor, of any shape.
struct ToFloat {
    float divisor = 255;
    Array operator()(const BasicArray<std::uint8_t>& bytes) const;
};

/// factor * x + offset, of any shape.
struct Scale {
    float factor = 1;
    float offset = 0;
    Array operator()(const Array& x) const;
};

/// A row of zeros with a one at the label: (N) becomes (N, classes), a single label (classes). Throws DataError with the
/// row for a label outside 0 .. classes-1.
struct OneHot {
    std::size_t classes;
    Array operator()(const IndexArray& labels, Location at = Location::current()) const;
    Array operator()(std::int64_t label, Location at = Location::current()) const;
};

}  // namespace xtape::data

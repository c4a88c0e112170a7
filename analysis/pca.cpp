#include <xtape/analysis/pca.hpp>

#include <xtape/analysis/points.hpp>
#include <xtape/autodiff/kernels/eigen.hpp>
#include <xtape/autodiff/kernels/gemm.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xtape::analysis {
namespace {

using xtape::detail::Gemm;

// op(a) op(b), where a has `rows` rows and b `columns` columns after that.
template <class T>
BasicArray<T> product(const BasicArray<T>& a, bool transpose_a, const BasicArray<T>& b, bool transpose_b) {
    Gemm<T> product;
    product.transpose_a = transpose_a;
    product.transpose_b = transpose_b;
    product.m = a.shape()[transpose_a ? 1 : 0];
    product.k = a.shape()[transpose_a ? 0 : 1];
    product.n = b.shape()[transpose_b ? 0 : 1];
    BasicArray<T> c = empty_array<T>({product.m, product.n});
    product.a = a.data();
    product.b = b.data();
    product.c = c.data();
    xtape::detail::gemm(product);
    return c;
}

// The means of the columns, taken out of x.
template <class T>
Array64 take_means(const BasicArray<T>& x, Array64& centred) {
    const std::size_t n = x.shape()[0], features = x.shape()[1];
    Array64 mean(Shape{features}, 0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t c = 0; c < features; ++c) mean.data()[c] += static_cast<double>(x.data()[i * features + c]);
    }
    for (double& m : mean) m /= static_cast<double>(n);
    centred = empty_array<double>(x.shape());
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t c = 0; c < features; ++c) {
            centred.data()[i * features + c] = static_cast<double>(x.data()[i * features + c]) - mean.data()[c];
        }
    }
    return mean;
}

// Rows and variances of all min(N, D) components; the sum of the variances of all features.
struct Directions {
    Array64 rows, variances;
    double total = 0;
};

Array64 eigen(Array64& matrix, Location at) {
    const std::size_t n = matrix.shape()[0];
    Array64 values = empty_array<double>({n});
    const auto outcome = xtape::detail::symmetric_eigen(matrix.data(), n, values.data(), "pca");
    if (outcome != xtape::detail::factored) {
        throw DataError(fmt::format("pca: expected a covariance matrix with eigenvalues, LAPACK's syevd gave up with {}", outcome),
                        at);
    }
    for (double& value : values) value = std::max(value, 0.0);
    return values;
}

// Makes row k orthogonal to those before, twice, because once leaves a rounding error of what was taken away; gives its length then.
double orthogonalise(Array64& rows, std::size_t k) {
    const std::size_t features = rows.shape()[1];
    double* const row = rows.data() + k * features;
    for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t other = 0; other < k; ++other) {
            const double* const before = rows.data() + other * features;
            const double along = std::inner_product(row, row + features, before, 0.0);
            for (std::size_t c = 0; c < features; ++c) row[c] -= along * before[c];
        }
    }
    return std::sqrt(std::inner_product(row, row + features, row, 0.0));
}

// Makes rows orthonormal; a row of no length becomes a direction that none of the others has.
void orthonormalise(Array64& rows, const Array64& variances) {
    const std::size_t features = rows.shape()[1];
    std::size_t axis = 0;
    for (std::size_t k = 0; k < rows.shape()[0]; ++k) {
        double* const row = rows.data() + k * features;
        const bool known = variances.data()[k] > 0;
        double length = known ? orthogonalise(rows, k) : 0;
        // The k directions before take at most k of the D units of squared length that the axes have left together.
        const double enough = std::sqrt(0.5 / static_cast<double>(features));
        while (!known && length < enough) {
            std::fill_n(row, features, 0.0);
            row[axis++ % features] = 1;
            length = orthogonalise(rows, k);
        }
        for (std::size_t c = 0; c < features; ++c) row[c] /= length;
    }
}

Directions directions(const Array64& centred, std::size_t components, Location at) {
    const std::size_t n = centred.shape()[0], features = centred.shape()[1];
    Directions result;
    result.total = std::inner_product(centred.begin(), centred.end(), centred.begin(), 0.0) / static_cast<double>(n - 1);
    Array64 matrix = n >= features ? product(centred, true, centred, false) : product(centred, false, centred, true);
    for (double& value : matrix) value /= static_cast<double>(n - 1);
    const Array64 values = eigen(matrix, at);
    result.variances = empty_array<double>({components});
    std::copy_n(values.data(), components, result.variances.data());
    Array64 first = empty_array<double>({components, matrix.shape()[1]});
    std::copy_n(matrix.data(), first.size(), first.data());
    if (n >= features) {
        result.rows = std::move(first);
        return result;
    }
    // X X^T u = s u makes X^T u an eigenvector of X^T X.
    result.rows = product(first, false, centred, false);
    const double noise = values.data()[0] * std::numeric_limits<double>::epsilon() * static_cast<double>(n);
    for (double& variance : result.variances) variance = variance > noise ? variance : 0;
    for (std::size_t k = 0; k < components; ++k) {
        const double length = std::sqrt(result.variances.data()[k] * static_cast<double>(n - 1));
        double* const row = result.rows.data() + k * features;
        for (std::size_t c = 0; c < features && length > 0; ++c) row[c] /= length;
    }
    orthonormalise(result.rows, result.variances);
    return result;
}

// An eigenvector may be turned around: its largest element shall be positive.
void turn(Array64& rows) {
    const std::size_t features = rows.shape()[1];
    for (std::size_t k = 0; k < rows.shape()[0]; ++k) {
        double* const row = rows.data() + k * features;
        const double* const largest =
            std::max_element(row, row + features, [](double a, double b) { return std::abs(a) < std::abs(b); });
        if (*largest < 0) std::transform(row, row + features, row, std::negate<>());
    }
}

template <class T>
BasicArray<T> as(const Array64& x) {
    BasicArray<T> y = empty_array<T>(x.shape());
    std::transform(x.begin(), x.end(), y.begin(), [](double value) { return static_cast<T>(value); });
    return y;
}

template <class T>
BasicPca<T> fit(const BasicArray<T>& x, const PcaOptions& options, Location at) {
    detail::check_points("pca", x, at);
    const std::size_t n = x.shape()[0], most = std::min(n, x.shape()[1]);
    if (n < 2) throw ShapeError("pca: expected at least two points (N, D), got " + to_string(x.shape()), at);
    if (options.components > most) {
        throw ConfigError(fmt::format("pca: expected at most {} components of points {}, got {}", most, to_string(x.shape()),
                                      options.components),
                          at);
    }
    Array64 centred;
    BasicPca<T> result;
    result.mean = as<T>(take_means(x, centred));
    Directions found = directions(centred, options.components == 0 ? most : options.components, at);
    turn(found.rows);
    result.components = as<T>(found.rows);
    result.explained_variance = found.variances;
    result.explained_variance_ratio = found.variances;
    for (double& ratio : result.explained_variance_ratio) ratio = found.total > 0 ? ratio / found.total : 0;
    result.whiten = options.whiten;
    return result;
}

// Standard deviations of the components; 0 for those whose variance is a rounding error.
std::vector<double> deviations(const Array64& variances) {
    std::vector<double> result;
    const double noise = variances.size() == 0 ? 0 : variances.data()[0] * std::numeric_limits<double>::epsilon();
    for (const double variance : variances) result.push_back(variance > noise ? std::sqrt(variance) : 0);
    return result;
}

template <class T>
void check_columns(const char* what, const BasicArray<T>& x, std::size_t columns, Location at) {
    detail::check_points("pca", x, at);
    if (x.shape()[1] == columns) return;
    throw ShapeError(fmt::format("pca: expected {} (N, {}), got {}", what, columns, to_string(x.shape())), at);
}

}  // namespace

template <class T>
BasicArray<T> BasicPca<T>::transform(const BasicArray<T>& x, Location at) const {
    const std::size_t features = mean.size();
    check_columns("points", x, features, at);
    BasicArray<T> centred = empty_array<T>(x.shape());
    for (std::size_t i = 0; i < x.size(); ++i) centred.data()[i] = x.data()[i] - mean.data()[i % features];
    BasicArray<T> z = product(centred, false, components, true);
    if (!whiten) return z;
    const std::vector<double> deviation = deviations(explained_variance);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const double by = deviation[i % deviation.size()];
        z.data()[i] = by > 0 ? static_cast<T>(static_cast<double>(z.data()[i]) / by) : T(0);
    }
    return z;
}

template <class T>
BasicArray<T> BasicPca<T>::inverse_transform(const BasicArray<T>& z, Location at) const {
    check_columns("coordinates", z, components.shape()[0], at);
    BasicArray<T> scaled = z;
    if (whiten) {
        const std::vector<double> deviation = deviations(explained_variance);
        for (std::size_t i = 0; i < z.size(); ++i) {
            scaled.data()[i] = static_cast<T>(static_cast<double>(z.data()[i]) * deviation[i % deviation.size()]);
        }
    }
    BasicArray<T> x = product(scaled, false, components, false);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] += mean.data()[i % mean.size()];
    return x;
}

BasicPca<float> pca(const Array& x, const PcaOptions& options, Location at) { return fit(x, options, at); }
BasicPca<double> pca(const Array64& x, const PcaOptions& options, Location at) { return fit(x, options, at); }

template struct BasicPca<float>;
template struct BasicPca<double>;

}  // namespace xtape::analysis

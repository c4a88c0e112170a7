// How far predicted numbers are from the true ones, with scikit-learn's definitions: mean squared and mean absolute
// error, and the coefficient of determination R2.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <string>
#include <vector>

namespace xtape::train {

/// Mean over all elements of (target - prediction)^2, of |target - prediction|; sums are made in double. NaN for no
/// element. Throw ShapeError unless both have one shape: nothing is broadcast.
double mean_squared_error(const Array& targets, const Array& predictions, Location at = Location::current());
double mean_squared_error(const Array64& targets, const Array64& predictions, Location at = Location::current());
double mean_absolute_error(const Array& targets, const Array& predictions, Location at = Location::current());
double mean_absolute_error(const Array64& targets, const Array64& predictions, Location at = Location::current());

/// 1 - sum (target - prediction)^2 / sum (target - mean target)^2; for (N, ...) the mean of that over columns. A column of
/// equal targets counts 1 when it is predicted exactly and 0 otherwise. NaN for fewer than two rows. Throws ShapeError for
/// scalars and unless both have one shape.
double r2(const Array& targets, const Array& predictions, Location at = Location::current());
double r2(const Array64& targets, const Array64& predictions, Location at = Location::current());

namespace detail {

/// A sum over elements and their number.
class MeanOfErrors {
public:
    void reset() { sum_ = count_ = 0; }
    double value() const { return sum_ / count_; }
    std::vector<double> state() const { return {sum_, count_}; }

protected:
    void load(const std::string& metric, const std::vector<double>& state);
    double sum_ = 0, count_ = 0;
};

}  // namespace detail

/// Metric "mean_squared_error" of all elements of an epoch. update() throws ShapeError unless both have one shape.
class MeanSquaredError : public detail::MeanOfErrors {
public:
    static constexpr bool larger_is_better = false;
    std::string name() const { return "mean_squared_error"; }
    void update(const Array& predictions, const Array& targets);
    void update(const Array64& predictions, const Array64& targets);
    void load_state(const std::vector<double>& state) { load(name(), state); }
};

/// Metric "mean_absolute_error" of all elements of an epoch. update() throws ShapeError unless both have one shape.
class MeanAbsoluteError : public detail::MeanOfErrors {
public:
    static constexpr bool larger_is_better = false;
    std::string name() const { return "mean_absolute_error"; }
    void update(const Array& predictions, const Array& targets);
    void update(const Array64& predictions, const Array64& targets);
    void load_state(const std::vector<double>& state) { load(name(), state); }
};

/// Metric "r2" of all rows of an epoch, of which it keeps each column's mean and sums of squares (T. F. Chan, G. H. Golub,
/// R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979, eq. 1.5): no digits are
/// lost when the mean is large. update() throws as r2() does, and ShapeError for another number of columns than before.
class R2 {
public:
    std::string name() const { return "r2"; }
    void reset() { rows_ = 0, mean_.clear(), spread_.clear(), error_.clear(); }
    void update(const Array& predictions, const Array& targets);
    void update(const Array64& predictions, const Array64& targets);
    double value() const;
    std::vector<double> state() const;
    void load_state(const std::vector<double>& state);

private:
    friend double r2(const Array&, const Array&, Location);
    friend double r2(const Array64&, const Array64&, Location);
    template <class T>
    void add(const BasicArray<T>& targets, const BasicArray<T>& predictions, Location at);

    double rows_ = 0;
    std::vector<double> mean_, spread_, error_;  // one a column: sums of (target - mean)^2 and (target - prediction)^2
};

}  // namespace xtape::train

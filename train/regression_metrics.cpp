#include <xtape/train/regression_metrics.hpp>

#include <xtape/autodiff/parallel.hpp>
#include <xtape/train/metric.hpp>

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>

namespace xtape::train {
namespace {

template <class T>
void check_same(const char* caller, const BasicArray<T>& targets, const BasicArray<T>& predictions, Location at) {
    if (targets.shape() == predictions.shape()) return;
    throw ShapeError(fmt::format("{}: expected targets and predictions of one shape, got {} and {}", caller,
                                 to_string(targets.shape()), to_string(predictions.shape())),
                     at);
}

// Sum of error(target - prediction), in blocks of fixed size.
template <class T, class F>
double sum_of(const BasicArray<T>& targets, const BasicArray<T>& predictions, const F& error) {
    const T* const y = targets.data();
    const T* const p = predictions.data();
    return parallel_reduce(
        targets.size(), std::size_t{1} << 15, 0.0,
        [&](std::size_t begin, std::size_t end) {
            double sum = 0;
            for (std::size_t i = begin; i < end; ++i) {
                sum += error(static_cast<double>(y[i]) - static_cast<double>(p[i]));
            }
            return sum;
        },
        std::plus<>());
}

template <class T>
double squared_errors(const BasicArray<T>& targets, const BasicArray<T>& predictions, Location at) {
    check_same("mean_squared_error", targets, predictions, at);
    return sum_of(targets, predictions, [](double e) { return e * e; });
}

template <class T>
double absolute_errors(const BasicArray<T>& targets, const BasicArray<T>& predictions, Location at) {
    check_same("mean_absolute_error", targets, predictions, at);
    return sum_of(targets, predictions, [](double e) { return std::abs(e); });
}

}  // namespace

double mean_squared_error(const Array& targets, const Array& predictions, Location at) {
    return squared_errors(targets, predictions, at) / static_cast<double>(targets.size());
}
double mean_squared_error(const Array64& targets, const Array64& predictions, Location at) {
    return squared_errors(targets, predictions, at) / static_cast<double>(targets.size());
}
double mean_absolute_error(const Array& targets, const Array& predictions, Location at) {
    return absolute_errors(targets, predictions, at) / static_cast<double>(targets.size());
}
double mean_absolute_error(const Array64& targets, const Array64& predictions, Location at) {
    return absolute_errors(targets, predictions, at) / static_cast<double>(targets.size());
}
double r2(const Array& targets, const Array& predictions, Location at) {
    R2 metric;
    metric.add(targets, predictions, at);
    return metric.value();
}
double r2(const Array64& targets, const Array64& predictions, Location at) {
    R2 metric;
    metric.add(targets, predictions, at);
    return metric.value();
}

namespace detail {

void MeanOfErrors::load(const std::string& metric, const std::vector<double>& state) {
    if (state.size() != 2 || !(state[1] >= 0)) throw_foreign_state(metric, "a sum and a count", state.size());
    sum_ = state[0];
    count_ = state[1];
}

}  // namespace detail

void MeanSquaredError::update(const Array& predictions, const Array& targets) {
    sum_ += squared_errors(targets, predictions, Location{});
    count_ += static_cast<double>(targets.size());
}
void MeanSquaredError::update(const Array64& predictions, const Array64& targets) {
    sum_ += squared_errors(targets, predictions, Location{});
    count_ += static_cast<double>(targets.size());
}
void MeanAbsoluteError::update(const Array& predictions, const Array& targets) {
    sum_ += absolute_errors(targets, predictions, Location{});
    count_ += static_cast<double>(targets.size());
}
void MeanAbsoluteError::update(const Array64& predictions, const Array64& targets) {
    sum_ += absolute_errors(targets, predictions, Location{});
    count_ += static_cast<double>(targets.size());
}

template <class T>
void R2::add(const BasicArray<T>& targets, const BasicArray<T>& predictions, Location at) {
    check_same("r2", targets, predictions, at);
    if (targets.dimension() == 0) throw ShapeError("r2: expected targets (N, ...), got ()", at);
    const std::size_t rows = targets.shape()[0];
    if (rows == 0) return;
    const std::size_t columns = targets.size() / rows;
    if (rows_ != 0 && columns != mean_.size()) {
        throw ShapeError(fmt::format("r2: expected {} columns as before, got targets {}", mean_.size(),
                                     to_string(targets.shape())),
                         at);
    }
    mean_.resize(columns);
    spread_.resize(columns);
    error_.resize(columns);
    const auto count = static_cast<double>(rows);
    for (std::size_t c = 0; c < columns; ++c) {
        // Sums of what is left after the first target: a column of equal numbers has exactly no spread.
        const auto first = static_cast<double>(targets.data()[c]);
        double sum = 0, spread = 0;
        for (std::size_t i = 0; i < rows; ++i) {
            const auto target = static_cast<double>(targets.data()[i * columns + c]);
            const double error = target - static_cast<double>(predictions.data()[i * columns + c]);
            sum += target - first;
            error_[c] += error * error;
        }
        const double mean = first + sum / count;
        for (std::size_t i = 0; i < rows; ++i) {
            const double off = static_cast<double>(targets.data()[i * columns + c]) - mean;
            spread += off * off;
        }
        const double apart = mean - mean_[c];
        spread_[c] += spread + (rows_ == 0 ? 0 : apart * apart * rows_ * count / (rows_ + count));
        mean_[c] = rows_ == 0 ? mean : mean_[c] + apart * count / (rows_ + count);
    }
    rows_ += count;
}

void R2::update(const Array& predictions, const Array& targets) { add(targets, predictions, Location{}); }
void R2::update(const Array64& predictions, const Array64& targets) { add(targets, predictions, Location{}); }

double R2::value() const {
    if (rows_ < 2 || mean_.empty()) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (std::size_t c = 0; c < mean_.size(); ++c) {
        sum += spread_[c] == 0 ? (error_[c] == 0 ? 1 : 0) : 1 - error_[c] / spread_[c];
    }
    return sum / static_cast<double>(mean_.size());
}

std::vector<double> R2::state() const {
    std::vector<double> state{rows_};
    for (const std::vector<double>* part : {&mean_, &spread_, &error_}) {
        state.insert(state.end(), part->begin(), part->end());
    }
    return state;
}

void R2::load_state(const std::vector<double>& state) {
    if (state.empty() || (state.size() - 1) % 3 != 0 || !(state[0] >= 0)) {
        detail::throw_foreign_state(name(), "a count and three numbers a column", state.size());
    }
    const auto columns = static_cast<std::ptrdiff_t>((state.size() - 1) / 3);
    const auto first = state.begin() + 1;
    rows_ = state[0];
    mean_.assign(first, first + columns);
    spread_.assign(first + columns, first + 2 * columns);
    error_.assign(first + 2 * columns, state.end());
}

}  // namespace xtape::train

#include <xtape/train/classification_metrics.hpp>

#include <xtape/train/metric.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace xtape::train {
namespace {

// Throws DataError for a number outside 0 .. classes-1; numbers[0] is row `first_row` of all data.
void check_classes(const char* caller, const char* what, const IndexArray& numbers, std::size_t classes,
                   std::size_t first_row, Location at) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::int64_t number = numbers.data()[i];
        if (number >= 0 && static_cast<std::size_t>(number) < classes) continue;
        throw DataError(fmt::format("{}: expected {} in 0 .. {}, got {} at row {}", caller, what,
                                    static_cast<std::ptrdiff_t>(classes) - 1, number, first_row + i),
                        at);
    }
}

void check_pairs(const char* caller, const IndexArray& labels, const IndexArray& predictions, Location at) {
    if (labels.dimension() == 1 && labels.shape() == predictions.shape()) return;
    throw ShapeError(std::string(caller) + ": expected labels (N) and predictions (N), got " +
                         to_string(labels.shape()) + " and " + to_string(predictions.shape()),
                     at);
}

template <class T>
IndexArray argmax_last(const BasicArray<T>& x, Location at) {
    const Shape& shape = x.shape();
    if (shape.size() == 0 || shape.back() == 0) {
        throw ShapeError("argmax: expected a last axis with at least one element, got " + to_string(shape), at);
    }
    const std::size_t width = shape.back();
    IndexArray result = empty_array<std::int64_t>(Shape(shape.begin(), shape.end() - 1));
    for (std::size_t row = 0; row < result.size(); ++row) {
        const T* values = x.data() + row * width;
        std::size_t best = 0;
        // Only a number is not NaN (NaN != NaN), and nothing is larger than NaN.
        for (std::size_t i = 1; i < width && values[best] == values[best]; ++i) {
            if (!(values[i] <= values[best])) best = i;
        }
        result.data()[row] = static_cast<std::int64_t>(best);
    }
    return result;
}

// One more than the largest number; 0 for none.
std::size_t classes_in(const IndexArray& numbers) {
    std::int64_t most = -1;
    for (const std::int64_t number : numbers) most = std::max(most, number);
    return static_cast<std::size_t>(most + 1);
}

std::size_t equal_numbers(const IndexArray& a, const IndexArray& b) {
    return static_cast<std::size_t>(
        std::inner_product(a.begin(), a.end(), b.begin(), 0, std::plus<>(), std::equal_to<>()));
}

double share(std::size_t part, std::size_t all) {
    return all == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(part) / static_cast<double>(all);
}

// A number that state() may have written: doubles hold whole numbers up to 2^53.
bool is_count(double x) { return x >= 0 && x <= 9007199254740992 && std::floor(x) == x; }

// How many labels are among the k classes of the largest scores.
template <class T>
std::size_t hits_of(const char* caller, const BasicArray<T>& scores, const IndexArray& labels, std::size_t k,
                    std::size_t first_row, Location at) {
    detail::check_outputs(caller, scores.shape(), labels, first_row, at);
    const std::size_t classes = scores.shape()[1];
    std::size_t hits = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const T* values = scores.data() + row * classes;
        const auto label = static_cast<std::size_t>(labels.data()[row]);
        const T score = values[label];
        std::size_t before = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            const bool same = values[c] == score || (std::isnan(values[c]) && std::isnan(score));
            const bool larger = values[c] > score || (std::isnan(values[c]) && !std::isnan(score));
            before += larger || (same && c > label);
        }
        hits += before < k;
    }
    return hits;
}

void check_k(const char* caller, std::size_t k, Location at) {
    if (k == 0) throw ConfigError(std::string(caller) + ": expected k >= 1, got 0", at);
}

double ratio(double part, double all) { return all == 0 ? 0 : part / all; }
double harmonic(double p, double r) { return ratio(2 * p * r, p + r); }

// Items of each class that were predicted as it, predictions of each class, items of each class.
struct Counts {
    std::vector<double> right, predicted, items;
    explicit Counts(const IndexArray& matrix) {
        const std::size_t classes = matrix.shape()[0];
        right.resize(classes);
        predicted.resize(classes);
        items.resize(classes);
        for (std::size_t row = 0; row < classes; ++row) {
            right[row] = static_cast<double>(matrix(row, row));
            for (std::size_t c = 0; c < classes; ++c) {
                items[row] += static_cast<double>(matrix(row, c));
                predicted[c] += static_cast<double>(matrix(row, c));
            }
        }
    }
};

double total(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// Mean of one score of each class, or that score of the summed counts.
double average_of(const IndexArray& matrix, Average average, std::vector<double> ClassScores::*score,
                  double (*of_sums)(double right, double predicted, double items), Location at) {
    const ClassScores scores = class_scores(matrix, at);
    const std::vector<double>& values = scores.*score;
    if (average == Average::micro) {
        const Counts counts(matrix);
        return of_sums(total(counts.right), total(counts.predicted), total(counts.items));
    }
    if (average == Average::macro) return ratio(total(values), static_cast<double>(values.size()));
    double weighted = 0, items = 0;
    for (std::size_t c = 0; c < values.size(); ++c) {
        weighted += values[c] * static_cast<double>(scores.support[c]);
        items += static_cast<double>(scores.support[c]);
    }
    return ratio(weighted, items);
}

}  // namespace

IndexArray argmax(const Array& x, Location at) { return argmax_last(x, at); }
IndexArray argmax(const Array64& x, Location at) { return argmax_last(x, at); }

double accuracy(const IndexArray& labels, const IndexArray& predictions, Location at) {
    check_pairs("accuracy", labels, predictions, at);
    return share(equal_numbers(labels, predictions), labels.size());
}

double top_k_accuracy(const IndexArray& labels, const Array& scores, std::size_t k, Location at) {
    check_k("top_k_accuracy", k, at);
    return share(hits_of("top_k_accuracy", scores, labels, k, 0, at), labels.size());
}
double top_k_accuracy(const IndexArray& labels, const Array64& scores, std::size_t k, Location at) {
    check_k("top_k_accuracy", k, at);
    return share(hits_of("top_k_accuracy", scores, labels, k, 0, at), labels.size());
}

IndexArray confusion_matrix(const IndexArray& labels, const IndexArray& predictions, std::size_t classes, Location at) {
    check_pairs("confusion_matrix", labels, predictions, at);
    const std::size_t n = labels.size();
    if (classes == 0) classes = std::max(classes_in(labels), classes_in(predictions));
    check_classes("confusion_matrix", "labels", labels, classes, 0, at);
    check_classes("confusion_matrix", "predictions", predictions, classes, 0, at);
    IndexArray counts = empty_array<std::int64_t>({classes, classes});
    std::fill_n(counts.data(), counts.size(), 0);
    for (std::size_t i = 0; i < n; ++i) {
        ++counts.data()[static_cast<std::size_t>(labels.data()[i]) * classes +
                        static_cast<std::size_t>(predictions.data()[i])];
    }
    return counts;
}

ClassScores class_scores(const IndexArray& matrix, Location at) {
    detail::check_matrix("class_scores", matrix, at);
    const Counts counts(matrix);
    ClassScores scores;
    for (std::size_t c = 0; c < counts.right.size(); ++c) {
        scores.precision.push_back(ratio(counts.right[c], counts.predicted[c]));
        scores.recall.push_back(ratio(counts.right[c], counts.items[c]));
        scores.f1.push_back(harmonic(scores.precision[c], scores.recall[c]));
        scores.support.push_back(static_cast<std::int64_t>(counts.items[c]));
    }
    return scores;
}

double precision(const IndexArray& matrix, Average average, Location at) {
    return average_of(matrix, average, &ClassScores::precision, [](double right, double predicted, double) {
        return ratio(right, predicted);
    }, at);
}
double recall(const IndexArray& matrix, Average average, Location at) {
    return average_of(matrix, average, &ClassScores::recall, [](double right, double, double items) {
        return ratio(right, items);
    }, at);
}
double f1(const IndexArray& matrix, Average average, Location at) {
    return average_of(matrix, average, &ClassScores::f1, [](double right, double predicted, double items) {
        return harmonic(ratio(right, predicted), ratio(right, items));
    }, at);
}

void Accuracy::update(const Array& outputs, const IndexArray& labels) {
    detail::check_outputs("accuracy", outputs.shape(), labels, right_.all(), Location{});
    right_.add(equal_numbers(argmax(outputs), labels), labels.size());
}
void Accuracy::update(const Array64& outputs, const IndexArray& labels) {
    detail::check_outputs("accuracy", outputs.shape(), labels, right_.all(), Location{});
    right_.add(equal_numbers(argmax(outputs), labels), labels.size());
}

namespace {

template <class T>
std::size_t right_signs(const BasicArray<T>& outputs, const BasicArray<T>& targets, double threshold) {
    if (outputs.shape() != targets.shape()) {
        throw ShapeError("binary_accuracy: expected outputs and targets of one shape, got " +
                         to_string(outputs.shape()) + " and " + to_string(targets.shape()));
    }
    std::size_t right = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const T target = targets.data()[i];
        if (target != 0 && target != 1) {
            throw DataError(fmt::format("binary_accuracy: expected targets that are 0 or 1, got {} at element {}",
                                        target, i));
        }
        right += (static_cast<double>(outputs.data()[i]) > threshold) == (target == 1);
    }
    return right;
}

}  // namespace

void BinaryAccuracy::update(const Array& outputs, const Array& targets) {
    right_.add(right_signs(outputs, targets, threshold_), targets.size());
}
void BinaryAccuracy::update(const Array64& outputs, const Array64& targets) {
    right_.add(right_signs(outputs, targets, threshold_), targets.size());
}

TopK::TopK(std::size_t k, Location at) : k_(k) { check_k("TopK", k, at); }
void TopK::update(const Array& scores, const IndexArray& labels) {
    right_.add(hits_of("top_k_accuracy", scores, labels, k_, right_.all(), Location{}), labels.size());
}
void TopK::update(const Array64& scores, const IndexArray& labels) {
    right_.add(hits_of("top_k_accuracy", scores, labels, k_, right_.all(), Location{}), labels.size());
}

namespace detail {

void check_outputs(const char* caller, const Shape& outputs, const IndexArray& labels, std::size_t first_row,
                   Location at) {
    if (outputs.size() != 2 || outputs[1] < 2 || labels.dimension() != 1 || labels.size() != outputs[0]) {
        throw ShapeError(std::string(caller) + ": expected outputs (N, C) of at least 2 classes and labels (N), got " +
                             to_string(outputs) + " and " + to_string(labels.shape()),
                         at);
    }
    check_classes(caller, "labels", labels, outputs[1], first_row, at);
}

void check_matrix(const char* caller, const IndexArray& matrix, Location at) {
    const Shape& shape = matrix.shape();
    if (shape.size() == 2 && shape[0] == shape[1]) return;
    throw ShapeError(std::string(caller) + ": expected a matrix (C, C), got " + to_string(shape), at);
}

double Tally::share() const { return train::share(part_, all_); }

void Tally::load_state(const std::string& metric, const std::vector<double>& state) {
    if (state.size() != 2 || !is_count(state[0]) || !is_count(state[1]) || state[0] > state[1]) {
        throw_foreign_state(metric, "two counts", state.size());
    }
    part_ = static_cast<std::size_t>(state[0]);
    all_ = static_cast<std::size_t>(state[1]);
}

std::string AveragedScore::name() const {
    static constexpr std::array<const char*, 3> averages{"macro", "weighted", "micro"};
    return fmt::format("{}_{}", score_name_, averages[static_cast<std::size_t>(average_)]);
}

void AveragedScore::load_state(const std::vector<double>& state) {
    std::size_t classes = 0;
    while (classes * classes < state.size()) ++classes;
    if (classes * classes != state.size() || !std::all_of(state.begin(), state.end(), is_count)) {
        throw_foreign_state(name(), "a square of counts", state.size());
    }
    matrix_ = empty_array<std::int64_t>({classes, classes});
    std::transform(state.begin(), state.end(), matrix_.data(), [](double x) { return static_cast<std::int64_t>(x); });
}

template <class T>
void AveragedScore::add(const BasicArray<T>& outputs, const IndexArray& labels) {
    const auto seen = static_cast<std::size_t>(std::accumulate(matrix_.begin(), matrix_.end(), std::int64_t{0}));
    check_outputs(score_name_, outputs.shape(), labels, seen, Location{});
    const std::size_t classes = outputs.shape()[1], before = matrix_.shape()[0];
    if (before != 0 && before != classes) {
        throw ShapeError(fmt::format("{}: expected outputs (N, {}) as before, got {}", score_name_, before,
                                     to_string(outputs.shape())));
    }
    const IndexArray more = confusion_matrix(labels, argmax(outputs), classes);
    if (before == 0) {
        matrix_ = more;
    } else {
        std::transform(more.begin(), more.end(), matrix_.begin(), matrix_.begin(), std::plus<>());
    }
}

void AveragedScore::update(const Array& outputs, const IndexArray& labels) { add(outputs, labels); }
void AveragedScore::update(const Array64& outputs, const IndexArray& labels) { add(outputs, labels); }
double AveragedScore::value() const {
    const bool nothing = std::all_of(matrix_.begin(), matrix_.end(), [](std::int64_t count) { return count == 0; });
    return nothing ? std::numeric_limits<double>::quiet_NaN() : score_(matrix_, average_, Location{});
}

}  // namespace detail
}  // namespace xtape::train

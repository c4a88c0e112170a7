#include <xtape/train/ranking_metrics.hpp>

#include <xtape/train/metric.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xtape::train {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Columns of outputs (N), (N, 1) or (N, C), whose labels are in 0 .. max(2, columns)-1.
std::size_t check_scores(const char* caller, const IndexArray& labels, const Shape& scores, std::size_t first_row,
                         Location at) {
    const std::size_t columns = scores.size() == 1 ? 1 : scores.size() == 2 ? scores[1] : 0;
    if (columns == 0 || labels.dimension() != 1 || labels.size() != scores[0]) {
        throw ShapeError(fmt::format("{}: expected outputs (N) or (N, C) and labels (N), got {} and {}", caller,
                                     to_string(scores), to_string(labels.shape())),
                         at);
    }
    const auto classes = static_cast<std::int64_t>(std::max<std::size_t>(columns, 2));
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const std::int64_t label = labels.data()[row];
        if (label >= 0 && label < classes) continue;
        throw DataError(fmt::format("{}: expected labels in 0 .. {}, got {} at row {}", caller, classes - 1, label,
                                    first_row + row),
                        at);
    }
    return columns;
}

// Twice the number of pairs (item of class c, other item) in the right order, ties counting 1, over twice their number.
// NaN when there is no pair.
double area(const std::vector<std::int64_t>& labels, std::int64_t c, const double* scores, std::size_t step) {
    std::vector<std::size_t> order(labels.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a * step] < scores[b * step]; });
    std::uint64_t others_below = 0, ours = 0, doubled = 0;
    for (std::size_t i = 0; i < order.size();) {
        const double score = scores[order[i] * step];
        std::uint64_t our_ties = 0, other_ties = 0;
        for (; i < order.size() && scores[order[i] * step] == score; ++i) {
            (labels[order[i]] == c ? our_ties : other_ties) += 1;
        }
        doubled += our_ties * (2 * others_below + other_ties);
        others_below += other_ties;
        ours += our_ties;
    }
    if (ours == 0 || others_below == 0) return not_a_number;
    return static_cast<double>(doubled) / (2 * static_cast<double>(ours) * static_cast<double>(others_below));
}

// Mean area over classes; `absent` is set to a class without an item or without others, where there is one.
double mean_area(const std::vector<std::int64_t>& labels, const std::vector<double>& scores, std::size_t columns,
                 std::int64_t& absent) {
    double sum = 0;
    const std::size_t first = columns == 2 ? 1 : 0;  // two columns say the same twice
    for (std::size_t column = first; column < columns; ++column) {
        const std::int64_t c = columns == 1 ? 1 : static_cast<std::int64_t>(column);
        const double part = area(labels, c, scores.data() + column, columns);
        if (std::isnan(part)) absent = c;
        sum += part;
    }
    return sum / static_cast<double>(columns - first);
}

template <class T>
double auc(const IndexArray& labels, const BasicArray<T>& scores, Location at) {
    const std::size_t columns = check_scores("roc_auc", labels, scores.shape(), 0, at);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (!std::isnan(scores.data()[i])) continue;
        throw DataError(fmt::format("roc_auc: expected scores that can be ordered, got nan at row {}", i / columns), at);
    }
    std::int64_t absent = -1;
    const double result =
        mean_area({labels.begin(), labels.end()}, {scores.begin(), scores.end()}, columns, absent);
    if (absent < 0) return result;
    throw DataError(fmt::format("roc_auc: expected items of class {0} and of others, got {1} of class {0} among {2}",
                                absent, std::count(labels.begin(), labels.end(), absent), labels.size()),
                    at);
}

// Sum of -ln p(label) of probabilities (N, C), or of class 1 (N).
template <class T>
double loss_of_probabilities(const IndexArray& labels, const BasicArray<T>& probabilities, std::size_t columns,
                             std::size_t first_row, Location at) {
    const double least = std::numeric_limits<T>::epsilon();
    double sum = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const T* const p = probabilities.data() + row * columns;
        double all = 0;
        for (std::size_t c = 0; c < columns; ++c) {
            const auto value = static_cast<double>(p[c]);
            if (!(value >= 0 && value <= 1)) {
                throw DataError(fmt::format("log_loss: expected probabilities in [0, 1], got {} at row {}", value,
                                            first_row + row),
                                at);
            }
            all += std::clamp(value, least, 1 - least);
        }
        const std::int64_t label = labels.data()[row];
        const double ours = std::clamp(static_cast<double>(p[columns == 1 ? 0 : label]), least, 1 - least);
        sum -= columns == 1 ? std::log(label == 1 ? ours : 1 - ours) : std::log(ours / all);
    }
    return sum;
}

// ln of the sum of exponentials of a row, its largest number taken out first.
template <class T>
double log_sum_exp(const T* row, std::size_t columns) {
    const auto largest = static_cast<double>(*std::max_element(row, row + columns));
    double sum = 0;
    for (std::size_t c = 0; c < columns; ++c) sum += std::exp(static_cast<double>(row[c]) - largest);
    return largest + std::log(sum);
}

template <class T>
double loss_of_logits(const IndexArray& labels, const BasicArray<T>& logits, std::size_t columns) {
    double sum = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const T* const x = logits.data() + row * columns;
        const std::int64_t label = labels.data()[row];
        if (columns == 1) {
            const double margin = label == 1 ? static_cast<double>(x[0]) : -static_cast<double>(x[0]);
            sum += std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
        } else {
            sum += log_sum_exp(x, columns) - static_cast<double>(x[label]);
        }
    }
    return sum;
}

template <class T>
double mean_log_loss(const IndexArray& labels, const BasicArray<T>& probabilities, Location at) {
    const std::size_t columns = check_scores("log_loss", labels, probabilities.shape(), 0, at);
    return loss_of_probabilities(labels, probabilities, columns, 0, at) / static_cast<double>(labels.size());
}

// Targets 0 and 1 of the outputs' shape, as labels (N).
template <class T>
IndexArray labels_of(const char* caller, const BasicArray<T>& outputs, const BasicArray<T>& targets) {
    const Shape& shape = outputs.shape();
    if (targets.shape() != shape || !(shape.size() == 1 || (shape.size() == 2 && shape[1] == 1))) {
        throw ShapeError(fmt::format("{}: expected outputs and targets of one shape (N) or (N, 1), got {} and {}", caller,
                                     to_string(shape), to_string(targets.shape())));
    }
    IndexArray labels = empty_array<std::int64_t>({targets.size()});
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const T target = targets.data()[i];
        if (target != 0 && target != 1) {
            throw DataError(fmt::format("{}: expected targets that are 0 or 1, got {} at row {}", caller, target, i));
        }
        labels.data()[i] = static_cast<std::int64_t>(target);
    }
    return labels;
}

}  // namespace

double roc_auc(const IndexArray& labels, const Array& scores, Location at) { return auc(labels, scores, at); }
double roc_auc(const IndexArray& labels, const Array64& scores, Location at) { return auc(labels, scores, at); }

double log_loss(const IndexArray& labels, const Array& probabilities, Location at) {
    return mean_log_loss(labels, probabilities, at);
}
double log_loss(const IndexArray& labels, const Array64& probabilities, Location at) {
    return mean_log_loss(labels, probabilities, at);
}

template <class T>
void RocAuc::add(const BasicArray<T>& outputs, const IndexArray& labels) {
    const std::size_t columns = check_scores("roc_auc", labels, outputs.shape(), labels_.size(), Location{});
    const std::size_t kept = columns == 2 ? 1 : columns;
    if (columns_ != 0 && columns_ != kept) {
        throw ShapeError(fmt::format("roc_auc: expected outputs of as many classes as before, got {}",
                                     to_string(outputs.shape())));
    }
    for (const T x : outputs) {
        if (std::isnan(x)) throw DataError("roc_auc: expected outputs that can be ordered, got nan");
    }
    columns_ = kept;
    labels_.insert(labels_.end(), labels.begin(), labels.end());
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const T* const x = outputs.data() + row * columns;
        if (columns == 2) {
            // The probability of class 1 grows with this, and where two differ so do these.
            scores_.push_back(static_cast<double>(x[1]) - static_cast<double>(x[0]));
        } else if (columns == 1 || outputs_ == Outputs::probabilities) {
            scores_.insert(scores_.end(), x, x + columns);
        } else {
            const double all = log_sum_exp(x, columns);
            for (std::size_t c = 0; c < columns; ++c) scores_.push_back(std::exp(static_cast<double>(x[c]) - all));
        }
    }
}

void RocAuc::update(const Array& outputs, const IndexArray& labels) { add(outputs, labels); }
void RocAuc::update(const Array64& outputs, const IndexArray& labels) { add(outputs, labels); }
void RocAuc::update(const Array& outputs, const Array& targets) { add(outputs, labels_of("roc_auc", outputs, targets)); }
void RocAuc::update(const Array64& outputs, const Array64& targets) {
    add(outputs, labels_of("roc_auc", outputs, targets));
}

double RocAuc::value() const {
    std::int64_t absent = -1;
    return columns_ == 0 ? not_a_number : mean_area(labels_, scores_, columns_, absent);
}

std::vector<double> RocAuc::state() const {
    std::vector<double> state{static_cast<double>(columns_)};
    state.insert(state.end(), labels_.begin(), labels_.end());
    state.insert(state.end(), scores_.begin(), scores_.end());
    return state;
}

void RocAuc::load_state(const std::vector<double>& state) {
    const double columns = state.empty() ? -1 : state[0];
    const bool whole = columns >= 0 && columns < 1e9 && std::floor(columns) == columns;
    const std::size_t width = whole ? static_cast<std::size_t>(columns) : 0, rest = state.empty() ? 0 : state.size() - 1;
    bool ours = whole && (width == 0 ? rest == 0 : rest % (width + 1) == 0);
    const std::size_t items = ours ? rest / (width + 1) : 0;
    for (std::size_t i = 1; ours && i <= items; ++i) {
        ours = state[i] >= 0 && state[i] < std::max(columns, 2.0) && std::floor(state[i]) == state[i];
    }
    if (!ours) detail::throw_foreign_state(name(), "a number of columns, labels and scores", state.size());
    columns_ = width;
    labels_.clear();
    for (std::size_t i = 1; i <= items; ++i) labels_.push_back(static_cast<std::int64_t>(state[i]));
    scores_.assign(state.begin() + 1 + static_cast<std::ptrdiff_t>(items), state.end());
}

template <class T>
void LogLoss::add(const BasicArray<T>& outputs, const IndexArray& labels) {
    const auto seen = static_cast<std::size_t>(items_);
    const std::size_t columns = check_scores("log_loss", labels, outputs.shape(), seen, Location{});
    sum_ += outputs_ == Outputs::logits ? loss_of_logits(labels, outputs, columns)
                                        : loss_of_probabilities(labels, outputs, columns, seen, Location{});
    items_ += static_cast<double>(labels.size());
}

void LogLoss::update(const Array& outputs, const IndexArray& labels) { add(outputs, labels); }
void LogLoss::update(const Array64& outputs, const IndexArray& labels) { add(outputs, labels); }
void LogLoss::update(const Array& outputs, const Array& targets) { add(outputs, labels_of("log_loss", outputs, targets)); }
void LogLoss::update(const Array64& outputs, const Array64& targets) {
    add(outputs, labels_of("log_loss", outputs, targets));
}

void LogLoss::load_state(const std::vector<double>& state) {
    if (state.size() != 2 || !(state[1] >= 0)) detail::throw_foreign_state(name(), "a sum and a count", state.size());
    sum_ = state[0];
    items_ = state[1];
}

}  // namespace xtape::train

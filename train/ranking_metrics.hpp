// How well a classifier's scores separate the classes, and how well its probabilities fit: ROC-AUC and log loss, with
// scikit-learn's definitions.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace xtape::train {

/// Area under the ROC curve: the probability that an item of class 1 has a larger score than one of class 0, equal
/// scores counting half (J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating
/// characteristic (ROC) curve", Radiology 143, 1982).
///
/// Scores (N), (N, 1) or (N, 2), of which the last column is taken: larger speaks for class 1; labels (N) are 0 or 1.
/// Scores (N, C) of more classes: the mean over classes of the area for this class against the rest, each by its own
/// column as it stands (probabilities, usually). Throws ShapeError for other shapes, DataError for a label out of range,
/// NaN, or when a class has no item or all of them: then there is no such area.
double roc_auc(const IndexArray& labels, const Array& scores, Location at = Location::current());
double roc_auc(const IndexArray& labels, const Array64& scores, Location at = Location::current());

/// Mean of -ln(probability of the label). Probabilities (N, C), or (N) or (N, 1) for the probability of class 1; they are
/// first brought into [e, 1 - e], e = 2.2e-16 (float: 1.2e-7), and divided by their sum, as scikit-learn 1.2 does. NaN for
/// N = 0. Throws ShapeError for other shapes, DataError for a label out of range or a number outside [0, 1].
double log_loss(const IndexArray& labels, const Array& probabilities, Location at = Location::current());
double log_loss(const IndexArray& labels, const Array64& probabilities, Location at = Location::current());

/// What a model gives: numbers before a softmax (or, one an item, before a sigmoid), or probabilities.
enum class Outputs { logits, probabilities };

/// Metric "roc_auc" of all items of an epoch, which it keeps. Outputs (N, C) and labels (N); or one output an item, (N)
/// or (N, 1), and labels (N) or numbers 0 and 1 of the outputs' shape. With more than two classes logits become
/// probabilities first, as scikit-learn wants them. NaN when a class has no item; otherwise update() throws as roc_auc().
class RocAuc {
public:
    explicit RocAuc(Outputs outputs = Outputs::logits) : outputs_(outputs) {}

    std::string name() const { return "roc_auc"; }
    void reset() { columns_ = 0, labels_.clear(), scores_.clear(); }
    void update(const Array& outputs, const IndexArray& labels);
    void update(const Array64& outputs, const IndexArray& labels);
    void update(const Array& outputs, const Array& targets);
    void update(const Array64& outputs, const Array64& targets);
    double value() const;
    std::vector<double> state() const;
    void load_state(const std::vector<double>& state);

private:
    template <class T>
    void add(const BasicArray<T>& outputs, const IndexArray& labels);

    Outputs outputs_;
    std::size_t columns_ = 0;  // of scores_: 1 for two classes
    std::vector<std::int64_t> labels_;
    std::vector<double> scores_;
};

/// Metric "log_loss": mean of -ln(probability of the label). Shapes as for RocAuc; logits are taken as they are, without
/// the bounds of log_loss(). update() throws as log_loss() does.
class LogLoss {
public:
    static constexpr bool larger_is_better = false;
    explicit LogLoss(Outputs outputs = Outputs::logits) : outputs_(outputs) {}

    std::string name() const { return "log_loss"; }
    void reset() { sum_ = items_ = 0; }
    void update(const Array& outputs, const IndexArray& labels);
    void update(const Array64& outputs, const IndexArray& labels);
    void update(const Array& outputs, const Array& targets);
    void update(const Array64& outputs, const Array64& targets);
    double value() const { return sum_ / items_; }
    std::vector<double> state() const { return {sum_, items_}; }
    void load_state(const std::vector<double>& state);

private:
    template <class T>
    void add(const BasicArray<T>& outputs, const IndexArray& labels);

    Outputs outputs_;
    double sum_ = 0, items_ = 0;
};

}  // namespace xtape::train

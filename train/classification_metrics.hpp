// How good a classifier's answers are, with scikit-learn's definitions: accuracy, top-k accuracy, confusion matrix,
// precision, recall and F1. Labels and predictions are numbers of classes, 0 .. C-1.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace xtape::train {

/// Position of the largest element along the last axis: (..., C) gives (...). The lowest of equal ones; NaN counts as
/// larger than any number. Throws ShapeError for a scalar or a last axis of extent 0.
IndexArray argmax(const Array& x, Location at = Location::current());
IndexArray argmax(const Array64& x, Location at = Location::current());

/// Share of the predictions (N) that are the label (N); NaN for N = 0. Throws ShapeError unless both have one shape (N).
double accuracy(const IndexArray& labels, const IndexArray& predictions, Location at = Location::current());

/// Share of the labels (N) that are among the k classes of the largest scores (N, C). Of equal scores the higher class
/// comes first, as in scikit-learn (argmax takes the lower one); NaN counts as larger than any number. NaN for N = 0.
/// Throws ShapeError for other shapes, DataError for a label outside 0 .. C-1, ConfigError for k = 0.
double top_k_accuracy(const IndexArray& labels, const Array& scores, std::size_t k, Location at = Location::current());
double top_k_accuracy(const IndexArray& labels, const Array64& scores, std::size_t k,
                      Location at = Location::current());

/// Counts (C, C): row = label, column = prediction; labels and predictions (N). classes = 0 stands for one more than
/// the largest number present. Throws ShapeError unless both have one shape (N), DataError for a number outside 0 ..
/// classes-1.
IndexArray confusion_matrix(const IndexArray& labels, const IndexArray& predictions, std::size_t classes = 0,
                            Location at = Location::current());

/// Of each class c, with TP(c) the items of c that were predicted as c:
///
///     precision = TP / predicted as c      recall = TP / items of c      F1 = 2 precision recall / (precision + recall)
///
/// each 0 where its denominator is (scikit-learn's zero_division = 0).
struct ClassScores {
    std::vector<double> precision, recall, f1;
    std::vector<std::int64_t> support;  ///< items of the class
};

/// Scores of the classes of a confusion matrix (C, C). Throws ShapeError for another shape.
ClassScores class_scores(const IndexArray& matrix, Location at = Location::current());

/// How the scores of classes become one number.
enum class Average {
    macro,     ///< mean over all C classes, those without an item too
    weighted,  ///< mean weighted by the items of each class; F1 need not lie between precision and recall
    micro,     ///< from the sums over classes; with one label an item, all three are the accuracy
};

/// Averages of the scores of a confusion matrix (C, C); 0 for one without a count. As scikit-learn with labels = 0 ..
/// C-1, zero_division = 0. Throws ShapeError for another shape.
double precision(const IndexArray& matrix, Average average, Location at = Location::current());
double recall(const IndexArray& matrix, Average average, Location at = Location::current());
double f1(const IndexArray& matrix, Average average, Location at = Location::current());

namespace detail {

/// How many of how many; what the metrics below that are shares gather.
class Tally {
public:
    void add(std::size_t part, std::size_t all) { part_ += part, all_ += all; }
    std::size_t all() const { return all_; }
    double share() const;  ///< NaN of nothing
    std::vector<double> state() const { return {static_cast<double>(part_), static_cast<double>(all_)}; }
    void load_state(const std::string& metric, const std::vector<double>& state);

private:
    std::size_t part_ = 0, all_ = 0;
};

}  // namespace detail

/// Metric "accuracy": share of the items whose largest output is that of the label. Outputs (N, C) of at least 2
/// classes, labels (N); otherwise update() throws ShapeError, and DataError for a label outside 0 .. C-1.
class Accuracy {
public:
    std::string name() const { return "accuracy"; }
    void reset() { right_ = {}; }
    void update(const Array& outputs, const IndexArray& labels);
    void update(const Array64& outputs, const IndexArray& labels);
    double value() const { return right_.share(); }
    std::vector<double> state() const { return right_.state(); }
    void load_state(const std::vector<double>& state) { right_.load_state(name(), state); }

private:
    detail::Tally right_;
};

/// Metric "binary_accuracy" for one output an item and targets that are 0 or 1: share of the items whose output is
/// above the threshold exactly where the target is 1. Outputs and targets have one shape, otherwise update() throws
/// ShapeError; DataError for another target.
class BinaryAccuracy {
public:
    /// 0 for logits, 0.5 for probabilities.
    explicit BinaryAccuracy(double threshold = 0) : threshold_(threshold) {}

    std::string name() const { return "binary_accuracy"; }
    void reset() { right_ = {}; }
    void update(const Array& outputs, const Array& targets);
    void update(const Array64& outputs, const Array64& targets);
    double value() const { return right_.share(); }
    std::vector<double> state() const { return right_.state(); }
    void load_state(const std::vector<double>& state) { right_.load_state(name(), state); }

private:
    double threshold_;
    detail::Tally right_;
};

/// Metric "top_5_accuracy" for k = 5: top_k_accuracy() of all items. update() throws as that does.
class TopK {
public:
    /// Throws ConfigError for k = 0.
    explicit TopK(std::size_t k = 5, Location at = Location::current());

    std::string name() const { return "top_" + std::to_string(k_) + "_accuracy"; }
    void reset() { right_ = {}; }
    void update(const Array& scores, const IndexArray& labels);
    void update(const Array64& scores, const IndexArray& labels);
    double value() const { return right_.share(); }
    std::vector<double> state() const { return right_.state(); }
    void load_state(const std::vector<double>& state) { right_.load_state(name(), state); }

private:
    std::size_t k_;
    detail::Tally right_;
};

namespace detail {

/// Throws ShapeError unless outputs are (N, C) of at least 2 classes and labels (N), DataError for a label outside 0 ..
/// C-1, counting rows from `first_row`.
void check_outputs(const char* caller, const Shape& outputs, const IndexArray& labels, std::size_t first_row,
                   Location at);

/// Throws ShapeError unless the matrix is (C, C).
void check_matrix(const char* caller, const IndexArray& matrix, Location at);

/// Counts an epoch's confusion matrix and averages a score of it.
class AveragedScore {
public:
    /// "f1_macro" and so on, as scikit-learn's scorers are called.
    std::string name() const;
    void reset() { matrix_ = empty_array<std::int64_t>({0, 0}); }
    /// Throws as Accuracy's, and ShapeError for another number of classes than before.
    void update(const Array& outputs, const IndexArray& labels);
    void update(const Array64& outputs, const IndexArray& labels);
    double value() const;
    std::vector<double> state() const { return {matrix_.begin(), matrix_.end()}; }
    void load_state(const std::vector<double>& state);

protected:
    using Score = double (*)(const IndexArray&, Average, Location);
    AveragedScore(const char* score_name, Score score, Average average)
        : score_name_(score_name), score_(score), average_(average) {}

private:
    template <class T>
    void add(const BasicArray<T>& outputs, const IndexArray& labels);

    const char* score_name_;
    Score score_;
    Average average_;
    IndexArray matrix_ = empty_array<std::int64_t>({0, 0});
};

}  // namespace detail

/// Metrics "precision_macro", "recall_weighted", "f1_micro" and so on, over all classes that the model has an output
/// for: outputs (N, C), labels (N).
class Precision : public detail::AveragedScore {
public:
    explicit Precision(Average average = Average::macro) : AveragedScore("precision", precision, average) {}
};
class Recall : public detail::AveragedScore {
public:
    explicit Recall(Average average = Average::macro) : AveragedScore("recall", recall, average) {}
};
class F1 : public detail::AveragedScore {
public:
    explicit F1(Average average = Average::macro) : AveragedScore("f1", f1, average) {}
};

}  // namespace xtape::train

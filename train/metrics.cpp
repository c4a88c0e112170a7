#include <xtape/train/metrics.hpp>

#include <fmt/format.h>

namespace xtape::train {
namespace {

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

// `what` is "labels" or "predictions"; numbers[0] is row `first_row` of the data set.
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

// One more than the largest number; 0 for none.
std::size_t classes_in(const IndexArray& numbers) {
    std::int64_t most = -1;
    for (const std::int64_t number : numbers) most = std::max(most, number);
    return static_cast<std::size_t>(most + 1);
}

std::size_t width_of(const std::vector<std::string>& texts, std::size_t at_least) {
    for (const std::string& text : texts) at_least = std::max(at_least, text.size());
    return at_least;
}

}  // namespace

IndexArray argmax(const Array& x, Location at) { return argmax_last(x, at); }
IndexArray argmax(const Array64& x, Location at) { return argmax_last(x, at); }

IndexArray confusion_matrix(const IndexArray& labels, const IndexArray& predictions, std::size_t classes, Location at) {
    if (labels.dimension() != 1 || labels.shape() != predictions.shape()) {
        throw ShapeError("confusion_matrix: expected labels (N) and predictions (N), got " + to_string(labels.shape()) +
                             " and " + to_string(predictions.shape()),
                         at);
    }
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

std::string confusion_table(const IndexArray& matrix, const std::vector<std::string>& names, Location at) {
    const Shape& shape = matrix.shape();
    if (shape.size() != 2 || shape[0] != shape[1] || (!names.empty() && names.size() != shape[0])) {
        throw ShapeError(
            fmt::format("confusion_table: expected a matrix (C, C) and C names or none, got {} and {} names",
                        to_string(shape), names.size()),
            at);
    }
    const std::size_t classes = shape[0];
    std::vector<std::string> called = names;
    for (std::size_t c = called.size(); c < classes; ++c) called.push_back(std::to_string(c));
    std::vector<std::string> counts;
    for (const std::int64_t count : matrix) counts.push_back(std::to_string(count));

    const std::size_t first = width_of(called, 5), column = width_of(counts, width_of(called, 1)) + 2;
    std::string table = fmt::format("{:>{}}", "label", first);
    for (const std::string& name : called) table += fmt::format("{:>{}}", name, column);
    table += "  recognised\n";
    for (std::size_t row = 0; row < classes; ++row) {
        std::int64_t total = 0;
        table += fmt::format("{:>{}}", called[row], first);
        for (std::size_t c = 0; c < classes; ++c) {
            total += matrix(row, c);
            table += fmt::format("{:>{}}", counts[row * classes + c], column);
        }
        const double share = 100 * static_cast<double>(matrix(row, row)) / static_cast<double>(total);
        table += total == 0 ? fmt::format("{:>12}\n", "-") : fmt::format("{:>10.1f} %\n", share);
    }
    return table;
}

namespace detail {

template <class T>
void Classified::add(const BasicArray<T>& outputs, const IndexArray& labels) {
    const Shape& shape = outputs.shape();
    if (shape.size() != 2 || shape[1] < 2 || labels.dimension() != 1 || labels.size() != shape[0]) {
        throw ShapeError(std::string(caller_) + ": expected outputs (N, C) of at least 2 classes and labels (N), got " +
                             to_string(shape) + " and " + to_string(labels.shape()),
                         at_);
    }
    classes_ = std::max(classes_, shape[1]);
    check_classes(caller_, "labels", labels, shape[1], labels_.size(), at_);
    const IndexArray predictions = argmax(outputs, at_);
    labels_.insert(labels_.end(), labels.begin(), labels.end());
    predictions_.insert(predictions_.end(), predictions.begin(), predictions.end());
}

double Classified::accuracy() const {
    std::size_t right = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) right += labels_[i] == predictions_[i];
    return static_cast<double>(right) / static_cast<double>(labels_.size());
}

IndexArray Classified::confusion() const {
    const auto array = [](const std::vector<std::int64_t>& numbers) {
        IndexArray result = empty_array<std::int64_t>({numbers.size()});
        std::copy(numbers.begin(), numbers.end(), result.data());
        return result;
    };
    return confusion_matrix(array(labels_), array(predictions_), classes_, at_);
}

template <class T>
void place_outputs(BasicArray<T>& all, const BasicArray<T>& outputs, std::size_t first, std::size_t batch,
                   std::size_t items, Location at) {
    Shape shape = outputs.shape();
    if (shape.size() == 0 || shape[0] != batch) {
        throw ShapeError(
            fmt::format("predict: expected outputs ({0}, ...) for {0} items, got {1}", batch, to_string(shape)), at);
    }
    shape[0] = items;
    if (first == 0) all = empty_array<T>(shape);
    if (all.shape() != shape) {
        throw ShapeError("predict: expected outputs of one shape in all batches, got " + to_string(outputs.shape()) +
                             " after outputs for an array " + to_string(all.shape()),
                         at);
    }
    std::copy_n(outputs.data(), outputs.size(), all.data() + outputs.size() / batch * first);
}

template void Classified::add(const Array&, const IndexArray&);
template void Classified::add(const Array64&, const IndexArray&);
template void place_outputs(Array&, const Array&, std::size_t, std::size_t, std::size_t, Location);
template void place_outputs(Array64&, const Array64&, std::size_t, std::size_t, std::size_t, Location);

}  // namespace detail
}  // namespace xtape::train

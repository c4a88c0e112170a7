// Pictures of what a classifier answers over a plane, with the points that it was shown.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace xtape::train {

struct DecisionMapOptions {
    std::string title = {}, x_label = "x1", y_label = "x2";
    std::vector<std::string> classes = {};  ///< names in the legend; empty: "class 0", "class 1", ...
    std::size_t cells = 200;                ///< along each side: at how many places the classifier is asked; 2 to 2000
    double margin = 0.08;                   ///< around the points, as a share of their range; at least 0
    unsigned width = 720, height = 560;     ///< pixels, 100 to 10000
};

/// Labels (M) of places (M, 2).
using Classifier = std::function<IndexArray(const Array&)>;

/// Draws points (N, 2) in the colours of their labels (N) over the regions where the classifier answers each label, in the
/// same colours but pale: where a point and its ground differ, the answer is wrong. Labels and answers are 0 to 6.
///
///     train::write_decision_map("xor.png", [&](const Array& x) { return perceptron.predict(x); }, points, labels);
///
/// Throws ShapeError for other shapes or no points, also for answers that are not (M); DataError for a label or answer out of
/// range or a point that is not finite; ConfigError for an option out of its range; otherwise as Plot::save.
void write_decision_map(const std::filesystem::path& file, const Classifier& classify, const Array& points, const IndexArray& labels,
                        const DecisionMapOptions& options = {}, Location at = Location::current());

}  // namespace xtape::train

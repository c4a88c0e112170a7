// What a classifier takes for what, as text.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <string>
#include <vector>

namespace xtape::train {

/// A confusion matrix (C, C) as aligned text: a line for each label, a column for each prediction, and last the share
/// of the label's items that was recognised. Classes are called by `names`, by default 0 .. C-1. Throws ShapeError for
/// another shape or number of names.
std::string confusion_table(const IndexArray& matrix, const std::vector<std::string>& names = {},
                            Location at = Location::current());

struct ClassificationReportOptions {
    std::vector<std::string> names = {};  ///< of the classes, by default 0 .. C-1
    unsigned digits = 2;                  ///< behind the point, at most 15
};

/// Precision, recall, F1 and support of each class and their averages, in the layout of scikit-learn's
/// classification_report. Throws ShapeError for another shape than (C, C) or another number of names; ConfigError for more
/// digits.
std::string classification_report(const IndexArray& matrix, const ClassificationReportOptions& options = {},
                                  Location at = Location::current());

}  // namespace xtape::train

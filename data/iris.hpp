// The flowers that are built into the library.
#pragma once

#include <xtape/data/dataset.hpp>

#include <array>
#include <string_view>

namespace xtape::data {

/// Fisher's 150 irises: lengths in centimetres, features (150, 4) as iris_features names them, and what iris_classes
/// says of labels 0..2, 50 flowers each, in the original order. As in Fisher's paper, so two rows differ from the
/// copy at UCI. Source and licence: data/README.md. Needs no file.
TensorDataset iris();

inline constexpr std::array<std::string_view, 4> iris_features = {"sepal length", "sepal width", "petal length",
                                                                  "petal width"};
inline constexpr std::array<std::string_view, 3> iris_classes = {"setosa", "versicolor", "virginica"};

}  // namespace xtape::data

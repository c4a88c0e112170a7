#include <xtape/data/array_dataset.hpp>

#include <string>

namespace xtape::data::detail {

std::size_t row_count(std::initializer_list<Shape> shapes) {
    const Shape& first = *shapes.begin();
    bool one_count = true;
    std::string all;
    for (const Shape& shape : shapes) {
        one_count = one_count && !shape.empty() && !first.empty() && shape[0] == first[0];
        all += (all.empty() ? "" : ", ") + to_string(shape);
    }
    if (!one_count) throw ShapeError("ArrayDataset: expected arrays (N, ...) with one N, got " + all);
    return first[0];
}

}  // namespace xtape::data::detail

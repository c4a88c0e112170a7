// The items that a classifier is surest of, and those that it is most wrong about.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace xtape::train {

struct ClassificationOptions {
    std::vector<std::string> names = {};  ///< of the classes; by default 0 .. C-1
    std::size_t examples = 12;            ///< best and worst ones that are shown, when the items are images
    /// Height and width of items that are rows of features; (C, H, W) and (H, W) items need none. {0, 0}: no images.
    std::pair<std::size_t, std::size_t> image = {0, 0};
    std::size_t batch_size = 256;
};

namespace detail {

/// An item as an image, and what was made of it.
struct Example {
    double probability;  ///< of its label
    std::int64_t label, prediction;
    Array64 image;  ///< (H, W) or (C, H, W)
};

/// Keeps the best and the worst of all items shown to it.
class Examples {
public:
    explicit Examples(const ClassificationOptions& options) : options_(options) {}

    /// Outputs (B, C): probabilities, or else logits; inputs (B, ...); labels (B) in 0 .. C-1.
    void add(const Array64& outputs, const Array64& inputs, const IndexArray& labels);

    const std::vector<Example>& best() const { return best_; }    ///< the label's probability falling
    const std::vector<Example>& worst() const { return worst_; }  ///< misjudged ones, the label's probability rising

private:
    bool image_shape(const Shape& item, Shape& image) const;

    ClassificationOptions options_;
    std::vector<Example> best_, worst_;
};

}  // namespace detail

}  // namespace xtape::train

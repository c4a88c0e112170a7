// The handwritten digits that are built into the library.
#pragma once

#include <xtape/data/dataset.hpp>

namespace xtape::data {

struct DigitsOptions {
    bool image = false;  ///< features (1797, 1, 8, 8) instead of (1797, 64)
};

/// 1797 handwritten digits of 8 x 8 pixels: features in [0, 1] (the original 0..16 divided by 16, so exact), labels
/// 0..9, in the original order. Source and licence: data/README.md. Needs no file.
TensorDataset digits(DigitsOptions options = {});

}  // namespace xtape::data

// The embedded digits: a gzip member of 1797 * 64 pixels (0..16, row by row) and then 1797 labels (0..9), one byte
// each.
#pragma once

#include <cstddef>
#include <span>

namespace xtape::data::detail {

std::span<const std::byte> digits_bytes();

}  // namespace xtape::data::detail

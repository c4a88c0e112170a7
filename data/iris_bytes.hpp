// The embedded flowers: a gzip member of 150 * 4 lengths in millimetres, row by row, and then 150 labels (0..2), one
// byte each.
#pragma once

#include <cstddef>
#include <span>

namespace xtape::data::detail {

std::span<const std::byte> iris_bytes();

}  // namespace xtape::data::detail

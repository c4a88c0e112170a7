// The text forms of the USPS digits.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace xtape::data {

struct UspsRows {
    Array features;     ///< (N, 256): 16 x 16 grey values from -1 (background) to 1 (ink), row by row
    IndexArray labels;  ///< (N), 0..9
};

/// The digits in these bytes, one a line: a label, then 256 grey values, separated by commas, or by spaces as in
/// zip.train and zip.test of "The Elements of Statistical Learning" (Hastie, Tibshirani, Friedman). gzip data is
/// recognised by its first bytes; `name` is the file in error messages. Any bytes are safe to pass, as for read_csv.
/// Throws DataError with line and column as read_csv does, for another number of columns than 257, a label other than 0
/// to 9 and a grey value outside -1 to 1.
UspsRows read_usps(std::span<const std::byte> bytes, const std::string& name);

/// The same from a file. Throws IoError when it cannot be read.
UspsRows read_usps(const std::filesystem::path& path);

}  // namespace xtape::data

// Golden files of the readers in data/; see files/golden.hpp.
#pragma once

#include "files/golden.hpp"

namespace support {

std::vector<Golden> golden_csv();  // a column "n" of numbers and a column "c" of categories
std::vector<Golden> golden_usps();

/// A line of a USPS file: a label, then so many grey values.
std::string usps_line(const std::string& label, const std::string& value, const std::string& separator,
                      std::size_t values = 256);

}  // namespace support

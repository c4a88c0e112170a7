// Parts of the built-in digits for programs that choose on one part and test on another, and the files by which scripts/baselines
// gives scikit-learn the very same numbers.
#pragma once

#include <xtape/data/dataset.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace examples {

struct Parts {
    xtape::data::TensorDataset train, validation, test;
};

/// So many digits for training, validation and test, in an order of the process-wide seed. Their rows and labels go to
/// `file`, unless that is empty.
Parts parts_of_digits(const std::array<std::size_t, 3>& sizes, const std::filesystem::path& file = {});

/// A header line and the rows. Throws IoError when the file cannot be written.
void write_csv(const std::filesystem::path& file, const std::string& header, const std::vector<std::string>& rows);

/// The middle one, or the mean of the two in the middle; of at least one.
double median(std::vector<double> values);

/// With two decimals and spaces between: what a median is the middle of.
std::string joined(const std::vector<double>& values);

}  // namespace examples

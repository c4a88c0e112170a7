// What people in the United States were charged for medical care in a year (B. Lantz, "Machine Learning with R"): a
// small table for regression, with columns of numbers and of words.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace xtape::data {

struct Insurance {
    Array features;                  ///< (N, 9); N is 1338 in the known file
    Array target;                    ///< (N, 1): charges in dollars
    std::vector<std::string> names;  ///< of the features
};

/// Reads insurance.csv, as it is or with .gz, from that folder or its subfolder "insurance", or the file that is given.
/// Features, in the units of the file: age in years; sex, 0 female and 1 male; bmi in kg/m^2; children; smoker, 0 no
/// and 1 yes; and the region one-hot as region=northeast, region=northwest, region=southeast, region=southwest.
/// Throws IoError naming the file and where it can be had when it is missing; DataError with line and column for
/// another table.
Insurance insurance(const std::filesystem::path& file_or_folder);

}  // namespace xtape::data

// The USPS handwritten digits: numbers from envelopes, scanned by the U.S. Postal Service (LeCun et al., 1990).
#pragma once

#include <xtape/data/dataset.hpp>
#include <xtape/data/usps_rows.hpp>

#include <filesystem>

namespace xtape::data {

struct UspsOptions {
    bool image = false;       ///< features (N, 1, 16, 16) instead of (N, 256)
    bool unit_range = false;  ///< features from 0 to 1, (x + 1) / 2, instead of -1 to 1 as in the files
};

struct Usps {
    TensorDataset train;  ///< 7291 rows in the known files
    TensorDataset test;   ///< 2007 rows; harder than the train part, and known for it
};

/// Reads zip.train and zip.test, or usps_train.csv and usps_test.csv, each as it is or with .gz, from that folder or
/// its subfolder "usps"; read_usps describes both forms. Any number of digits is read. Throws IoError naming the files
/// and where they can be had when one is missing; DataError as read_usps does.
Usps usps(const std::filesystem::path& folder, UspsOptions options = {});

}  // namespace xtape::data

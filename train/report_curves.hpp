// The drawn parts of a report.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/train/history.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace xtape::train::detail {

struct EpochTime {
    std::size_t epoch;
    double training, rest;  ///< seconds in the batches, and in validation and whatever comes after them
};

/// Curves of all series of a history, and a table of their best and last numbers. Pictures go into the folder, too.
std::string curves_html(const History& history, const std::filesystem::path& folder);

/// How long the epochs took.
std::string times_html(const std::vector<EpochTime>& times);

/// How often a parameter has numbers of which size.
std::string histogram_html(const std::string& name, const std::string& shape, const Array64& values,
                           const std::filesystem::path& folder);

}  // namespace xtape::train::detail

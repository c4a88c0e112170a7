// Data sets out of NumPy's files of several arrays.
#pragma once

#include <xtape/data/dataset.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace xtape::data {

/// The data set of two arrays of an .npz file (numpy.savez), taken by name: features (N, ...) of any kind of numbers,
/// as they are, and labels (N) of integers from 0 to classes-1; classes = 0 stands for one more than the largest.
/// Throws as files::read_npz, files::to_array and TensorDataset do, and DataError with the names that there are when
/// one is none of them.
TensorDataset load_npz(const std::filesystem::path& path, const std::string& features, const std::string& labels,
                       std::size_t classes = 0, Location at = Location::current());

}  // namespace xtape::data

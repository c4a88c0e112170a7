// Files in the formats that are read here: some of each kind that must be refused, with what is said about them, and
// some that must be read. The tests of the readers assert them, the fuzz targets start from them.
#pragma once

#include "files/support.hpp"

#include <string>
#include <vector>

namespace support {

struct Golden {
    std::string name;
    Bytes bytes;
    std::string message;  // of the DataError, behind the name of the file; empty: must be read
};

std::vector<Golden> golden_safetensors();
std::vector<Golden> golden_npy();
std::vector<Golden> golden_npz();

/// A file of tests/files/golden, all of which NumPy wrote.
Bytes numpy_file(const std::string& name);

/// A safetensors file with this header, padded by nothing, and so many bytes 0, 1, 2, ... of data.
Bytes safetensors(const std::string& header, std::size_t data_bytes);

}  // namespace support

// The header of a .npy file: a Python dictionary, of which only what NumPy itself writes is understood.
#pragma once

#include <xtape/files/stored_array.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace xtape::files::detail {

struct NpyHeader {
    Element element = Element::float32;
    bool big_endian = false;
    bool fortran_order = false;
    Shape shape;
};

/// Reads the dictionary, which starts at byte `position` of the file. Throws DataError when it is not what it must be.
NpyHeader parse_npy_header(std::span<const std::byte> text, std::size_t position, const std::string& file);

/// The dictionary; descr is what NumPy calls the element in little-endian order. Throws ConfigError for bfloat16.
std::string npy_dictionary(Element element, const Shape& shape);

}  // namespace xtape::files::detail

// The JSON header of a safetensors file: what it says, before it is compared with the bytes present.
#pragma once

#include <xtape/files/stored_array.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace xtape::files::detail {

struct SafetensorsEntry {
    std::string name;
    Element element = Element::float32;
    Shape shape;
    std::array<std::uint64_t, 2> offsets = {};
};

struct SafetensorsHeader {
    std::vector<SafetensorsEntry> entries;
    std::map<std::string, std::string> metadata;
};

/// Reads the header's JSON, which starts at byte 8 of the file. Throws DataError when it has not the form of the format;
/// the numbers in it are as they are written.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> json, const std::string& file);

std::string_view safetensors_name(Element element);  ///< "F32"

}  // namespace xtape::files::detail

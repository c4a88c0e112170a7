// Bytes for the tests of readers.
#pragma once

#include "files/support.hpp"

#include <cstdint>
#include <initializer_list>

namespace support {

/// An IDX file of unsigned bytes with this header, whatever the number of values.
inline Bytes idx(std::initializer_list<std::uint32_t> extents, const Bytes& values) {
    Bytes result = bytes({0, 0, 8, static_cast<unsigned>(extents.size())});
    for (const std::uint32_t extent : extents) {
        result = result + bytes({extent >> 24, extent >> 16 & 255, extent >> 8 & 255, extent & 255});
    }
    return result + values;
}

}  // namespace support

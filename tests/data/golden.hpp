// Golden files of the readers in data/; see files/golden.hpp.
#pragma once

#include "files/golden.hpp"

namespace support {

std::vector<Golden> golden_csv();  // a column "n" of numbers and a column "c" of categories
std::vector<Golden> golden_png();
std::vector<Golden> golden_usps();

/// A line of a USPS file: a label, then so many grey values.
std::string usps_line(const std::string& label, const std::string& value, const std::string& separator,
                      std::size_t values = 256);

/// A chunk of a PNG file, with its length and its checksum.
Bytes png_chunk(const std::string& name, const Bytes& data);

struct PngParts {
    unsigned width = 1, height = 1, depth = 8, color_type = 0;
    Bytes rows;         ///< as they are before compression: a filter byte in front of each row
    Bytes before = {};  ///< chunks between IHDR and IDAT
    unsigned interlacing = 0;
};

/// A PNG file put together by hand, whatever it may be worth.
Bytes png(const PngParts& parts);

/// The same bytes with the checksum of every chunk made right, up to the first that does not fit into the file.
Bytes with_png_checksums(Bytes file);

}  // namespace support

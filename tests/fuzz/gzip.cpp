#include "fuzz/target.hpp"

#include <xtape/files/gzip.hpp>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::span<const std::byte> bytes) { files::gunzip(bytes, 1 << 14, "x"); });
}

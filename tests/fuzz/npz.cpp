#include "fuzz/target.hpp"

#include <xtape/files/npz.hpp>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
        for (const files::StoredArray& array : files::read_npz(bytes, "x")) {
            fuzz::touch(array.bytes);
            files::to_array<float>(array, "x");
        }
    });
}

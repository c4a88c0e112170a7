#include "fuzz/target.hpp"

#include <xtape/files/npy.hpp>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
        const files::StoredArray array = files::read_npy(bytes, "x");
        fuzz::touch(array.bytes);
        files::to_array<float>(array, "x");
        files::to_array<std::int64_t>(array, "x");
    });
}

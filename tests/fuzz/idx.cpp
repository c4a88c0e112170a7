#include "fuzz/target.hpp"

#include <xtape/data/idx.hpp>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
        const data::ByteArray values = data::read_idx(bytes, "x");
        fuzz::touch(std::as_bytes(std::span(values.data(), values.size())));
    });
}

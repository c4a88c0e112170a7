#include "data/golden.hpp"
#include "fuzz/target.hpp"

#include <xtape/data/png.hpp>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = [](std::span<const std::byte> bytes) {
        const data::ByteArray image = data::read_png(bytes, "x");
        fuzz::touch(std::as_bytes(std::span(image.data(), image.size())));
        data::to_gray(image);
    };
    fuzz::run(data, size, read);
    // Checksums that are wrong would end nearly every attempt before a pixel is read.
    const auto view = std::as_bytes(std::span(data, size));
    const support::Bytes mended = support::with_png_checksums({view.begin(), view.end()});
    return fuzz::run(reinterpret_cast<const std::uint8_t*>(mended.data()), mended.size(), read);
}

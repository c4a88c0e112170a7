#include "fuzz/target.hpp"

#include <xtape/files/safetensors.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
        for (const files::StoredArray& array : files::read_safetensors(bytes, "x").arrays) {
            fuzz::touch(array.bytes);
            files::to_array<float>(array, "x");
            files::to_array<double>(array, "x");
            files::to_array<std::int64_t>(array, "x");
        }
    });
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed);

// libFuzzer alone: after most changes the length of the header is made right, without which nothing of it is read.
#ifdef XTAPE_LIBFUZZER
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, max_size);
    constexpr std::size_t prefix = 8;
    if (size <= prefix || seed % 8 == 0) return size;
    const std::string_view text(reinterpret_cast<const char*>(data) + prefix, size - prefix);
    const std::size_t end = text.rfind('}');
    const std::uint64_t length = end == std::string_view::npos ? text.size() : end + 1;
    std::memcpy(data, &length, prefix);
    return size;
}
#endif

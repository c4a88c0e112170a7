#include "fuzz/target.hpp"

#include <xtape/data/usps_rows.hpp>

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
        const data::UspsRows rows = data::read_usps(bytes, "x");
        for (const std::int64_t label : rows.labels) {
            if (label < 0 || label > 9) std::abort();
        }
        for (const float grey : rows.features) {
            if (!(grey >= -1 && grey <= 1)) std::abort();
        }
    });
}

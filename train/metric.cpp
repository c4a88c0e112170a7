#include <xtape/train/metric.hpp>

namespace xtape::train::detail {

void throw_foreign_state(const std::string& metric, const char* wanted, std::size_t size) {
    throw DataError("metric '" + metric + "': expected a state of " + wanted + ", got " + std::to_string(size) +
                    " numbers that are not one");
}

}  // namespace xtape::train::detail

#include <xtape/train/metric.hpp>

namespace xtape::train::detail {

void throw_foreign_state(const std::string& metric, const char* wanted, std::size_t size) {
    throw DataError("metric '" + metric + "': expected a state of " + wanted + ", got " + std::to_string(size) +
                    " numbers that are not one");
}

void throw_wrong_targets(const std::string& metric, const char* wanted, const char* got) {
    throw ConfigError("metric '" + metric + "': expected targets that are " + wanted + ", got " + got);
}

template Array64 converted(const Array& x);
template Array converted(const Array64& x);

}  // namespace xtape::train::detail

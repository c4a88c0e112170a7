#include <xtape/data/combine.hpp>

namespace xtape::data::detail {

void fail_sizes(const char* who, std::span<const std::size_t> sizes) {
    std::string all;
    for (const std::size_t size : sizes) all += (all.empty() ? "" : " and ") + std::to_string(size);
    throw ConfigError(std::string(who) + ": expected data sets of one size, got " + all + " items");
}

void fail_part_shapes(std::size_t part, const Shape& first, const Shape& here) {
    throw ShapeError("concat: expected items of one shape in all data sets, got " + to_string(first) + " and " +
                     to_string(here) + " (part " + std::to_string(part) + " of each item)");
}

}  // namespace xtape::data::detail

#include <xtape/data/collate.hpp>

#include <string>

namespace xtape::data::detail {

void fail_shapes(const Slot& slot, std::size_t part, const Shape& first, const Shape& here) {
    throw ShapeError("Loader: expected items of one shape, got " + to_string(first) + " in item " +
                         std::to_string(slot.rows[0]) + " and " + to_string(here) + " in item " +
                         std::to_string(slot.rows[slot.index]) + " (part " + std::to_string(part) + " of each item)",
                     slot.at);
}

}  // namespace xtape::data::detail

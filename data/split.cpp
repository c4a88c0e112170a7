#include <xtape/data/split.hpp>

#include <cmath>
#include <sstream>

namespace xtape::data::detail {

std::size_t split_point(std::size_t size, double fraction, Location at) {
    if (!(fraction > 0 && fraction < 1)) {
        std::ostringstream text;
        text << "split: expected a fraction between 0 and 1, got " << fraction;
        throw ConfigError(text.str(), at);
    }
    return static_cast<std::size_t>(std::llround(static_cast<double>(size) * fraction));
}

}  // namespace xtape::data::detail

#include <xtape/data/loader.hpp>

#include <numeric>

namespace xtape::data::detail {

void check(const LoaderOptions& options, Location at) {
    if (options.batch_size == 0) throw ConfigError("Loader: expected a batch size of at least 1, got 0", at);
}

IndexArray epoch_order(std::size_t size, bool shuffle) {
    if (shuffle) return random::permutation(size);
    IndexArray order = empty_array<std::int64_t>(Shape{size});
    std::iota(order.data(), order.data() + size, std::int64_t{0});
    return order;
}

}  // namespace xtape::data::detail

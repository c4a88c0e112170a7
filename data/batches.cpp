#include <xtape/data/batches.hpp>

namespace xtape::data::detail {

template class Batches<std::tuple<Array, IndexArray>>;
template class Batches<std::tuple<Array, Array>>;
template class Batches<Array>;
template class Loading<std::tuple<Array, IndexArray>>;
template class Loading<std::tuple<Array, Array>>;
template class Loading<Array>;

}  // namespace xtape::data::detail

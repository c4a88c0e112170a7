#include <xtape/nn/sequential.hpp>

namespace xtape::nn {

template class BasicSequential<float>;
template class BasicSequential<double>;

}  // namespace xtape::nn

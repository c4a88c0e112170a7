#include <xtape/autodiff/ops/activation.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Tanh>> Tanh::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Sigmoid>> Sigmoid::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Relu>> Relu::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

template struct detail::Runner<Tanh>;
template struct detail::Runner<Sigmoid>;
template struct detail::Runner<Relu>;

std::vector<OperationInfo> detail::activation_operations() { return describe_family(ActivationOps{}); }

}  // namespace xtape

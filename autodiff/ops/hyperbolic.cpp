#include <xtape/autodiff/ops/hyperbolic.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Sinh>> Sinh::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Cosh>> Cosh::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Asinh>> Asinh::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Acosh>> Acosh::samples() { return {{{}, {positive({2, 3}, 1) + 1.0}}}; }

std::vector<Sample<Atanh>> Atanh::samples() { return {{{}, {0.45 * uniform({2, 3}, 1)}}}; }

template struct detail::Runner<Sinh>;
template struct detail::Runner<Cosh>;
template struct detail::Runner<Asinh>;
template struct detail::Runner<Acosh>;
template struct detail::Runner<Atanh>;

std::vector<OperationInfo> detail::hyperbolic_operations() { return describe_family(HyperbolicOps{}); }

}  // namespace xtape

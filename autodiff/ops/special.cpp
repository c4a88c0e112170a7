#include <xtape/autodiff/ops/special.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Erf>> Erf::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Erfc>> Erfc::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

template struct detail::Runner<Erf>;
template struct detail::Runner<Erfc>;

std::vector<OperationInfo> detail::special_operations() { return describe_family(SpecialOps{}); }

}  // namespace xtape

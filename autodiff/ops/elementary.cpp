#include <xtape/autodiff/ops/elementary.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Exp>> Exp::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Log>> Log::samples() { return {{{}, {positive({2, 3}, 1)}}}; }

std::vector<Sample<Sin>> Sin::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Cos>> Cos::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

template struct detail::Runner<Exp>;
template struct detail::Runner<Log>;
template struct detail::Runner<Sin>;
template struct detail::Runner<Cos>;

std::vector<OperationInfo> detail::elementary_operations() { return describe_family(ElementaryOps{}); }

}  // namespace xtape

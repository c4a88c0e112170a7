#include <xtape/autodiff/ops/comparison.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Less>> Less::samples() { return {{{}, {uniform({4, 3}, 1), uniform({3}, 2)}}}; }

std::vector<Sample<LessEqual>> LessEqual::samples() { return {{{}, {mask({4, 3}, 1), mask({3}, 2)}}}; }

std::vector<Sample<Equal>> Equal::samples() { return {{{}, {mask({4, 3}, 1), mask({4, 1}, 2)}}}; }

std::vector<Sample<NotEqual>> NotEqual::samples() { return {{{}, {mask({4, 3}, 1), mask({4, 1}, 2)}}}; }

std::vector<Sample<LogicalAnd>> LogicalAnd::samples() { return {{{}, {mask({4, 3}, 1), mask({4, 1}, 2)}}}; }

std::vector<Sample<LogicalOr>> LogicalOr::samples() { return {{{}, {mask({4, 3}, 1), mask({4, 1}, 2)}}}; }

std::vector<Sample<LogicalNot>> LogicalNot::samples() { return {{{}, {mask({4, 3}, 1)}}, {{}, {uniform({3}, 2)}}}; }

template struct detail::Runner<Less>;
template struct detail::Runner<LessEqual>;
template struct detail::Runner<Equal>;
template struct detail::Runner<NotEqual>;
template struct detail::Runner<LogicalAnd>;
template struct detail::Runner<LogicalOr>;
template struct detail::Runner<LogicalNot>;

std::vector<OperationInfo> detail::comparison_operations() { return describe_family(ComparisonOps{}); }

}  // namespace xtape

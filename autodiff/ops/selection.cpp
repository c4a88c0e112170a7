#include <xtape/autodiff/ops/selection.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Where>> Where::samples() {
    return {{{}, {mask({3, 4}, 1), uniform({3, 4}, 2), uniform({3, 4}, 3)}},
            {{}, {mask({3, 1}, 4), uniform({4}, 5), uniform({}, 6)}}};
}

std::vector<Sample<Maximum>> Maximum::samples() {
    return {{{}, {distinct({3, 4}, 1), distinct({3, 4}, 2) + 0.1}}, {{}, {distinct({3, 4}, 3), distinct({4}, 4) + 0.05}}};
}

std::vector<Sample<Minimum>> Minimum::samples() {
    return {{{}, {distinct({3, 4}, 1), distinct({3, 4}, 2) + 0.1}}, {{}, {distinct({3, 1}, 3), distinct({4}, 4) + 0.05}}};
}

std::vector<Sample<Abs>> Abs::samples() { return {{{}, {uniform({3, 4}, 1)}}}; }

template struct detail::Runner<Where>;
template struct detail::Runner<Maximum>;
template struct detail::Runner<Minimum>;
template struct detail::Runner<Abs>;

std::vector<OperationInfo> detail::selection_operations() { return describe_family(SelectionOps{}); }

}  // namespace xtape

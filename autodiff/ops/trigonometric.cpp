#include <xtape/autodiff/ops/trigonometric.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Tan>> Tan::samples() { return {{{}, {0.6 * uniform({2, 3}, 1)}}}; }

std::vector<Sample<Asin>> Asin::samples() { return {{{}, {0.45 * uniform({2, 3}, 1)}}}; }

std::vector<Sample<Acos>> Acos::samples() { return {{{}, {0.45 * uniform({2, 3}, 1)}}}; }

std::vector<Sample<Atan>> Atan::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Atan2>> Atan2::samples() {
    return {{{}, {positive({2, 3}, 1), positive({2, 3}, 2)}},
            {{}, {positive({2, 3}, 3), -positive({3}, 4)}},
            {{}, {-positive({2, 1}, 5), uniform({1, 3}, 6)}}};
}

std::vector<Sample<Hypot>> Hypot::samples() {
    return {{{}, {uniform({2, 3}, 1), positive({2, 3}, 2)}},
            {{}, {uniform({2, 1}, 3), -positive({3}, 4)}}};
}

template struct detail::Runner<Tan>;
template struct detail::Runner<Asin>;
template struct detail::Runner<Acos>;
template struct detail::Runner<Atan>;
template struct detail::Runner<Atan2>;
template struct detail::Runner<Hypot>;

std::vector<OperationInfo> detail::trigonometric_operations() { return describe_family(TrigonometricOps{}); }

}  // namespace xtape

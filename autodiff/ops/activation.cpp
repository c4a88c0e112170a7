#include <xtape/autodiff/ops/activation.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Tanh>> Tanh::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Sigmoid>> Sigmoid::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Relu>> Relu::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<LeakyRelu>> LeakyRelu::samples() {
    return {{LeakyRelu{0.01}, {uniform({2, 3}, 1)}}, {LeakyRelu{-0.5}, {uniform({2, 3}, 2)}}};
}

std::vector<Sample<Prelu>> Prelu::samples() {
    return {{{}, {uniform({2, 3}, 1), uniform({2, 3}, 2)}}, {{}, {uniform({2, 3, 2}, 3), uniform({3, 1}, 4)}}};
}

std::vector<Sample<HardTanh>> HardTanh::samples() {
    return {{HardTanh{-1, 1}, {distinct({2, 3}, 1)}}, {HardTanh{0, 6}, {3.5 * distinct({2, 3}, 2)}}};
}

std::vector<Sample<HardSigmoid>> HardSigmoid::samples() { return {{{}, {2.5 * distinct({2, 3}, 1)}}}; }

template struct detail::Runner<Tanh>;
template struct detail::Runner<Sigmoid>;
template struct detail::Runner<Relu>;
template struct detail::Runner<LeakyRelu>;
template struct detail::Runner<Prelu>;
template struct detail::Runner<HardTanh>;
template struct detail::Runner<HardSigmoid>;

std::vector<OperationInfo> detail::activation_operations() { return describe_family(ActivationOps{}); }

}  // namespace xtape

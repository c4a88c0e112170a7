#include <xtape/autodiff/ops/exponential.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Expm1>> Expm1::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Exp2>> Exp2::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Log1p>> Log1p::samples() { return {{{}, {positive({2, 3}, 1) - 1.0}}}; }

std::vector<Sample<Log2>> Log2::samples() { return {{{}, {positive({2, 3}, 1)}}}; }

std::vector<Sample<Log10>> Log10::samples() { return {{{}, {positive({2, 3}, 1)}}}; }

std::vector<Sample<TensorPower>> TensorPower::samples() {
    return {{{}, {positive({2, 3}, 1), positive({2, 3}, 2)}},
            {{}, {positive({2, 3}, 3), uniform({3}, 4)}},
            {{}, {positive({}, 5), uniform({2, 2}, 6)}}};
}

template struct detail::Runner<Expm1>;
template struct detail::Runner<Exp2>;
template struct detail::Runner<Log1p>;
template struct detail::Runner<Log2>;
template struct detail::Runner<Log10>;
template struct detail::Runner<TensorPower>;

std::vector<OperationInfo> detail::exponential_operations() { return describe_family(ExponentialOps{}); }

}  // namespace xtape

#include <xtape/autodiff/ops/smooth_activation.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

namespace xtape {

using namespace sample;

std::vector<Sample<Elu>> Elu::samples() {
    return {{Elu{1}, {uniform({2, 3}, 1)}},
            {Elu{0.3}, {uniform({2, 3}, 2)}}};
}

std::vector<Sample<Gelu>> Gelu::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<GeluTanh>> GeluTanh::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Silu>> Silu::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Softplus>> Softplus::samples() {
    return {{Softplus{1}, {uniform({2, 3}, 1)}},
            {Softplus{3}, {uniform({2, 3}, 2)}}};
}

std::vector<Sample<Mish>> Mish::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

void detail::check_positive(const char* name, const char* attribute, double value, Location at) {
    if (value > 0) return;
    throw ConfigError(fmt::format("{}: expected {} > 0, got {}", name, attribute, value), at);
}

template struct detail::Runner<Elu>;
template struct detail::Runner<Gelu>;
template struct detail::Runner<GeluTanh>;
template struct detail::Runner<Silu>;
template struct detail::Runner<Softplus>;
template struct detail::Runner<Mish>;

std::vector<OperationInfo> detail::smooth_activation_operations() { return describe_family(SmoothActivationOps{}); }

}  // namespace xtape

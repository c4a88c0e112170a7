#include <xtape/autodiff/ops/rounding.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

namespace xtape {

using namespace sample;

std::vector<Sample<Signum>> Signum::samples() { return {{{}, {distinct({2, 3}, 1)}}}; }

std::vector<Sample<Floor>> Floor::samples() { return {{{}, {distinct({2, 3}, 1)}}}; }

std::vector<Sample<Ceil>> Ceil::samples() { return {{{}, {distinct({2, 3}, 1)}}}; }

std::vector<Sample<Round>> Round::samples() { return {{{}, {distinct({2, 3}, 1)}}}; }

std::vector<Sample<Clamp>> Clamp::samples() {
    return {{Clamp{-0.5, 1}, {distinct({2, 3}, 1)}},
            {Clamp{-INFINITY, 0.5}, {distinct({2, 3}, 2)}},
            {Clamp{-0.5, INFINITY}, {distinct({2, 3}, 3)}}};
}

void detail::check_bounds(const char* name, double low, double high, Location at) {
    if (low <= high) return;
    throw ConfigError(fmt::format("{}: expected low <= high, got low = {} and high = {}", name, low, high), at);
}

template struct detail::Runner<Signum>;
template struct detail::Runner<Floor>;
template struct detail::Runner<Ceil>;
template struct detail::Runner<Round>;
template struct detail::Runner<Clamp>;

std::vector<OperationInfo> detail::rounding_operations() { return describe_family(RoundingOps{}); }

}  // namespace xtape

#include <xtape/autodiff/ops/dropout.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/dropout.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape {

using namespace sample;

Shape Dropout::infer(Shapes x) const {
    if (!(p >= 0 && p <= 1)) throw ConfigError(fmt::format("dropout: expected a probability in 0 .. 1, got {}", p));
    return *x[0];
}

template <class T>
BasicArray<T> Dropout::forward(Inputs<T> x) const {
    BasicArray<T> y = empty_array<T>(x[0]->shape());
    const double dropped = std::ceil(p * 0x1p32);  // of the 2^32 draws
    if (dropped < 0x1p32) {
        detail::mask_scaled(stream, static_cast<std::uint32_t>(dropped), static_cast<T>(1 / (1 - p)), y.size(), x[0]->data(), y.data());
    } else {
        std::fill(y.data(), y.data() + y.size(), T(0));
    }
    return y;
}

template <class T>
void Dropout::backward(Replay<T>& r) const {
    r.give(0, detail::call(*this, Location{}, r.g()));
}

Array64 Dropout::reference(std::span<const Array64> x) const {
    random::Stream draws = stream;
    Array64 y = x[0];
    for (double& v : y) v = static_cast<double>(draws.bits()) * 0x1p-32 < p ? 0 : v / (1 - p);
    return y;
}

std::vector<Sample<Dropout>> Dropout::samples() {
    return {{Dropout{0.5, {1, 2}}, {uniform({3, 4}, 1)}},
            {Dropout{0.2, {0x123456789abcdef0, 0x0fedcba987654321, 7}}, {uniform({5, 37}, 2)}},
            {Dropout{0, {1, 3}}, {uniform({7}, 3)}}};
}

Sample<Dropout> Dropout::random(Draw& draw) {
    const double p = static_cast<double>(draw(0, 10)) / 10;
    return {Dropout{p, {draw.seed(), draw.seed(), draw(0, 9)}}, {uniform(draw.shape(0, 4), draw.seed())}};
}

template struct detail::Runner<Dropout>;

std::vector<OperationInfo> detail::dropout_operations() { return describe_family(DropoutOps{}); }

}  // namespace xtape

// Dropout: elements set to 0 at random, the others scaled up so that the expectation stays.
#pragma once

#include <xtape/autodiff/op.hpp>
#include <xtape/autodiff/random.hpp>

namespace xtape {

/// y = x / (1 - p) with probability 1 - p, else 0. Element i goes by draw i of the stream alone: forward, backward and any number of
/// threads see one mask, which is computed again instead of being kept.
struct Dropout {
    double p = 0.5;
    random::Stream stream{0, 0};

    static constexpr const char* name = "dropout";
    static constexpr const char* signature = "dropout(x, p, stream)";
    static constexpr const char* formula = "y = x m / (1 - p), m 0 or 1 at random;  dx = g m / (1 - p)";
    static constexpr const char* domain = "0 <= p <= 1";
    static constexpr const char* kinks = "p = 1 gives zeros with gradient 0; NaN and infinity are dropped like any number";
    static constexpr Keep keep = Keep::nothing();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
    static std::vector<Sample<Dropout>> samples();
    static Sample<Dropout> random(sample::Draw& draw);
};

/// Drops each element of x with probability p in [0, 1] (ConfigError) and divides the others by 1 - p. Every call takes the next
/// stream of the process-wide seed, unless it is given one: the same stream drops the same elements.
template <Node X>
auto dropout(const X& x, double p, random::Stream stream = random::next_stream(), Location at = Location::current()) {
    return detail::call(Dropout{p, stream}, at, x);
}

namespace detail {
std::vector<OperationInfo> dropout_operations();
}

using DropoutOps = OpList<Dropout>;

extern template struct detail::Runner<Dropout>;

}  // namespace xtape

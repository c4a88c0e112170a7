#include <xtape/autodiff/ops/arithmetic.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

std::vector<Sample<Add>> Add::samples() {
    return {{{}, {uniform({2, 3}, 1), uniform({2, 3}, 2)}},
            {{}, {uniform({2, 3}, 3), uniform({3}, 4)}},
            {{}, {uniform({2, 1}, 5), uniform({1, 3}, 6)}},
            {{}, {uniform({}, 7), uniform({2, 2, 2}, 8)}}};
}

template <class T>
void Add::backward(Replay<T>& r) const {
    r.give(0, r.g());
    r.give(1, r.g());
}

std::vector<Sample<Subtract>> Subtract::samples() {
    return {{{}, {uniform({2, 3}, 1), uniform({2, 3}, 2)}}, {{}, {uniform({3, 1}, 3), uniform({2, 1, 2}, 4)}}};
}

template <class T>
void Subtract::backward(Replay<T>& r) const {
    r.give(0, r.g());
    if (r.wants(1)) r.give(1, -r.g());
}

std::vector<Sample<Multiply>> Multiply::samples() {
    return {{{}, {uniform({2, 3}, 1), uniform({2, 3}, 2)}},
            {{}, {uniform({4, 3}, 3), uniform({3}, 4)}},
            {{}, {uniform({4, 1}, 5), uniform({4, 3}, 6)}},
            {{}, {uniform({2, 3}, 7), uniform({}, 8)}}};
}

std::vector<Sample<Divide>> Divide::samples() {
    return {{{}, {uniform({2, 3}, 1), positive({2, 3}, 2)}}, {{}, {uniform({2, 1}, 3), positive({3}, 4)}}};
}

std::vector<Sample<Negate>> Negate::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Square>> Square::samples() { return {{{}, {uniform({2, 3}, 1)}}}; }

std::vector<Sample<Power>> Power::samples() {
    return {{Power{3}, {uniform({2, 3}, 1)}},
            {Power{-1.5}, {positive({5}, 2)}},
            {Power{0.5}, {positive({5}, 3)}},
            {Power{2}, {uniform({4}, 4)}},
            {Power{1}, {uniform({4}, 5)}},
            {Power{-1}, {-positive({4}, 6)}},
            {Power{-3}, {positive({4}, 7)}}};
}

std::vector<Sample<Sqrt>> Sqrt::samples() { return {{{}, {positive({2, 3}, 1)}}}; }

std::vector<Sample<Rsqrt>> Rsqrt::samples() { return {{{}, {positive({2, 3}, 1)}}}; }

std::vector<Sample<Reciprocal>> Reciprocal::samples() { return {{{}, {positive({2, 3}, 1)}}, {{}, {-positive({4}, 2)}}}; }

template struct detail::Runner<Add>;
template struct detail::Runner<Subtract>;
template struct detail::Runner<Multiply>;
template struct detail::Runner<Divide>;
template struct detail::Runner<Negate>;
template struct detail::Runner<Square>;
template struct detail::Runner<Power>;
template struct detail::Runner<Sqrt>;
template struct detail::Runner<Rsqrt>;
template struct detail::Runner<Reciprocal>;

std::vector<OperationInfo> detail::arithmetic_operations() { return describe_family(ArithmeticOps{}); }

}  // namespace xtape

#include <xtape/autodiff/ops/truth.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>
#include <xtape/autodiff/sample.hpp>

namespace xtape {

using namespace sample;

namespace {

// Truths are 0 and 1: the larger is "or", the smaller "and".
template <class T>
struct AnyOf : detail::MaxOf<T> {
    static T identity() { return 0; }
};

template <class T>
struct AllOf : detail::MinOf<T> {
    static T identity() { return 1; }
};

template <template <class> class R, class T>
BasicArray<T> reduce_truth(const BasicArray<T>& x, const AxisMask& reduced, const Shape& shape) {
    using L = Lanes<T>;
    BasicArray<T> y = empty_array<T>(shape);
    detail::reduce_terms<R<T>, T, 0>(detail::Folded<T>(x, reduced), y.data(), {},
                                     [](L v, const auto&) { return where(equal(v, L(0)), L(0), L(1)); });
    return y;
}

}  // namespace

template <class T>
BasicArray<T> Any::forward(Inputs<T> x) const {
    return reduce_truth<AnyOf>(*x[0], axes.mask(name, x[0]->shape()), reduced_shape(name, x[0]->shape()));
}

Array64 Any::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 0.0);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
        if (v != 0) y.data()[place] = 1;
    });
    return y;
}

std::vector<Sample<Any>> Any::samples() {
    return {{Any{{{}, false}}, {mask({2, 3}, 1)}},
            {Any{{1, true}}, {{{0.0, 0.0, 0.5}, {0.0, 0.0, 0.0}}}},
            {Any{{{0, 2}, false}}, {mask({2, 3, 2}, 2)}}};
}

Sample<Any> Any::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 0);
    return {Any{op}, {mask(shape, draw.seed())}};
}

template <class T>
BasicArray<T> All::forward(Inputs<T> x) const {
    return reduce_truth<AllOf>(*x[0], axes.mask(name, x[0]->shape()), reduced_shape(name, x[0]->shape()));
}

Array64 All::reference(std::span<const Array64> x) const {
    Array64 y(reduced_shape(name, x[0].shape()), 1.0);
    detail::visit_reduced(x[0], axes.mask(name, x[0].shape()), [&](double v, std::size_t place) {
        if (v == 0) y.data()[place] = 0;
    });
    return y;
}

std::vector<Sample<All>> All::samples() {
    return {{All{{{}, false}}, {mask({2, 3}, 1)}},
            {All{{1, true}}, {{{1.0, -1.0, 0.5}, {1.0, 1.0, 0.0}}}},
            {All{{{0, 2}, false}}, {mask({2, 3, 2}, 2)}}};
}

Sample<All> All::random(Draw& draw) {
    const auto [op, shape] = detail::random_reduction(draw, 0);
    return {All{op}, {mask(shape, draw.seed())}};
}

template struct detail::Runner<Any>;
template struct detail::Runner<All>;

std::vector<OperationInfo> detail::truth_operations() { return describe_family(TruthOps{}); }

}  // namespace xtape

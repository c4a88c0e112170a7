#include <xtape/autodiff/ops/losses.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/moments.hpp>
#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/elementary.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/sample.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

using namespace sample;

namespace {

constexpr std::size_t block_elements = 16384;

// An attribute as the kernels take it: of the losses' shape, or null.
template <class T>
BasicArray<T> spread(const std::shared_ptr<const Array64>& numbers, const Shape& shape) {
    if (!numbers) return empty_array<T>({0});
    return broadcast_to(BasicTensor<T>(BasicArray<T>(xt::cast<T>(*numbers))), shape).value();
}

// The same in the formulas: a constant tensor, 1 when there is none.
template <class T>
BasicTensor<T> as_factor(const std::shared_ptr<const Array64>& numbers) {
    return numbers ? BasicTensor<T>(BasicArray<T>(xt::cast<T>(*numbers))) : BasicTensor<T>(T(1));
}

// Sum of f(load, i) over the elements: no register takes more than 16 terms.
template <class T, class F>
double sum_of(std::size_t n, const F& f) {
    using L = Lanes<T>;
    constexpr std::size_t chunk = 16 * L::width;
    const auto block = [&](std::size_t begin, std::size_t end) {
        double total = 0;
        for (std::size_t i = begin; i < end;) {
            const std::size_t stop = std::min(end, i + chunk);
            L part(0);
            alignas(64) T lane[L::width] = {};
            for (; i + L::width <= stop; i += L::width) part = part + f(detail::LoadLanes<T>(), i);
            if (const std::size_t left = stop - i; left > 0) {
                f([left](const T* p) { return L::load_some(p, left); }, i).store_some(lane, left);
                part = part + L::load(lane);
                i = stop;
            }
            part.store(lane);
            for (const T value : lane) total += static_cast<double>(value);
        }
        return total;
    };
    return parallel_reduce(n, block_elements, 0.0, block, [](double a, double b) { return a + b; });
}

bool spreads_to(const Shape& from, const Shape& shape) {
    Shape wide;
    return broadcast_shapes(from, shape, wide) && wide == shape;
}

}  // namespace

template <class Loss>
Shape detail::PairLoss<Loss>::infer(Shapes x) const {
    const Shape &prediction = *x[0], &target = *x[1];
    if (prediction != target) {
        throw ShapeError(fmt::format("{}: expected prediction and target of one shape, got {} and {}", Loss::name,
                                     to_string(prediction), to_string(target)));
    }
    if (reduction == Reduction::mean && element_count(prediction) == 0) {
        throw ShapeError(fmt::format("{}: expected at least one element to average, got shape {}", Loss::name, to_string(prediction)));
    }
    const auto check = [&](const char* what, const std::shared_ptr<const Array64>& numbers) {
        if (!numbers || spreads_to(numbers->shape(), prediction)) return;
        throw ShapeError(fmt::format("{}: expected {} that broadcasts to {}, got {}", Loss::name, what, to_string(prediction),
                                     to_string(numbers->shape())));
    };
    check("a weight", weight);
    check("a pos_weight", positive);
    return reduction == Reduction::none ? prediction : Shape{};
}

template <class Loss>
template <class T>
BasicArray<T> detail::PairLoss<Loss>::forward(Inputs<T> x) const {
    using L = Lanes<T>;
    const Loss& loss = static_cast<const Loss&>(*this);
    const Shape& shape = x[0]->shape();
    const BasicArray<T> weights = spread<T>(weight, shape), positives = spread<T>(positive, shape);
    const T *a = x[0]->data(), *b = x[1]->data(), *w = weight ? weights.data() : nullptr, *p = positive ? positives.data() : nullptr;
    const auto at = [&loss, a, b, w, p](auto load, std::size_t i) {
        const L value = loss.value(load(a + i), load(b + i), p ? load(p + i) : L(1));
        return w ? value * load(w + i) : value;
    };
    BasicArray<T> y = empty_array<T>(reduction == Reduction::none ? shape : Shape{});
    if (reduction == Reduction::none) {
        parallel_for(y.size(), block_elements, [&](std::size_t begin, std::size_t end) {
            T* const to = y.data();
            for_registers<T>(end - begin, [&](auto load, auto store, std::size_t i) { store(at(load, begin + i), to + begin + i); });
        });
    } else {
        const double total = sum_of<T>(x[0]->size(), at);
        y.data()[0] = static_cast<T>(reduction == Reduction::mean ? total / static_cast<double>(x[0]->size()) : total);
    }
    return y;
}

template <class Loss>
template <class T>
void detail::PairLoss<Loss>::backward(Replay<T>& r) const {
    using L = Lanes<T>;
    const Loss& loss = static_cast<const Loss&>(*this);
    const Shape shape = r.shape(0);
    const std::size_t n = element_count(shape);
    const T each = reduction == Reduction::mean ? T(1) / static_cast<T>(n) : T(1);
    if (r.recording()) {
        const BasicTensor<T> g = r.g() * each * as_factor<T>(weight), p = as_factor<T>(positive), x = r.x(0), t = r.x(1);
        if (r.wants(0)) r.give(0, g * loss.slope_x(x, t, p));
        if (r.wants(1)) r.give(1, g * loss.slope_t(x, t, p));
        return;
    }
    const BasicArray<T> weights = spread<T>(weight, shape), positives = spread<T>(positive, shape);
    const T *a = r.x_array(0)->data(), *b = r.x_array(1)->data();
    const T *w = weight ? weights.data() : nullptr, *p = positive ? positives.data() : nullptr, *g = r.g().value().data();
    const bool single = reduction != Reduction::none;
    const L constant = single ? L(*g * each) : L(0);
    const auto fill = [&](std::size_t input, auto slope) {
        if (!r.wants(input)) return;
        BasicArray<T> d = empty_array<T>(shape);
        T* const to = d.data();
        parallel_for(n, block_elements, [=](std::size_t begin, std::size_t end) {
            for_registers<T>(end - begin, [=](auto load, auto store, std::size_t i) {
                const std::size_t k = begin + i;
                L value = (single ? constant : load(g + k)) * slope(load(a + k), load(b + k), p ? load(p + k) : L(1));
                if (w) value = value * load(w + k);
                store(value, to + k);
            });
        });
        r.give(input, BasicTensor<T>(std::move(d)));
    };
    fill(0, [loss](L x, L t, L positive_weight) { return loss.slope_x(x, t, positive_weight); });
    fill(1, [loss](L x, L t, L positive_weight) { return loss.slope_t(x, t, positive_weight); });
}

template <class Loss>
Array64 detail::PairLoss<Loss>::reference(std::span<const Array64> x) const {
    const Array64 one(1.0);
    const Array64 y = broadcast_reference({x[0], x[1], weight ? *weight : one, positive ? *positive : one}, [&](const double* v) {
        return v[2] * static_cast<const Loss&>(*this).naive(v[0], v[1], v[3]);
    });
    if (reduction == Reduction::none) return y;
    double total = 0;
    for (const double v : y) total += v;
    return Array64(reduction == Reduction::mean ? total / static_cast<double>(y.size()) : total);
}

Shape HuberLoss::infer(Shapes x) const {
    if (!(delta > 0)) throw ConfigError(fmt::format("huber_loss: expected a delta of more than 0, got {}", delta));
    return PairLoss::infer(x);
}

Shape SmoothL1Loss::infer(Shapes x) const {
    if (!(beta >= 0)) throw ConfigError(fmt::format("smooth_l1_loss: expected a beta of at least 0, got {}", beta));
    return PairLoss::infer(x);
}

namespace {

// max(ln x, -100) and max(ln(1 - x), -100). As tensors they never take the logarithm of 0, whose derivative would spoil the next.
template <class T>
Lanes<T> floored(Lanes<T> x) { return where(x > Lanes<T>(-100), x, Lanes<T>(-100)); }
template <class T>
Lanes<T> clamped_log(Lanes<T> x) { return floored(log(x)); }
template <class T>
Lanes<T> clamped_log_rest(Lanes<T> x) { return floored(log1p(-x)); }
template <class T>
BasicTensor<T> clamped_log(const BasicTensor<T>& x) {
    const BasicTensor<T> inside = x > static_cast<T>(std::exp(-100.0));
    return where(inside, log(where(inside, x, T(1))), T(-100));
}
template <class T>
BasicTensor<T> clamped_log_rest(const BasicTensor<T>& x) { return clamped_log(BasicTensor<T>(T(1) - x)); }

// softplus(x), softplus(-x) and their derivatives, s(x) and s(-x).
template <class T>
std::array<Lanes<T>, 2> softplus_both(Lanes<T> x) {
    using L = Lanes<T>;
    const L rest = softplus(-abs(x)), zero(0);
    return {where(x > zero, x, zero) + rest, where(x < zero, -x, zero) + rest};
}
template <class T>
std::array<Lanes<T>, 2> sigmoid_both(Lanes<T> x) {
    using L = Lanes<T>;
    const L e = exp(-abs(x)), big = 1 / (1 + e), small = e * big;
    return {where(x < L(0), small, big), where(x < L(0), big, small)};
}
template <class T>
std::array<BasicTensor<T>, 2> softplus_both(const BasicTensor<T>& x) {
    // The loss itself for a target of 0 is softplus, with derivatives of any order.
    const BasicTensor<T> none(BasicArray<T>(x.shape(), T(0)));
    return {bce_with_logits(x, none, {.reduction = Reduction::none}), bce_with_logits(-x, none, {.reduction = Reduction::none})};
}
template <class T>
std::array<BasicTensor<T>, 2> sigmoid_both(const BasicTensor<T>& x) { return {sigmoid(x), sigmoid(-x)}; }

}  // namespace

template <class V>
V BceLoss::value(V x, V t, V) { return -(t * clamped_log(x)) - (1 - t) * clamped_log_rest(x); }
template <class V>
V BceLoss::slope_x(V x, V t, V) {
    const V spread = x * (1 - x);
    return (x - t) / where(spread > 1e-12, spread, 1e-12);
}
template <class V>
V BceLoss::slope_t(V x, V, V) { return clamped_log_rest(x) - clamped_log(x); }

double BceLoss::naive(double x, double t, double) {
    return -t * std::max(std::log(x), -100.0) - (1 - t) * std::max(std::log1p(-x), -100.0);
}

template <class T>
BasicArray<T> BceLoss::forward(Inputs<T> x) const {
    for (std::size_t i = 0; i < x[0]->size(); ++i) {
        const T p = x[0]->data()[i];
        if (p >= 0 && p <= 1) continue;
        throw DataError(fmt::format("bce_loss: expected probabilities in 0 .. 1, got {} at {}", p, detail::position_of(i, x[0]->shape())));
    }
    return PairLoss::forward<T>(x);
}

template <class V>
V BceWithLogits::value(V x, V t, V p) {
    const auto [up, down] = softplus_both(x);
    return (1 - t) * up + p * t * down;
}
template <class V>
V BceWithLogits::slope_x(V x, V t, V p) {
    const auto [up, down] = sigmoid_both(x);
    return (1 - t) * up - p * t * down;
}
template <class V>
V BceWithLogits::slope_t(V x, V, V p) {
    const auto [up, down] = softplus_both(x);
    return p * down - up;
}

double BceWithLogits::naive(double x, double t, double p) {
    return (1 - t) * std::log(1 + std::exp(x)) + p * t * std::log(1 + std::exp(-x));
}

template struct detail::Runner<MseLoss>;
template struct detail::Runner<L1Loss>;
template struct detail::Runner<HuberLoss>;
template struct detail::Runner<SmoothL1Loss>;
template struct detail::Runner<BceLoss>;
template struct detail::Runner<BceWithLogits>;
template struct detail::Runner<KlDivLoss>;

std::vector<OperationInfo> detail::loss_operations() { return describe_family(LossOps{}); }

}  // namespace xtape

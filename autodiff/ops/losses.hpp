// Losses that compare a prediction with a target element by element, and their mean or sum, in one pass each way.
//
// Nothing is broadcast between prediction and target: a column beside a row would silently compare everything with everything.
#pragma once

#include <xtape/autodiff/ops/cross_entropy.hpp>

namespace xtape {

namespace detail {

/// Base of these losses. `Loss` gives, for prediction x, target t and what weighs a positive target, p (1 unless given):
///   Lanes value(x, t, p)                 the loss of an element
///   V slope_x(x, t, p), slope_t(x, t, p) its derivatives, for Lanes and for tensors
///   double naive(x, t, p)                the loss by the book
template <class Loss>
struct PairLoss {
    Reduction reduction = Reduction::mean;
    std::shared_ptr<const Array64> weight = {};    ///< multiplies the losses; broadcasts to their shape
    std::shared_ptr<const Array64> positive = {};  ///< what weighs a positive target; broadcasts likewise

    static constexpr Keep keep = Keep::inputs();

    Shape infer(Shapes x) const;
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    template <class T>
    void backward(Replay<T>& r) const;
    Array64 reference(std::span<const Array64> x) const;
};

}  // namespace detail

/// y = (x - t)²
struct MseLoss : detail::PairLoss<MseLoss> {
    static constexpr const char* name = "mse_loss";
    static constexpr const char* signature = "mse_loss(prediction, target, reduction)";
    static constexpr const char* formula = "y = mean of (x - t)^2;  dx = 2 g (x - t) / n;  dt = -dx";

    template <class V>
    static V value(V x, V t, V) { return (x - t) * (x - t); }
    template <class V>
    static V slope_x(V x, V t, V) { return 2 * (x - t); }
    template <class V>
    static V slope_t(V x, V t, V) { return 2 * (t - x); }
    static double naive(double x, double t, double) { return (x - t) * (x - t); }
    static std::vector<Sample<MseLoss>> samples();
    static Sample<MseLoss> random(sample::Draw& draw);
};

/// y = |x - t|
struct L1Loss : detail::PairLoss<L1Loss> {
    static constexpr const char* name = "l1_loss";
    static constexpr const char* signature = "l1_loss(prediction, target, reduction)";
    static constexpr const char* formula = "y = mean of |x - t|;  dx = g sign(x - t) / n;  dt = -dx";
    static constexpr const char* kinks = "the derivative at x = t is 0";

    template <class V>
    static V value(V x, V t, V) { return abs(x - t); }
    template <class V>
    static V slope_x(V x, V t, V) {
        const V d = x - t;
        return where(d > 0, V(1), where(d < 0, V(-1), d * 0));  // NaN passes
    }
    template <class V>
    static V slope_t(V x, V t, V p) { return slope_x(t, x, p); }
    static double naive(double x, double t, double) { return std::abs(x - t); }
    static std::vector<Sample<L1Loss>> samples();
    static Sample<L1Loss> random(sample::Draw& draw);
};

/// y = d² / 2 where |d| <= delta, else delta (|d| - delta / 2), with d = x - t
struct HuberLoss : detail::PairLoss<HuberLoss> {
    double delta = 1;

    static constexpr const char* name = "huber_loss";
    static constexpr const char* signature = "huber_loss(prediction, target, {.delta = d, .reduction = ...})";
    static constexpr const char* formula =
        "y = mean of d^2 / 2 if |d| <= delta else delta (|d| - delta/2), d = x - t;  dx = g clamp(d, -delta, delta) / n;  dt = -dx";
    static constexpr const char* kinks = "the second derivative at |d| = delta is the inner one";

    template <class V>
    V value(V x, V t, V) const {
        const V d = abs(x - t);
        return where(d <= delta, d * d * 0.5, delta * (d - 0.5 * delta));
    }
    template <class V>
    V slope_x(V x, V t, V) const {
        const V d = x - t;
        return where(d > delta, delta, where(d < -delta, -delta, d));
    }
    template <class V>
    V slope_t(V x, V t, V p) const { return slope_x(t, x, p); }
    double naive(double x, double t, double) const {
        const double d = std::abs(x - t);
        return d <= delta ? d * d / 2 : delta * (d - delta / 2);
    }
    Shape infer(Shapes x) const;
    static std::vector<Sample<HuberLoss>> samples();
    static Sample<HuberLoss> random(sample::Draw& draw);
};

/// y = d² / (2 beta) where |d| < beta, else |d| - beta / 2, with d = x - t; beta = 0 is |d|
struct SmoothL1Loss : detail::PairLoss<SmoothL1Loss> {
    double beta = 1;

    static constexpr const char* name = "smooth_l1_loss";
    static constexpr const char* signature = "smooth_l1_loss(prediction, target, {.beta = b, .reduction = ...})";
    static constexpr const char* formula =
        "y = mean of d^2 / (2 beta) if |d| < beta else |d| - beta/2, d = x - t;  dx = g clamp(d / beta, -1, 1) / n;  dt = -dx";
    static constexpr const char* kinks = "the second derivative at |d| = beta is the outer one, 0; with beta = 0 as l1_loss";

    template <class V>
    V value(V x, V t, V) const {
        const V d = abs(x - t);
        return where(d < beta, d * d * (0.5 * inverse()), d - 0.5 * beta);
    }
    template <class V>
    V slope_x(V x, V t, V) const {
        const V d = x - t;
        const V inner = d * (beta > 0 ? inverse() : 1);  // with beta = 0 met by 0 and NaN alone
        return where(d >= beta, where(d > 0, V(1), d * 0), where(d <= -beta, V(-1), inner));
    }
    template <class V>
    V slope_t(V x, V t, V p) const { return slope_x(t, x, p); }
    double naive(double x, double t, double) const {
        const double d = std::abs(x - t);
        return d < beta ? d * d / (2 * beta) : d - beta / 2;
    }
    double inverse() const { return beta > 0 ? 1 / beta : 0; }
    Shape infer(Shapes x) const;
    static std::vector<Sample<SmoothL1Loss>> samples();
    static Sample<SmoothL1Loss> random(sample::Draw& draw);
};

/// y = -t max(ln x, -100) - (1 - t) max(ln(1 - x), -100) for probabilities x
struct BceLoss : detail::PairLoss<BceLoss> {
    static constexpr const char* name = "bce_loss";
    static constexpr const char* signature = "bce_loss(probabilities, target, {.weight = w, .reduction = ...})";
    static constexpr const char* formula =
        "y = mean of -w (t ln x + (1 - t) ln(1 - x));  dx = g w (x - t) / (x (1 - x)) / n;  dt = g w (ln(1 - x) - ln x) / n";
    static constexpr const char* domain = "0 <= x <= 1, DataError outside";
    static constexpr const char* kinks =
        "logarithms are at least -100, and x (1 - x) under the fraction at least 1e-12: value and gradient are finite at 0 and 1";

    template <class V>
    static V value(V x, V t, V p);
    template <class V>
    static V slope_x(V x, V t, V p);
    template <class V>
    static V slope_t(V x, V t, V p);
    static double naive(double x, double t, double p);
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const;
    static std::vector<Sample<BceLoss>> samples();
    static Sample<BceLoss> random(sample::Draw& draw);
};

/// y = -p t ln s(x) - (1 - t) ln(1 - s(x)) with s the sigmoid: x are logits, of any size
struct BceWithLogits : detail::PairLoss<BceWithLogits> {
    static constexpr const char* name = "bce_with_logits";
    static constexpr const char* signature = "bce_with_logits(logits, target, {.weight = w, .pos_weight = p, .reduction = ...})";
    static constexpr const char* formula =
        "y = mean of w ((1 - t) softplus(x) + p t softplus(-x));  dx = g w ((1 - t) s(x) - p t s(-x)) / n;  "
        "dt = g w (p softplus(-x) - softplus(x)) / n";

    template <class V>
    static V value(V x, V t, V p);
    template <class V>
    static V slope_x(V x, V t, V p);
    template <class V>
    static V slope_t(V x, V t, V p);
    static double naive(double x, double t, double p);
    static std::vector<Sample<BceWithLogits>> samples();
    static Sample<BceWithLogits> random(sample::Draw& draw);
};

/// y = t (ln t - x) for log-probabilities x and probabilities t; 0 where t = 0
struct KlDivLoss : detail::PairLoss<KlDivLoss> {
    static constexpr const char* name = "kl_div_loss";
    static constexpr const char* signature = "kl_div_loss(log_probabilities, target, reduction)";
    static constexpr const char* formula = "y = mean of t (ln t - x);  dx = -g t / n;  dt = g (ln t - x + 1) / n";
    static constexpr const char* domain = "t >= 0; NaN below";
    static constexpr const char* kinks = "t = 0 gives 0, with derivative -inf in t, its limit";

    template <class V>
    static V value(V x, V t, V) { return where(equal(t, V(0)), V(0), t * (log(t) - x)); }
    template <class V>
    static V slope_x(V x, V t, V) { return x * 0 - t; }
    template <class V>
    static V slope_t(V x, V t, V) { return log(t) - x + 1; }
    static double naive(double x, double t, double) { return t == 0 ? 0 : t * (std::log(t) - x); }
    static std::vector<Sample<KlDivLoss>> samples();
    static Sample<KlDivLoss> random(sample::Draw& draw);
};

struct HuberOptions {
    double delta = 1;  ///< more than 0
    Reduction reduction = Reduction::mean;
};
struct SmoothL1Options {
    double beta = 1;  ///< at least 0
    Reduction reduction = Reduction::mean;
};
struct BceOptions {
    std::optional<Array64> weight = {};  ///< multiplies the losses; broadcasts to their shape
    Reduction reduction = Reduction::mean;
};
struct BceWithLogitsOptions {
    std::optional<Array64> weight = {};      ///< multiplies the losses; broadcasts to their shape
    std::optional<Array64> pos_weight = {};  ///< multiplies the part of positive targets; broadcasts likewise, (C) for (N, C)
    Reduction reduction = Reduction::mean;
};

/// Prediction and target of one shape (ShapeError), averaged unless told otherwise; an average of nothing is a ShapeError.
template <class X, class Y>
    requires Operands<X, Y>
auto mse_loss(const X& prediction, const Y& target, Reduction reduction = Reduction::mean, Location at = Location::current()) {
    return detail::call(MseLoss{{reduction}}, at, prediction, target);
}
template <class X, class Y>
    requires Operands<X, Y>
auto l1_loss(const X& prediction, const Y& target, Reduction reduction = Reduction::mean, Location at = Location::current()) {
    return detail::call(L1Loss{{reduction}}, at, prediction, target);
}
/// The same; ConfigError unless delta > 0.
template <class X, class Y>
    requires Operands<X, Y>
auto huber_loss(const X& prediction, const Y& target, HuberOptions options = {}, Location at = Location::current()) {
    return detail::call(HuberLoss{{options.reduction}, options.delta}, at, prediction, target);
}
/// The same; ConfigError unless beta >= 0.
template <class X, class Y>
    requires Operands<X, Y>
auto smooth_l1_loss(const X& prediction, const Y& target, SmoothL1Options options = {}, Location at = Location::current()) {
    return detail::call(SmoothL1Loss{{options.reduction}, options.beta}, at, prediction, target);
}
/// Binary cross-entropy of probabilities; better give logits to bce_with_logits. DataError for one that is not in [0, 1].
template <class X, class Y>
    requires Operands<X, Y>
auto bce_loss(const X& probabilities, const Y& target, BceOptions options = {}, Location at = Location::current()) {
    try {
        return detail::call(BceLoss{{options.reduction, detail::share_weights(std::move(options.weight))}}, at, probabilities, target);
    } catch (DataError& error) {
        error.set_location(at);
        throw;
    }
}
/// Binary cross-entropy of sigmoid(logits), without overflow and without log of 0.
template <class X, class Y>
    requires Operands<X, Y>
auto bce_with_logits(const X& logits, const Y& target, BceWithLogitsOptions options = {}, Location at = Location::current()) {
    return detail::call(BceWithLogits{{options.reduction, detail::share_weights(std::move(options.weight)),
                                       detail::share_weights(std::move(options.pos_weight))}},
                        at, logits, target);
}
/// Kullback-Leibler divergence of the target from the prediction, element by element; sum / N is what is usually wanted.
template <class X, class Y>
    requires Operands<X, Y>
auto kl_div_loss(const X& log_probabilities, const Y& target, Reduction reduction = Reduction::mean, Location at = Location::current()) {
    return detail::call(KlDivLoss{{reduction}}, at, log_probabilities, target);
}

namespace detail {
std::vector<OperationInfo> loss_operations();
}

using LossOps = OpList<MseLoss, L1Loss, HuberLoss, SmoothL1Loss, BceLoss, BceWithLogits, KlDivLoss>;

extern template struct detail::Runner<MseLoss>;
extern template struct detail::Runner<L1Loss>;
extern template struct detail::Runner<HuberLoss>;
extern template struct detail::Runner<SmoothL1Loss>;
extern template struct detail::Runner<BceLoss>;
extern template struct detail::Runner<BceWithLogits>;
extern template struct detail::Runner<KlDivLoss>;

}  // namespace xtape

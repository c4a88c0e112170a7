// One number that says how good predictions are, gathered batch by batch: the metrics of an epoch.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::train {

namespace detail {

// Converts to `const A&` and to nothing else. A number array converts to one of another type, so whether an update() is
// meant for labels or for numbers is asked with these.
template <class A>
struct Exactly {
    operator const A&() const;
};

template <class M, class Prediction, class Target>
concept Updates = requires(M& metric, const Exactly<Prediction>& prediction, const Exactly<Target>& target) {
    metric.update(prediction, target);
};

template <class M>
inline constexpr bool takes_labels = Updates<M, Array, IndexArray> || Updates<M, Array64, IndexArray>;
template <class M>
inline constexpr bool takes_numbers = Updates<M, Array, Array> || Updates<M, Array64, Array64>;

template <class M>
concept Resumes = requires(M& metric, const M& constant, const std::vector<double>& state) {
    { constant.state() } -> std::convertible_to<std::vector<double>>;
    metric.load_state(state);
};

/// DataError: the state that `metric` was given is not one of its own.
[[noreturn]] void throw_foreign_state(const std::string& metric, const char* wanted, std::size_t size);
/// ConfigError: it was updated with targets that it does not take.
[[noreturn]] void throw_wrong_targets(const std::string& metric, const char* wanted, const char* got);

template <class To, class From>
BasicArray<To> converted(const BasicArray<From>& x) {
    BasicArray<To> y = empty_array<To>(x.shape());
    std::transform(x.data(), x.data() + x.size(), y.data(), [](From value) { return static_cast<To>(value); });
    return y;
}
extern template Array64 converted(const Array& x);
extern template Array converted(const Array64& x);

}  // namespace detail

/// What a type needs to be a metric; it must be copyable, and is copied when it becomes a Metric:
///
///     struct Confidence {                                     // how large the largest probability is, on average
///         std::string name() const { return "confidence"; }   // in a history, "val_confidence" for validation
///         void reset();                                       // forgets what was seen
///         void update(const Array& prediction, const IndexArray& target);   // a batch
///         double value() const;                               // of all that was seen since reset(); NaN for nothing
///         static constexpr bool larger_is_better = true;      // optional; true unless it says so
///         std::vector<double> state() const;                  // optional, both or none: everything it has gathered, so
///         void load_state(const std::vector<double>&);        // that an epoch can go on in another process
///     };
///
/// update() takes class labels (IndexArray), numbers (an array of the prediction's type), or is overloaded for both;
/// predictions are Array or Array64, or both by overloads. It is no template.
template <class M>
concept MetricLike = std::copyable<M> && (detail::takes_labels<M> || detail::takes_numbers<M>) &&
    requires(M& metric, const M& constant) {
    { constant.name() } -> std::convertible_to<std::string>;
    metric.reset();
    { constant.value() } -> std::convertible_to<double>;
};

/// Any metric, as a value: a copy goes on from where the original stood, and on its own.
class Metric {
public:
    template <class M>
        requires(!std::same_as<std::remove_cvref_t<M>, Metric> && MetricLike<std::remove_cvref_t<M>>)
    Metric(M&& metric) : self_(std::make_unique<Model<std::remove_cvref_t<M>>>(std::forward<M>(metric))) {}

    Metric(const Metric& other) : self_(other.self_ ? other.self_->clone() : nullptr) {}
    Metric(Metric&& other) noexcept = default;
    Metric& operator=(Metric other) noexcept {
        self_.swap(other.self_);
        return *this;
    }

    std::string name() const { return self_->name(); }
    bool larger_is_better() const { return self_->larger_is_better(); }
    bool takes_labels() const { return self_->takes_labels(); }
    bool takes_numbers() const { return self_->takes_numbers(); }

    void reset() { self_->reset(); }
    double value() const { return self_->value(); }

    /// What was gathered since reset(), to go on from elsewhere; empty for a metric that has no state(). Options (a k, an
    /// average) are not in it. load_state() throws DataError for a state of something else.
    bool has_state() const { return self_->has_state(); }
    std::vector<double> state() const { return self_->state(); }
    void load_state(const std::vector<double>& state) { self_->load_state(state); }

    /// One batch. A metric that knows predictions of the other precision only gets them converted. Throws ConfigError
    /// when it takes no labels, or no numbers; and whatever the metric throws.
    void update(const Array& prediction, const IndexArray& target) { self_->update(prediction, target); }
    void update(const Array64& prediction, const IndexArray& target) { self_->update(prediction, target); }
    void update(const Array& prediction, const Array& target) { self_->update(prediction, target); }
    void update(const Array64& prediction, const Array64& target) { self_->update(prediction, target); }

private:
    struct Interface {
        virtual ~Interface() = default;
        virtual std::unique_ptr<Interface> clone() const = 0;
        virtual std::string name() const = 0;
        virtual bool larger_is_better() const = 0;
        virtual bool takes_labels() const = 0;
        virtual bool takes_numbers() const = 0;
        virtual void reset() = 0;
        virtual double value() const = 0;
        virtual bool has_state() const = 0;
        virtual std::vector<double> state() const = 0;
        virtual void load_state(const std::vector<double>& state) = 0;
        virtual void update(const Array& prediction, const IndexArray& target) = 0;
        virtual void update(const Array64& prediction, const IndexArray& target) = 0;
        virtual void update(const Array& prediction, const Array& target) = 0;
        virtual void update(const Array64& prediction, const Array64& target) = 0;
    };

    template <class M>
    struct Model final : Interface {
        explicit Model(M given) : metric(std::move(given)) {}

        std::unique_ptr<Interface> clone() const override { return std::make_unique<Model>(metric); }
        std::string name() const override { return metric.name(); }
        bool larger_is_better() const override {
            if constexpr (requires { { M::larger_is_better } -> std::convertible_to<bool>; }) {
                return M::larger_is_better;
            } else {
                return true;
            }
        }
        bool takes_labels() const override { return detail::takes_labels<M>; }
        bool takes_numbers() const override { return detail::takes_numbers<M>; }
        void reset() override { metric.reset(); }
        double value() const override { return metric.value(); }
        bool has_state() const override { return detail::Resumes<M>; }
        std::vector<double> state() const override {
            if constexpr (detail::Resumes<M>) {
                return metric.state();
            } else {
                return {};
            }
        }
        void load_state(const std::vector<double>& state) override {
            if constexpr (detail::Resumes<M>) {
                metric.load_state(state);
            } else if (!state.empty()) {
                detail::throw_foreign_state(name(), "no numbers", state.size());
            }
        }
        void update(const Array& prediction, const IndexArray& target) override { with_labels(prediction, target); }
        void update(const Array64& prediction, const IndexArray& target) override { with_labels(prediction, target); }
        void update(const Array& prediction, const Array& target) override { with_numbers(prediction, target); }
        void update(const Array64& prediction, const Array64& target) override { with_numbers(prediction, target); }

        template <class T>
        void with_labels(const BasicArray<T>& prediction, const IndexArray& target) {
            using Other = std::conditional_t<std::is_same_v<T, float>, double, float>;
            if constexpr (detail::Updates<M, BasicArray<T>, IndexArray>) {
                metric.update(prediction, target);
            } else if constexpr (detail::takes_labels<M>) {
                metric.update(detail::converted<Other>(prediction), target);
            } else {
                detail::throw_wrong_targets(name(), "numbers", "class labels");
            }
        }
        template <class T>
        void with_numbers(const BasicArray<T>& prediction, const BasicArray<T>& target) {
            using Other = std::conditional_t<std::is_same_v<T, float>, double, float>;
            if constexpr (detail::Updates<M, BasicArray<T>, BasicArray<T>>) {
                metric.update(prediction, target);
            } else if constexpr (detail::takes_numbers<M>) {
                metric.update(detail::converted<Other>(prediction), detail::converted<Other>(target));
            } else {
                detail::throw_wrong_targets(name(), "class labels", "numbers");
            }
        }

        M metric;
    };

    std::unique_ptr<Interface> self_;
};

}  // namespace xtape::train

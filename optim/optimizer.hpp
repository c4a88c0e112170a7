// What all optimizers share: groups of parameters, learning rates, what is remembered of each parameter between steps,
// and the one pass that updates them all.
#pragma once

#include <xtape/autodiff/parameter.hpp>
#include <xtape/optim/pass.hpp>
#include <xtape/optim/state.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::optim {

/// The learning rates of an optimizer's groups: what schedules drive.
class LearningRates {
public:
    std::size_t group_count() const { return rates_.size(); }

    /// Throws ConfigError for a group that does not exist.
    double learning_rate(std::size_t group = 0) const;
    /// For all groups. Throws ConfigError unless it is finite and at least 0.
    void set_learning_rate(double rate, Location at = Location::current());
    /// For one group. Throws ConfigError for a group that does not exist, too.
    void set_learning_rate(std::size_t group, double rate, Location at = Location::current());

protected:
    /// `name` ("Adam") stands in error messages.
    explicit LearningRates(const char* name) : name_(name) {}
    ~LearningRates() = default;
    LearningRates(LearningRates&&) noexcept = default;
    LearningRates& operator=(LearningRates&&) noexcept = default;

    const char* name() const { return name_; }
    void require_group(std::size_t group, Location at) const;
    void add_rate(double rate, Location at);

private:
    const char* name_;
    std::vector<double> rates_;
};

/// Changes parameters by their gradients. Holds handles: a model may be moved while an optimizer works on it.
template <class T>
class BasicOptimizer : public LearningRates {
public:
    virtual ~BasicOptimizer();
    BasicOptimizer(const BasicOptimizer&) = delete;
    BasicOptimizer& operator=(const BasicOptimizer&) = delete;
    BasicOptimizer(BasicOptimizer&&) noexcept = default;
    BasicOptimizer& operator=(BasicOptimizer&&) noexcept = default;

    /// Updates every parameter that has a gradient and is not frozen, all in one pass. Gradients are only read. Steps
    /// are counted for each parameter on its own. Numbers below the smallest normal one count as 0. The same bits come out
    /// on any number of threads.
    void step();

    /// Forgets the gradients of all parameters.
    void zero_grad();

    /// Of all groups, one group after the other.
    const BasicParameterList<T>& parameters() const { return parameters_; }

    /// Running quantities ("3.mean": of the fourth parameter), counts and learning rates. Options are not part of it.
    BasicState<T> state() const;
    /// Throws DataError, and changes nothing, when the state is not of an optimizer with the same groups, parameters and
    /// running quantities.
    void load_state(const BasicState<T>& state, Location at = Location::current());

protected:
    explicit BasicOptimizer(const char* name) : LearningRates(name) {}

    /// Adds a group; `slots` names the running quantities of its parameters, zeros before the first update.
    /// Throws ConfigError for an empty list, a parameter that is here twice, or a learning rate out of range.
    void add_parameters(const BasicParameterList<T>& parameters, double learning_rate,
                        std::vector<std::string_view> slots, Location at);

private:
    /// What is remembered of one parameter.
    struct Entry {
        xtape::detail::ParameterState<T>* parameter;
        std::size_t group;
        std::uint64_t steps = 0;
        double carried = 0;
        std::array<T*, most_slots> slot_data{};
        std::vector<BasicArray<T>> slots;
    };

    /// An update of the step under way, and for whom it is.
    struct Shared {
        std::size_t group;
        std::uint64_t steps;
        double carried_before, carried;
    };

    /// The update of those parameters of a group that make their `steps`-th now; called once for all of them. `carried`
    /// is a number that each parameter carries from one update to the next, 0 at first.
    virtual Update<T> make_update(std::size_t group, std::uint64_t steps, double& carried) const = 0;

    void make_slots(Entry& entry);
    void set_slots(Entry& entry, std::vector<BasicArray<T>> slots);
    std::size_t update_for(const Entry& entry);
    void gather();

    BasicParameterList<T> parameters_;
    std::vector<Entry> entries_;                             // one a parameter
    std::vector<std::vector<std::string_view>> slot_names_;  // one a group
    // Of the step under way; kept for their memory.
    detail::Pass<T> pass_;
    std::vector<Shared> shared_;
    std::vector<std::pair<Entry*, std::size_t>> stepping_;
};

/// Parameters that share options.
template <class T, class Options>
struct BasicGroup {
    BasicParameterList<T> parameters;
    Options options;
};

/// An optimizer made of a rule, which says everything that is particular about it:
///
///     struct SignDescent {
///         struct Options { double lr = 0.01; };
///         static constexpr const char* name = "SignDescent";
///         static void check(const Options&, Location at);                  // throws ConfigError
///         static std::vector<std::string_view> slots(const Options&);      // names of the running quantities
///         template <class T>                                               // see make_update in update.hpp
///         static Update<T> update(const Options&, double lr, std::uint64_t steps, double& carried);
///     };
///     using Sign = optim::RuleOptimizer<float, SignDescent>;
///
/// The learning rate starts as the options' lr; the one to be used now is handed to `update`, with the number of the
/// update under way, from 1 on.
template <class T, class Rule>
class RuleOptimizer final : public BasicOptimizer<T> {
public:
    using Options = typename Rule::Options;
    using Group = BasicGroup<T, Options>;

    /// One group. Throws ConfigError for an option out of its range, an empty list, or a parameter that is in it twice.
    explicit RuleOptimizer(BasicParameterList<T> parameters, Options options = {}, Location at = Location::current())
        : BasicOptimizer<T>(Rule::name) {
        add_group({std::move(parameters), std::move(options)}, at);
    }
    /// Several groups, each with its own options: {{decayed, {.weight_decay = 0.1}}, {others, {}}}.
    explicit RuleOptimizer(const std::vector<Group>& groups, Location at = Location::current())
        : BasicOptimizer<T>(Rule::name) {
        if (groups.empty()) throw ConfigError(std::string(Rule::name) + ": expected at least one group, got none", at);
        for (const Group& group : groups) add_group(group, at);
    }

    /// Throws ConfigError as the constructor does.
    void add_group(const Group& group, Location at = Location::current()) {
        Rule::check(group.options, at);
        this->add_parameters(group.parameters, group.options.lr, Rule::slots(group.options), at);
        options_.push_back(group.options);
    }

    /// With the learning rate of now. Throws ConfigError for a group that does not exist.
    Options options(std::size_t group = 0, Location at = Location::current()) const {
        this->require_group(group, at);
        Options options = options_[group];
        options.lr = this->learning_rate(group);
        return options;
    }
    /// From now on; what is remembered stays. Throws ConfigError for a group that does not exist, an option out of its
    /// range, or options that need other running quantities.
    void set_options(std::size_t group, const Options& options, Location at = Location::current()) {
        this->require_group(group, at);
        Rule::check(options, at);
        if (Rule::slots(options) != Rule::slots(options_[group])) {
            throw ConfigError(
                std::string(Rule::name) + ": expected options with the same running quantities, got others", at);
        }
        this->set_learning_rate(group, options.lr, at);
        options_[group] = options;
    }

private:
    Update<T> make_update(std::size_t group, std::uint64_t steps, double& carried) const override {
        return Rule::template update<T>(options_[group], this->learning_rate(group), steps, carried);
    }

    std::vector<Options> options_;
};

using Optimizer = BasicOptimizer<float>;
using Optimizer64 = BasicOptimizer<double>;

namespace detail {
/// Of a NaN's sign, which means nothing, messages say nothing.
double without_nan_sign(double number);
/// Throws ConfigError "<who>: expected <wanted>, got <got>" unless `good`.
void require(bool good, const char* who, const char* wanted, double got, Location at);
/// Throws ConfigError "<who>: expected <wanted>, got <got>" unless got is finite and at least 0.
void require_not_negative(const char* who, const char* wanted, double got, Location at);
/// Throws ConfigError for an empty list, or a parameter that is in it twice or in `others` already.
template <class T>
void require_distinct(const char* who, const BasicParameterList<T>& parameters, const BasicParameterList<T>& others,
                      Location at);
}  // namespace detail

extern template class BasicOptimizer<float>;
extern template class BasicOptimizer<double>;

}  // namespace xtape::optim

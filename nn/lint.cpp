#include <xtape/nn/lint.hpp>

#include <xtape/autodiff/anomaly.hpp>
#include <xtape/autodiff/ops/activation.hpp>
#include <xtape/autodiff/ops/cross_entropy.hpp>
#include <xtape/autodiff/ops/normalization.hpp>
#include <xtape/autodiff/ops/softmax.hpp>
#include <xtape/autodiff/tape_storage.hpp>
#include <xtape/autodiff/text.hpp>
#include <xtape/nn/members.hpp>
#include <xtape/nn/preserve.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <unordered_set>

namespace xtape::nn {
namespace {

using xtape::detail::Record;
using xtape::detail::TapeAccess;
using xtape::detail::TensorAccess;

constexpr std::size_t least_values_of_a_unit = 8;

bool is(const Record& record, std::string_view name) { return !record.leaf() && name == record.name(); }

Shape operand_shape(const Record& record, std::size_t i) {
    const xtape::detail::Operand& x = record.operands()[i];
    return Shape(x.extents, x.extents + x.rank);
}

std::string percent(double share) { return fmt::format("{:.0f}%", 100 * share); }

// The units of a relu's output (see LintOptions), and in how many of them nothing is above 0.
struct Units {
    std::size_t all = 0, dead = 0, values = 0;
};

template <class T>
Units units_of(const BasicArray<T>& y) {
    Units units;
    if (y.dimension() < 2 || y.size() == 0) return units;
    const std::size_t axis = y.dimension() == 3 ? 2 : 1;
    units.all = y.shape()[axis];
    units.values = y.size() / units.all;
    std::size_t inner = 1;
    for (std::size_t i = axis + 1; i < y.dimension(); ++i) inner *= y.shape()[i];
    std::vector<bool> alive(units.all);
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (y.data()[i] > 0) alive[i / inner % units.all] = true;
    }
    units.dead = static_cast<std::size_t>(std::count(alive.begin(), alive.end(), false));
    return units;
}

template <class T>
class Lint {
public:
    Lint(BasicModule<T>& model, const LintOptions& options) : options_(options), modules_(model.named_modules()) {}

    LintReport run(const BasicTensor<T>& input, const LintLoss<T>& loss_of, const IndexArray* labels, Location at) {
        BasicModule<T>& model = *modules_[0].module;
        const xtape::detail::Preserve<T> preserve(model);
        look_at_modes();
        look_at_parameters();
        Tape tape;
        // Watched, so that what frozen layers compute is recorded too.
        const BasicTensor<T> x = tape.watch(input);
        BasicTensor<T> output;
        {
            const std::vector<HookHandle> hooks = watch(tape);
            output = model(x, at);
        }
        note_layers(tape.size());
        BasicTensor<T> loss;
        try {
            loss = loss_of(output);
        } catch (const DataError&) {
            if (labels && look_at_labels(*labels, output)) return finish();
            throw;
        }
        const std::uint32_t loss_slot =
            TensorAccess::tape(loss) == TapeAccess::id(tape) ? TensorAccess::slot(loss) : xtape::detail::no_slot;
        look_at_input(tape, x);
        look_at_records(tape, loss, loss_slot);
        const bool finite = xtape::detail::all_finite(loss.value());
        if (!finite) add(LintKind::non_finite, "", "the loss is not finite");
        if (loss_slot != xtape::detail::no_slot) tape.backward(loss, {}, at);
        if (finite) look_at_gradients();
        return finish();
    }

private:
    struct Running {
        std::size_t module;
        bool sound;  // its input is finite, and so are the outputs of the modules it called
    };

    void add(LintKind kind, std::string path, std::string text) {
        report_.findings.push_back({kind, std::move(path), std::move(text)});
    }

    LintReport finish() {
        std::stable_sort(report_.findings.begin(), report_.findings.end(),
                         [](const LintFinding& a, const LintFinding& b) { return a.kind < b.kind; });
        return std::move(report_);
    }

    // Calls f(path, parameter) with each parameter once.
    template <class F>
    void each_parameter(F f) {
        std::unordered_set<const void*> seen;
        for (const auto& [path, module] : modules_) {
            for (const auto& [name, parameter] : xtape::detail::members_of(*module).parameters) {
                if (seen.insert(parameter.shared_state().get()).second) {
                    f(path.empty() ? name : path + "." + name, parameter);
                }
            }
        }
    }

    void look_at_modes() {
        std::string known = ".";  // what is below it has been told, or needs not be; no path begins with a dot
        for (const auto& [path, module] : modules_) {
            if (module->training() || path.starts_with(known)) continue;
            known = path.empty() ? "" : path + ".";
            if (module->parameter_count() > 0 && module->trainable_parameter_count() == 0) continue;
            add(LintKind::evaluation_mode, path,
                "is in evaluation mode: what it does in training alone, like dropout, is left out; call train()");
        }
    }

    void look_at_parameters() {
        each_parameter([&](const std::string& path, const BasicParameterRef<T>& parameter) {
            if (!xtape::detail::all_finite(parameter.value())) add(LintKind::non_finite, path, "holds a NaN or an infinity");
        });
    }

    std::vector<HookHandle> watch(const Tape& tape) {
        std::vector<HookHandle> hooks;
        for (std::size_t i = 0; i < modules_.size(); ++i) {
            hooks.push_back(modules_[i].module->on_input([this, &tape, i](BasicModule<T>&, const BasicTensor<T>& x) {
                note_layers(tape.size());
                running_.push_back({i, xtape::detail::all_finite(x.value())});
            }));
            hooks.push_back(modules_[i].module->on_output([this, &tape, i](BasicModule<T>&, const BasicTensor<T>& y) {
                while (running_.back().module != i) running_.pop_back();  // it threw, and the module around it went on
                note_layers(tape.size());
                const bool sound = running_.back().sound, made = !xtape::detail::all_finite(y.value());
                running_.pop_back();
                if (!made) return;
                if (sound)
                    add(LintKind::non_finite, modules_[i].name, "makes a NaN or an infinity out of a finite input");
                if (!running_.empty()) running_.back().sound = false;
            }));
        }
        return hooks;
    }

    // Records up to that one were made by the module that has been running.
    void note_layers(std::size_t records) {
        layers_.resize(records, running_.empty() ? std::string() : modules_[running_.back().module].name);
    }

    std::string layer_of(std::size_t slot) const { return slot < layers_.size() ? layers_[slot] : std::string(); }

    // Whether a label is no class of the logits.
    bool look_at_labels(const IndexArray& labels, const BasicTensor<T>& logits) {
        if (logits.rank() != labels.dimension() + 1) return false;
        const auto classes = static_cast<std::int64_t>(logits.shape()[1]);
        const auto wrong = [&](std::int64_t label) { return label < 0 || label >= classes; };
        const std::int64_t* const end = labels.data() + labels.size();
        const std::int64_t* const first = std::find_if(labels.data(), end, wrong);
        if (first == end) return false;
        add(LintKind::label_out_of_range, "",
            fmt::format("{} of {} labels are outside 0 .. {}, the classes of the logits {}; the first is {} in row {}",
                        std::count_if(first, end, wrong), labels.size(), classes - 1, to_string(logits.shape()), *first,
                        first - labels.data()));
        return true;
    }

    void look_at_input(const Tape& tape, const BasicTensor<T>& x) {
        // Indices for an embedding are no operand of anything that is differentiated.
        const auto& records = TapeAccess::storage(tape).records;
        const bool used = std::any_of(records.begin(), records.end(), [&](const Record* record) {
            if (!record) return false;
            const auto operands = record->operands();
            return std::any_of(operands.begin(), operands.end(),
                               [&](const auto& operand) { return operand.slot == TensorAccess::slot(x); });
        });
        if (!used || x.size() == 0) return;
        double sum = 0, squares = 0;
        const auto n = static_cast<double>(x.size());
        for (const T value : x.value()) sum += static_cast<double>(value);
        const double mean = sum / n;
        for (const T value : x.value())
            squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
        const double deviation = std::sqrt(squares / n);
        if (std::abs(mean) <= 5 && deviation <= 5 && deviation >= 0.01) return;
        add(LintKind::input_scale, "",
            fmt::format("the inputs have mean {:.3g} and deviation {:.3g}; networks learn best from about 0 and 1",
                        mean, deviation));
    }

    void look_at_records(const Tape& tape, const BasicTensor<T>& loss, std::uint32_t loss_slot) {
        const auto& records = TapeAccess::storage(tape).records;
        for (std::size_t slot = 0; slot < records.size(); ++slot) {
            if (!records[slot]) continue;  // a nested replay has freed it
            const Record& record = *records[slot];
            if (is(record, xtape::CrossEntropy::name) || is(record, xtape::SoftCrossEntropy::name)) {
                look_at_logits(records, record);
                if (slot == loss_slot) look_at_loss(record, loss);
            } else if (is(record, xtape::Relu::name)) {
                look_at_relu(layer_of(slot), record);
            } else if (is(record, xtape::Tanh::name) || is(record, xtape::Sigmoid::name)) {
                look_at_saturation(layer_of(slot), record);
            } else if (is(record, xtape::BatchNorm::name) && operand_shape(record, 0)[0] == 1) {
                add(LintKind::batch_of_one, layer_of(slot),
                    "normalises a batch of one by its own statistics; train with larger batches, or use layer or group "
                    "normalization");
            }
        }
    }

    void look_at_logits(const std::vector<Record*>& records, const Record& loss) {
        const std::uint32_t slot = loss.operands()[0].slot;
        if (slot == xtape::detail::no_slot || !records[slot]) return;
        for (const char* name : {xtape::Softmax::name, xtape::LogSoftmax::name, xtape::Sigmoid::name}) {
            if (!is(*records[slot], name)) continue;
            add(LintKind::softmax_before_cross_entropy, layer_of(slot),
                fmt::format("{} before a cross-entropy, which applies softmax itself: give it the logits", name));
        }
    }

    void look_at_loss(const Record& record, const BasicTensor<T>& loss) {
        const Shape logits = operand_shape(record, 0);
        const void* const operation = record.view().operation;
        const Reduction reduction = is(record, xtape::CrossEntropy::name)
                                        ? static_cast<const xtape::CrossEntropy*>(operation)->reduction
                                        : static_cast<const xtape::SoftCrossEntropy*>(operation)->reduction;
        if (!options_.untrained || reduction != Reduction::mean || logits.size() < 2 || logits[1] < 2) return;
        const double guess = std::log(static_cast<double>(logits[1])), value = static_cast<double>(loss.item());
        if (value >= guess / 2 && value <= guess + 1) return;
        add(LintKind::initial_loss, "",
            fmt::format("the loss is {:.3g}, where guessing among {} classes costs ln {} = {:.3g}: {}", value,
                        logits[1], logits[1], guess,
                        value > guess ? "the first logits are too large, or inputs and labels do not belong together"
                                      : "the model knows the labels before it is trained"));
    }

    const BasicArray<T>* kept_output(const Record& record) const {
        const xtape::detail::ValueBase* const y = record.view().output;
        return y && y->scalar_bytes == sizeof(T) ? &static_cast<const xtape::detail::Value<T>*>(y)->array : nullptr;
    }

    void look_at_relu(const std::string& layer, const Record& record) {
        const BasicArray<T>* const y = kept_output(record);
        if (!y) return;
        const Units units = units_of(*y);
        if (units.dead == 0 || units.values < least_values_of_a_unit) return;
        const double share = static_cast<double>(units.dead) / static_cast<double>(units.all);
        if (share < options_.dead_share) return;
        add(LintKind::dead_relu, layer,
            fmt::format("{} of {} units ({}) of a relu are 0 for the whole batch and learn nothing from it", units.dead,
                        units.all, percent(share)));
    }

    void look_at_saturation(const std::string& layer, const Record& record) {
        const BasicArray<T>* const y = kept_output(record);
        if (!y || y->size() == 0) return;
        const T lowest = is(record, xtape::Tanh::name) ? T(-1) : T(0), margin = T(0.01);
        const auto near =
            std::count_if(y->begin(), y->end(), [&](T value) { return value < lowest + margin || value > 1 - margin; });
        const double share = static_cast<double>(near) / static_cast<double>(y->size());
        if (share < options_.saturated_share) return;
        add(LintKind::saturated, layer,
            fmt::format("{} of the outputs of a {} are saturated and let hardly any gradient through", percent(share),
                        record.name()));
    }

    void look_at_gradients() {
        each_parameter([&](const std::string& path, const BasicParameterRef<T>& parameter) {
            if (parameter.frozen()) return;
            if (!parameter.has_grad()) {
                add(LintKind::no_gradient, path, "gets no gradient: the loss does not depend on it");
                return;
            }
            const BasicArray<T>& g = parameter.grad();
            if (!xtape::detail::all_finite(g)) {
                add(LintKind::non_finite, path, "has a gradient that holds a NaN or an infinity");
            } else if (std::all_of(g.begin(), g.end(), [](T value) { return value == 0; })) {
                add(LintKind::zero_gradient, path, "has a gradient that is exactly 0: this batch does not train it");
            }
        });
    }

    const LintOptions& options_;
    std::vector<BasicNamedModule<T>> modules_;
    std::vector<Running> running_;
    std::vector<std::string> layers_;  // by slot: the path of the module that made it
    LintReport report_;
};

}  // namespace

std::string LintReport::text() const {
    if (ok()) return "lint: nothing found\n";
    std::string text = "lint: " + xtape::detail::counted(findings.size(), "finding") + "\n";
    for (const LintFinding& finding : findings) {
        text += "- " + (finding.path.empty() ? "" : finding.path + ": ") + finding.text + "\n";
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const LintReport& report) { return out << report.text(); }

}  // namespace xtape::nn

namespace xtape::detail {

template <class T>
nn::LintReport lint(nn::BasicModule<T>& model, const BasicTensor<T>& x, const nn::LintLoss<T>& loss,
                    const IndexArray* labels, const nn::LintOptions& options, Location at) {
    return nn::Lint<T>(model, options).run(x, loss, labels, at);
}

template nn::LintReport lint(nn::BasicModule<float>&, const Tensor&, const nn::LintLoss<float>&, const IndexArray*,
                             const nn::LintOptions&, Location);
template nn::LintReport lint(nn::BasicModule<double>&, const Tensor64&, const nn::LintLoss<double>&, const IndexArray*,
                             const nn::LintOptions&, Location);

}  // namespace xtape::detail

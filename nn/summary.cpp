#include <xtape/nn/summary.hpp>

#include <xtape/autodiff/inspector.hpp>
#include <xtape/autodiff/tape_storage.hpp>
#include <xtape/autodiff/text.hpp>
#include <xtape/nn/members.hpp>
#include <xtape/nn/preserve.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <unordered_set>

namespace xtape::nn {
namespace {

using xtape::detail::bytes_text;
using xtape::detail::grouped;

constexpr std::size_t columns = 100;

// Fills the rows while the model runs: which module is running is known from hooks on all of them.
template <class T>
class Watch {
public:
    Watch(const std::vector<BasicNamedModule<T>>& modules, std::vector<SummaryRow>& rows, const Tape& tape)
        : rows_(rows), tape_(tape) {
        for (std::size_t i = 0; i < modules.size(); ++i) {
            hooks_.push_back(modules[i].module->on_input([this, i](BasicModule<T>&, const BasicTensor<T>&) {
                running_.push_back({i, xtape::detail::multiply_adds(tape_), 0});
            }));
            hooks_.push_back(
                modules[i].module->on_output([this, i](BasicModule<T>&, const BasicTensor<T>& y) { leave(i, y); }));
        }
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    struct Running {
        std::size_t row;
        double before;  // multiply-adds until its call
        double inner;   // those of the modules it called
    };

    void leave(std::size_t i, const BasicTensor<T>& y) {
        while (running_.back().row != i) running_.pop_back();  // it threw, and the module around it went on
        const Running done = running_.back();
        running_.pop_back();
        SummaryRow& row = rows_[i];
        const double spent = xtape::detail::multiply_adds(tape_) - done.before;
        row.multiply_adds += spent - done.inner;
        row.output = y.shape();
        ++row.calls;
        if (!running_.empty()) running_.back().inner += spent;
    }

    std::vector<SummaryRow>& rows_;
    const Tape& tape_;
    std::vector<Running> running_;
    std::vector<HookHandle> hooks_;
};

template <class T>
void count_members(const std::vector<BasicNamedModule<T>>& modules, Summary& summary) {
    std::unordered_set<const void*> seen;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        SummaryRow& row = summary.rows[i];
        for (const auto& [name, parameter] : xtape::detail::members_of(*modules[i].module).parameters) {
            if (!seen.insert(parameter.shared_state().get()).second) continue;
            const std::size_t size = parameter.value().size();
            row.parameters += size;
            row.trainable += parameter.frozen() ? 0 : size;
            row.parameter_bytes += size * sizeof(T);
        }
        summary.parameters += row.parameters;
        summary.trainable += row.trainable;
        summary.parameter_bytes += row.parameter_bytes;
    }
    for (const auto& [name, buffer] : modules[0].module->named_buffers()) {
        std::visit(
            [&](const auto* array) {
                summary.buffers += array->size();
                summary.buffer_bytes += array->size() * sizeof(*array->data());
            },
            buffer);
    }
}

std::size_t bytes_of(const xtape::detail::ValueBase& value) {
    const auto size = [](const auto& typed) { return typed.array.size(); };
    return value.scalar_bytes * (value.scalar_bytes == sizeof(float)
                                     ? size(static_cast<const xtape::detail::Value<float>&>(value))
                                     : size(static_cast<const xtape::detail::Value<double>&>(value)));
}

// Of all that the tape keeps for a backward, each array once. The tape knows its leaves as parameters, but not those that
// are frozen: for them nothing is recorded.
template <class T>
std::size_t activation_bytes(const Tape& tape, const std::vector<BasicNamedModule<T>>& modules) {
    std::unordered_set<const xtape::detail::ValueBase*> seen;
    for (const auto& [path, module] : modules) {
        for (const auto& [name, parameter] : xtape::detail::members_of(*module).parameters) {
            seen.insert(parameter.shared_state()->value.get());
        }
    }
    std::size_t bytes = 0;
    const auto keep = [&](const xtape::detail::ValueBase* value) {
        if (value && seen.insert(value).second) bytes += bytes_of(*value);
    };
    for (const xtape::detail::Record* record : xtape::detail::TapeAccess::storage(tape).records) {
        if (!record) continue;
        for (const xtape::detail::Operand& operand : record->operands()) keep(operand.kept);
        keep(record->view().output);
    }
    return bytes;
}

using Cells = std::array<std::string, 6>;
constexpr std::size_t path_cell = 0, layer_cell = 1, output_cell = 2, trainable_cell = 4;

// A number, or nothing where there is nothing to count.
std::string amount(double number) { return number > 0 ? grouped(static_cast<std::size_t>(number)) : ""; }
std::string amount(std::size_t number) { return number > 0 ? grouped(number) : ""; }

// The end of a path tells more than its beginning, the beginning of a description more than its end.
std::string cut(const std::string& text, std::size_t width, bool keep_end) {
    if (text.size() <= width) return text;
    return keep_end ? "..." + text.substr(text.size() - (width - 3)) : text.substr(0, width - 3) + "...";
}

std::vector<Cells> cells_of(const Summary& summary) {
    std::vector<Cells> table{{"module", "layer", "output", "parameters", "trainable", "multiply-adds"}};
    for (const SummaryRow& row : summary.rows) {
        std::string output = row.calls > 0 ? to_string(row.output) : "not called";
        if (row.calls > 1) output += fmt::format(" x{}", row.calls);
        table.push_back({row.path.empty() ? "(model)" : row.path, row.layer, output, amount(row.parameters),
                         row.parameters > 0 ? grouped(row.trainable) : "", amount(row.multiply_adds)});
    }
    table.push_back({"total", "", "", grouped(summary.parameters), grouped(summary.trainable),
                     grouped(static_cast<std::size_t>(summary.multiply_adds))});
    return table;
}

std::string table_of(const Summary& summary) {
    std::vector<Cells> table = cells_of(summary);
    const bool show_trainable = summary.frozen() > 0;
    std::array<std::size_t, 6> widths{};
    for (const Cells& row : table) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    if (!show_trainable) widths[trainable_cell] = 0;
    // Numbers stay whole; what is left of the line is shared by path, description and shape, the longest giving first.
    constexpr std::array texts{path_cell, layer_cell, output_cell};
    const auto total = [&] {
        std::size_t sum = 2 * (widths.size() - (show_trainable ? 1 : 2));
        for (const std::size_t width : widths) sum += width;
        return sum;
    };
    while (total() > columns) {
        std::size_t& longest = widths[*std::max_element(
            texts.begin(), texts.end(), [&](std::size_t a, std::size_t b) { return widths[a] < widths[b]; })];
        if (longest <= 10) break;
        --longest;
    }
    std::string text;
    for (const Cells& row : table) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i == trainable_cell && !show_trainable) continue;
            const std::string cell = cut(row[i], widths[i], i == path_cell);
            const std::string gap = i == 0 ? "" : "  ";
            line += i <= layer_cell ? fmt::format("{}{:<{}}", gap, cell, widths[i])
                                    : fmt::format("{}{:>{}}", gap, cell, widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        if (&row == &table.back()) text += std::string(total(), '-') + "\n";
        text += line + "\n";
        if (&row == &table.front()) text += std::string(total(), '-') + "\n";
    }
    return text;
}

}  // namespace

std::string Summary::text() const {
    std::string text = table_of(*this);
    text += fmt::format("parameters  {} trainable, {} frozen: {}\n", grouped(trainable), grouped(frozen()),
                        bytes_text(parameter_bytes));
    if (buffers > 0) text += fmt::format("buffers     {}: {}\n", grouped(buffers), bytes_text(buffer_bytes));
    text += fmt::format("kept for a backward of {}: about {}\n", to_string(input), bytes_text(activation_bytes));
    return text;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.text(); }

template <class T>
Summary summary(BasicModule<T>& model, const Shape& input, Location at) {
    const std::vector<BasicNamedModule<T>> modules = model.named_modules();
    const xtape::detail::Preserve<T> preserve(model);
    const BasicEvaluationScope<T> evaluation(model);

    Summary summary;
    summary.input = input;
    for (const auto& [path, module] : modules) {
        SummaryRow& row = summary.rows.emplace_back();
        row.path = path;
        row.layer = module->describe();
    }
    {
        // The profile counts what is not recorded as well: the input needs no gradient, and frozen layers none either.
        Tape tape{{.profile = true}};
        const Watch<T> watch(modules, summary.rows, tape);
        summary.output = model(BasicArray<T>(input, T(0)), at).shape();
        summary.activation_bytes = activation_bytes(tape, modules);
        summary.multiply_adds = xtape::detail::multiply_adds(tape);
    }
    count_members(modules, summary);
    return summary;
}

template Summary summary(BasicModule<float>&, const Shape&, Location);
template Summary summary(BasicModule<double>&, const Shape&, Location);

}  // namespace xtape::nn

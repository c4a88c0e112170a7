// Tape::summary() and Tape::dot(): what a tape's records tell when they are read.
#include <xtape/autodiff/inspector.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace detail {
namespace {

const Shape& value_shape(const ValueBase& value) {
    if (value.scalar_bytes == sizeof(float)) return static_cast<const Value<float>&>(value).array.shape();
    return static_cast<const Value<double>&>(value).array.shape();
}

// In a quoted Graphviz string a backslash begins an escape.
std::string escaped(const std::string& name) {
    std::string text;
    for (const char c : name) {
        if (c == '"' || c == '\\') text += '\\';
        text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return text;
}

std::string node(std::size_t slot, const Record& record) {
    const std::string label = escaped(record.name()) + "\\n" + to_string(result_shape(record));
    if (!record.leaf()) return fmt::format("    n{} [label=\"{}\"];\n", slot, label);
    return fmt::format("    n{} [label=\"{}\", shape=ellipse, style=filled, fillcolor={}];\n", slot, label,
                       record.parameter() ? "lightyellow" : "lightblue");
}

}  // namespace

Shape result_shape(const Record& record) {
    if (record.leaf()) {
        const auto extents = static_cast<const LeafRecord&>(record).extents;
        return Shape(extents.begin(), extents.end());
    }
    const RecordView view = record.view();
    if (view.output) return value_shape(*view.output);
    std::vector<Shape> shapes;
    for (const Operand& x : record.operands()) shapes.emplace_back(x.extents, x.extents + x.rank);
    if (view.facts->infer) {
        std::vector<const Shape*> pointers;
        for (const Shape& shape : shapes) pointers.push_back(&shape);
        return view.facts->infer(view.operation, pointers);
    }
    Shape result;
    for (const Shape& shape : shapes) (void)broadcast_shapes(Shape(result), shape, result);
    return result;
}

}  // namespace detail

TapeSummary Tape::summary() const {
    TapeSummary summary;
    detail::Ledger now;  // of the records that are left, for a tape that nobody has observed
    for (const detail::Record* record : storage_->records) {
        if (!record) {
            ++summary.freed;
        } else if (record->leaf()) {
            ++(record->parameter() ? summary.parameters : summary.watched);
        } else {
            ++summary.records;
            if (inspector_) continue;
            const std::uint32_t row = now.row(record->name());
            ++now.rows[row].count;
            now.rows[row].elements += element_count(detail::result_shape(*record));
            now.keep(row, *record, *storage_);
        }
    }
    const detail::Ledger& ledger = inspector_ ? inspector_->ledger() : now;
    summary.observed = inspector_ != nullptr;
    summary.profiled = options().profile;
    summary.live_bytes = ledger.live;
    summary.peak_bytes = ledger.peak;
    summary.parameter_bytes = ledger.parameters;
    summary.record_bytes = storage_->record_bytes();
    summary.operations = ledger.rows;
    std::stable_sort(summary.operations.begin(), summary.operations.end(),
                     [&](const OperationSummary& a, const OperationSummary& b) {
                         return summary.profiled ? a.seconds() > b.seconds() : a.kept_bytes > b.kept_bytes;
                     });
    return summary;
}

std::string Tape::dot(DotOptions options) const {
    std::string nodes, edges;
    std::size_t drawn = 0, left = 0, freed = 0;
    const auto& records = storage_->records;
    std::vector<bool> named(records.size());  // freed, but a record that is left names it
    for (std::size_t slot = 0; slot < records.size(); ++slot) {
        const detail::Record* record = records[slot];
        if (!record) {
            ++freed;
        } else if (drawn == options.max_nodes) {
            ++left;
        } else {
            ++drawn;
            nodes += detail::node(slot, *record);
            for (const detail::Operand& x : record->operands()) {
                if (x.slot == detail::no_slot) continue;
                if (!records[x.slot]) named[x.slot] = true;
                edges += fmt::format("    n{} -> n{} [label=\"{}\"];\n", x.slot, slot,
                                     to_string(Shape(x.extents, x.extents + x.rank)));
            }
        }
    }
    for (std::size_t slot = 0; slot < records.size(); ++slot) {
        if (named[slot]) nodes += fmt::format("    n{} [label=\"freed\", style=dashed];\n", slot);
    }
    std::string notes;
    if (freed > 0) notes += fmt::format("{} replayed and freed", freed);
    if (left > 0)
        notes +=
            fmt::format("{}{} more not drawn (max_nodes = {})", notes.empty() ? "" : "\\n", left, options.max_nodes);
    if (!notes.empty()) notes = "    note [label=\"" + notes + "\", shape=note];\n";
    return "digraph tape {\n    node [shape=box];\n" + notes + nodes + edges + "}\n";
}

}  // namespace xtape

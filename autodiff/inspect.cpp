#include <xtape/autodiff/inspect.hpp>

#include <xtape/autodiff/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace xtape {
namespace {

using detail::bytes_text;
using detail::counted;

constexpr std::size_t name_width = 24;

std::string time_text(double seconds) {
    if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
    if (seconds >= 1e-3) return fmt::format("{:.2f} ms", seconds * 1e3);
    return fmt::format("{:.2f} us", seconds * 1e6);
}

std::string share_text(double part, double whole) {
    return fmt::format("{:.1f}%", whole > 0 ? 100 * part / whole : 0.0);
}

// Names of a user's own operations may be longer than the column.
std::string short_name(const std::string& name) {
    return name.size() <= name_width ? name : name.substr(0, name_width - 3) + "...";
}

template <class Key>
std::vector<OperationSummary> sorted(std::vector<OperationSummary> rows, Key key) {
    std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) > key(b); });
    return rows;
}

}  // namespace

OperationSummary TapeSummary::total() const {
    OperationSummary sum;
    sum.name = "total";
    for (const OperationSummary& row : operations) {
        sum.count += row.count;
        sum.elements += row.elements;
        sum.kept_bytes += row.kept_bytes;
        sum.shared_bytes += row.shared_bytes;
        sum.replays += row.replays;
        sum.forward_seconds += row.forward_seconds;
        sum.backward_seconds += row.backward_seconds;
        sum.moved_bytes += row.moved_bytes;
        sum.flops += row.flops;
    }
    return sum;
}

std::string TapeSummary::memory_table() const {
    const OperationSummary all = total();
    constexpr const char* line = "{:<24}  {:>9}  {:>13}  {:>11}  {:>11}  {:>6}\n";
    std::string text = fmt::format(line, "operation", "count", "elements", "kept", "shared", "share");
    const auto add = [&](const OperationSummary& row) {
        text += fmt::format(line, short_name(row.name), row.count, row.elements, bytes_text(row.kept_bytes),
                            bytes_text(row.shared_bytes),
                            share_text(static_cast<double>(row.kept_bytes), static_cast<double>(all.kept_bytes)));
    };
    for (const OperationSummary& row : sorted(operations, [](const OperationSummary& r) { return r.kept_bytes; }))
        add(row);
    add(all);
    text += fmt::format("kept now {}{}, each array once; besides: parameters {}, records {}\n", bytes_text(live_bytes),
                        observed ? ", at most " + bytes_text(peak_bytes) : "", bytes_text(parameter_bytes),
                        bytes_text(record_bytes));
    text +=
        fmt::format("on the tape {}, {}, {}; {} replayed and freed\n", counted(records, "operation"),
                    counted(parameters, "parameter"), counted(watched, "watched tensor"), counted(freed, "operation"));
    return text;
}

std::string TapeSummary::time_table() const {
    const OperationSummary all = total();
    constexpr const char* line = "{:<24}  {:>7}  {:>10}  {:>10}  {:>6}  {:>10}  {:>8}  {:>8}\n";
    std::string text =
        fmt::format(line, "operation", "count", "forward", "backward", "share", "moved", "GB/s", "GFLOP/s");
    const auto add = [&](const OperationSummary& row) {
        text += fmt::format(line, short_name(row.name), row.count, time_text(row.forward_seconds),
                            time_text(row.backward_seconds), share_text(row.seconds(), all.seconds()),
                            bytes_text(row.moved_bytes), fmt::format("{:.2f}", row.gigabytes_per_second()),
                            fmt::format("{:.2f}", row.gigaflops()));
    };
    for (const OperationSummary& row : sorted(operations, [](const OperationSummary& r) { return r.seconds(); }))
        add(row);
    add(all);
    return text + "GB/s: forward and backward; GFLOP/s: forward only\n";
}

std::string to_string(const TapeSummary& summary) {
    return summary.profiled ? summary.time_table() + "\n" + summary.memory_table() : summary.memory_table();
}

std::ostream& operator<<(std::ostream& out, const TapeSummary& summary) { return out << to_string(summary); }

}  // namespace xtape

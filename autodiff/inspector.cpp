#include <xtape/autodiff/inspector.hpp>

#include <algorithm>
#include <chrono>

namespace xtape::detail {
namespace {

template <class T>
const BasicArray<T>& array_of(const ValueBase& value) {
    return static_cast<const Value<T>&>(value).array;
}

// Each array that a record keeps, and whether it is that of a parameter, which would be there without the tape.
template <class F>
void for_each_kept(const Record& record, const TapeStorage* storage, F f) {
    for (const Operand& x : record.operands()) {
        if (!x.kept) continue;
        const Record* from = storage && x.slot != no_slot ? storage->records[x.slot] : nullptr;
        f(*x.kept, from && from->parameter());
    }
    if (const ValueBase* y = record.view().output) f(*y, false);
}

std::size_t value_bytes(const ValueBase& value) {
    const bool single = value.scalar_bytes == sizeof(float);
    return value.scalar_bytes * (single ? array_of<float>(value).size() : array_of<double>(value).size());
}

std::size_t kept_bytes(const Record& record) {
    std::size_t bytes = 0;
    for_each_kept(record, nullptr, [&](const ValueBase& value, bool) { bytes += value_bytes(value); });
    return bytes;
}

}  // namespace

std::uint32_t Ledger::row(const char* name) {
    const auto known = rows_.find(std::string_view(name));
    if (known != rows_.end()) return known->second;
    const auto row = static_cast<std::uint32_t>(rows.size());
    rows.emplace_back().name = name;
    rows_.emplace(name, row);
    return row;
}

void Ledger::keep(std::uint32_t row, const Record& record, const TapeStorage& storage) {
    for_each_kept(record, &storage, [&](const ValueBase& value, bool parameter) {
        Holding& holding = held_[&value];
        if (holding.records++ == 0) {
            holding.bytes = value_bytes(value);
            holding.parameter = parameter;
            (parameter ? parameters : live) += holding.bytes;
            if (!parameter) rows[row].kept_bytes += holding.bytes;
        } else if (!holding.parameter) {
            rows[row].shared_bytes += holding.bytes;
        }
    });
    peak = std::max(peak, live);
}

void Ledger::release(const Record& record) {
    for_each_kept(record, nullptr, [&](const ValueBase& value, bool) {
        const auto found = held_.find(&value);
        if (--found->second.records > 0) return;
        (found->second.parameter ? parameters : live) -= found->second.bytes;
        held_.erase(found);
    });
}

std::int64_t Inspector::clock() const {
    if (!options_.profile) return 0;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - aside_;
}

// Time spent in here is nobody's.
class Inspector::Aside {
public:
    explicit Aside(Inspector& inspector) : inspector_(inspector), start_(inspector.clock()) {}
    ~Aside() { inspector_.aside_ += inspector_.clock() - start_; }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

private:
    Inspector& inspector_;
    std::int64_t start_;
};

template <class T>
void Inspector::ran(Tape& tape, const RecordView& operation, std::span<const BasicTensor<T>* const> x,
                    const BasicTensor<T>& y, std::int64_t start, Location at) {
    const std::int64_t spent = clock() - start;
    if (!replaying()) aside_ += spent;
    const Aside aside(*this);
    const std::uint32_t slot = TensorAccess::tape(y) == TapeAccess::id(tape) ? TensorAccess::slot(y) : no_slot;
    const std::uint32_t row = ledger_.row(operation.facts->name);
    ledger_.rows[row].elements += y.size();
    if (slot == no_slot) {
        ++ledger_.rows[row].count;
    } else if (!replaying()) {
        notes_[slot].at = at;
    }
    // What a rule runs is part of the rule: its time is counted there, and what it makes is looked at when it is given.
    if (replaying()) return;
    if (options_.profile) {
        OperationSummary& sum = ledger_.rows[row];
        sum.forward_seconds += static_cast<double>(spent) * 1e-9;
        std::vector<const Shape*> shapes;
        std::size_t elements = 0;
        for (const BasicTensor<T>* input : x) {
            shapes.push_back(&input->shape());
            elements += input->size();
        }
        sum.moved_bytes += static_cast<double>((elements + y.size()) * sizeof(T));
        if (operation.facts->flops) {
            const double stated = operation.facts->flops(operation.operation, shapes);
            sum.flops += stated;
            if (x.size() >= 2) {
                ledger_.multiply_adds += (stated - static_cast<double>(x.size() > 2 ? y.size() : 0)) / 2;
            }
        } else {
            sum.flops += static_cast<double>(operation.facts->infer ? elements : y.size());
        }
    }
    if (options_.check_finite && !all_finite(y.value())) check_forward(operation, x, y, slot, at);
}

void Inspector::recorded(const TapeStorage& storage, std::uint32_t slot) {
    notes_.resize(std::size_t{slot} + 1);
    const Record& record = *storage.records[slot];
    if (record.leaf()) return;
    Note& note = notes_[slot];
    note.row = ledger_.row(record.name());
    ++ledger_.rows[note.row].count;
    ledger_.keep(note.row, record, storage);
    if (replaying()) {  // recorded by a rule: it has no place in the user's program but that of the rule's operation
        note.at = notes_[replays_.back().slot].at;
        note.layer = notes_[replays_.back().slot].layer;
    } else if (options_.check_finite) {
        note.layer = LayerScope::current();
    }
}

template <class T>
void Inspector::check_forward(const RecordView& operation, std::span<const BasicTensor<T>* const> x,
                              const BasicTensor<T>& y, std::uint32_t slot, Location at) const {
    std::vector<Exhibit> exhibits{Exhibit::of("result", y.value())};
    for (std::size_t i = 0; i < x.size(); ++i)
        exhibits.push_back(Exhibit::of("input " + std::to_string(i), x[i]->value()));
    const Finding finding = find_made(exhibits);
    if (finding.none()) return;
    const std::shared_ptr<const Layer> layer = LayerScope::current();
    const bool located = at.line() != 0 || (layer && layer->at.line() != 0);
    throw AnomalyError(std::string(operation.facts->name) + ": forward made " + finding.what + " out of " +
                           finding.among + "inputs" + finding.without + ": " + show(exhibits) +
                           record_text(slot, located),
                       at);
}

std::string Inspector::record_text(std::uint32_t slot, bool located) const {
    std::string text = slot == no_slot ? "not recorded" : "record " + std::to_string(slot);
    if (located) return text;
    for (std::size_t i = std::min<std::size_t>(slot, notes_.size()); i-- > 0;) {
        const Note& note = notes_[i];
        if (note.row == nowhere || note.at.line() == 0) continue;
        const std::string file = note.at.file_name();
        return text + ", called after " + ledger_.rows[note.row].name + " (" + file.substr(file.find_last_of('/') + 1) +
               ":" + std::to_string(note.at.line()) + ")";
    }
    return text + ", called without a source line, as operators are";
}

template <class T>
void Inspector::given(Tape& tape, std::uint32_t slot, std::size_t i, const BasicTensor<T>& arrived,
                      const BasicTensor<T>& gradient, const Ref<ValueBase>& before) {
    const Aside aside(*this);
    ReplayFrame& frame = replays_.back();
    frame.given_bytes += gradient.size() * sizeof(T);
    if (!options_.check_finite) return;
    frame.before.reset();
    frame.gradient.reset();
    const std::string input = "input " + std::to_string(i);
    if (!all_finite(gradient.value())) {
        std::vector<Exhibit> causes{Exhibit::of("gradient of " + input, gradient.value()),
                                    Exhibit::of("gradient of the result", arrived.value())};
        // The rule reads these too: what they hold already is not of its making.
        const Record& record = *TapeAccess::storage(tape).records[slot];
        const std::span<const Operand> operands = record.operands();
        for (std::size_t k = 0; k < operands.size(); ++k) {
            if (operands[k].kept)
                causes.push_back(Exhibit::of("input " + std::to_string(k), array_of<T>(*operands[k].kept)));
        }
        if (const ValueBase* y = record.view().output) causes.push_back(Exhibit::of("result", array_of<T>(*y)));
        check_backward(record, slot, "the gradient of " + input, "values", causes);
    } else if (before && all_finite(array_of<T>(*before))) {
        // Held, so that the sum is not made in place and can be shown with its terms.
        frame.before = before;
        frame.gradient = share(gradient);
    }
}

template <class T>
void Inspector::summed(Tape& tape, std::uint32_t slot, std::size_t i, const Value<T>& total) {
    if (!options_.check_finite) return;
    const Aside aside(*this);
    const Ref<ValueBase> before = std::move(replays_.back().before), gradient = std::move(replays_.back().gradient);
    if (!before || all_finite(total.array)) return;
    const std::string input = "input " + std::to_string(i);
    const Record& record = *TapeAccess::storage(tape).records[slot];
    check_backward(record, slot, "the sum of gradients of " + input, "gradients",
                   {Exhibit::of("sum", total.array), Exhibit::of("gradient of " + input, array_of<T>(*gradient)),
                    Exhibit::of("gradients added before", array_of<T>(*before))});
}

void Inspector::check_backward(const Record& record, std::uint32_t slot, const std::string& what, const char* causes,
                               const std::vector<Exhibit>& exhibits) const {
    const Finding finding = find_made(exhibits);
    if (finding.none()) return;
    const Note& note = notes_[slot];
    const bool located = note.at.line() != 0 || (note.layer && note.layer->at.line() != 0);
    AnomalyError error(std::string(record.name()) + ": backward made " + finding.what + " in " + what +
                           " out of " + finding.among + causes + finding.without + ": " + show(exhibits) +
                           record_text(slot, located),
                       note.at);
    if (note.layer) {
        error.set_location(note.layer->at);
        error.set_layer(note.layer->label, note.layer->module);
    }
    throw error;
}

void Inspector::replay(Tape& tape, Record& record, std::uint32_t slot, bool create_graph) {
    const Gradient& arrived = TapeAccess::gradient(tape, slot);
    const std::size_t read = value_bytes(*arrived.value) + kept_bytes(record);
    replays_.push_back({slot, 0, {}, {}});
    struct Pop {
        std::vector<ReplayFrame>& frames;
        ~Pop() { frames.pop_back(); }
    } const pop{replays_};
    const std::int64_t start = clock();
    record.replay(tape, slot, create_graph);
    if (!options_.profile) return;
    const std::int64_t spent = clock() - start;
    OperationSummary& sum = ledger_.rows[notes_[slot].row];
    ++sum.replays;
    sum.backward_seconds += static_cast<double>(spent) * 1e-9;
    sum.moved_bytes += static_cast<double>(read + replays_.back().given_bytes);
    aside_ += spent;
}

std::int64_t inspect_start(const Inspector& inspector) { return inspector.clock(); }

double multiply_adds(const Tape& tape) {
    const Inspector* const inspector = TapeAccess::inspector(tape);
    return inspector ? inspector->ledger().multiply_adds : 0;
}

template <class T>
void inspect_forward(Tape& tape, const RecordView& operation, std::span<const BasicTensor<T>* const> x,
                     const BasicTensor<T>& y, std::int64_t start, Location at) {
    TapeAccess::inspector(tape)->ran(tape, operation, x, y, start, at);
}
template <class T>
void inspect_given(Tape& tape, std::uint32_t slot, std::size_t i, const BasicTensor<T>& arrived,
                   const BasicTensor<T>& given, const Ref<ValueBase>& before) {
    TapeAccess::inspector(tape)->given(tape, slot, i, arrived, given, before);
}
template <class T>
void inspect_sum(Tape& tape, std::uint32_t slot, std::size_t i, const Value<T>& total) {
    TapeAccess::inspector(tape)->summed(tape, slot, i, total);
}

template void inspect_forward(Tape&, const RecordView&, std::span<const Tensor* const>, const Tensor&, std::int64_t,
                              Location);
template void inspect_forward(Tape&, const RecordView&, std::span<const Tensor64* const>, const Tensor64&, std::int64_t,
                              Location);
template void inspect_given(Tape&, std::uint32_t, std::size_t, const Tensor&, const Tensor&, const Ref<ValueBase>&);
template void inspect_given(Tape&, std::uint32_t, std::size_t, const Tensor64&, const Tensor64&, const Ref<ValueBase>&);
template void inspect_sum(Tape&, std::uint32_t, std::size_t, const Value<float>&);
template void inspect_sum(Tape&, std::uint32_t, std::size_t, const Value<double>&);

}  // namespace xtape::detail

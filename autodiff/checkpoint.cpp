#include <xtape/autodiff/checkpoint.hpp>

#include <xtape/autodiff/inspector.hpp>
#include <xtape/autodiff/random.hpp>

#include <algorithm>
#include <optional>

// How it works. The function records on the tape as always. Then its records are freed, and two kinds of record take
// their place: one that stands for the call (its operands are the slots from before the call that the results were made
// of, and the parameters read), and one for each result, whose only operand is the call. In a replay, results hand the
// gradients that arrive at them to the call. The call runs the function again on the same tape, puts the gradients at
// the new results, and replays the new records down to where they begin. Their contributions to older slots are added
// where they would have been without a checkpoint, in the same order: same bits. With create_graph the new records
// stay, so that what is recorded of their replay can be differentiated again.

namespace xtape::detail {
namespace {

/// Where a tape stands; what it records afterwards can be dropped.
class Point {
public:
    explicit Point(Tape& tape)
        : slot(static_cast<std::uint32_t>(tape.size())),
          memory_(TapeAccess::free_memory(tape)),
          chunks_(TapeAccess::storage(tape).chunks_used),
          larges_(TapeAccess::storage(tape).larges.size()) {}

    const std::uint32_t slot;

    /// Frees the records made since. Their slots stay taken, so that a tensor that refers to one is an error and not
    /// another tensor.
    void drop(Tape& tape, bool keep_parameters) const {
        TapeStorage& storage = TapeAccess::storage(tape);
        const auto end = static_cast<std::uint32_t>(storage.records.size());
        bool all = true;
        for (std::uint32_t i = end; i-- > slot;) {
            const Record* record = storage.records[i];
            if (!record) continue;
            if (keep_parameters && record->parameter()) {
                all = false;
                continue;
            }
            TapeAccess::free_record(tape, i);
        }
        if (end > slot) storage.dropped.emplace_back(slot, end);
        if (!all) return;
        while (!storage.parameters.empty() && storage.parameters.back() >= slot) storage.parameters.pop_back();
        TapeAccess::set_free_memory(tape, memory_);
        storage.chunks_used = chunks_;
        storage.larges.resize(larges_);
    }

private:
    std::pair<std::byte*, std::byte*> memory_;
    std::size_t chunks_, larges_;
};

/// Drops at the end of a scope, however it ends.
struct Dropping {
    Tape& tape;
    const Point& since;
    bool keep_parameters;
    bool on;

    ~Dropping() {
        if (on) since.drop(tape, keep_parameters);
    }
};

/// Makes a tape the one that records, whatever else is going on.
class Resumed {
public:
    explicit Resumed(Tape& tape)
        : paused_(TapeAccess::paused(tape)),
          before_(std::exchange(paused_, false)),
          current_(std::exchange(thread_tapes.current, &tape)) {}
    ~Resumed() {
        thread_tapes.current = current_;
        paused_ = before_;
    }
    Resumed(const Resumed&) = delete;
    Resumed& operator=(const Resumed&) = delete;

private:
    bool& paused_;
    bool before_;
    Tape* current_;
};

bool made_since(const Tape& tape, std::uint32_t first, std::uint64_t its_tape, std::uint32_t slot) {
    if (its_tape != TapeAccess::id(tape) || slot < first) return false;
    const Record* record = TapeAccess::storage(tape).records[slot];
    return !record || !record->parameter();
}

/// Slots that the records since `first` which lead to `results` read from outside: older ones and parameters;
/// ascending.
std::vector<std::uint32_t> read_from_outside(const Tape& tape, std::uint32_t first,
                                             const std::vector<std::uint32_t>& results) {
    const std::vector<Record*>& records = TapeAccess::storage(tape).records;
    std::vector<bool> leads(records.size() - first);
    for (const std::uint32_t slot : results) leads[slot - first] = true;
    std::vector<std::uint32_t> read;
    for (std::size_t slot = records.size(); slot-- > first;) {
        if (!leads[slot - first] || !records[slot]) continue;
        for (const Operand& operand : records[slot]->operands()) {
            if (operand.slot == no_slot) continue;
            if (operand.slot < first || (records[operand.slot] && records[operand.slot]->parameter())) {
                read.push_back(operand.slot);
            } else {
                leads[operand.slot - first] = true;
            }
        }
    }
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    return read;
}

std::span<Operand> make_operands(Tape& tape, const std::vector<std::uint32_t>& slots) {
    auto* operands = static_cast<Operand*>(TapeAccess::allocate(tape, slots.size() * sizeof(Operand)));
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const Record* record = TapeAccess::storage(tape).records[slots[i]];
        const Shape shape = record ? result_shape(*record) : Shape();
        auto* extents = static_cast<std::size_t*>(TapeAccess::allocate(tape, shape.size() * sizeof(std::size_t)));
        std::copy(shape.begin(), shape.end(), extents);
        new (operands + i) Operand{nullptr, extents, static_cast<std::uint32_t>(shape.size()), slots[i]};
    }
    return std::span(operands, slots.size());
}

Shape stated_shape(const void* shape, std::span<const Shape* const>) { return *static_cast<const Shape*>(shape); }

constexpr OperationFacts call_facts{"checkpoint", stated_shape, nullptr};
constexpr OperationFacts result_facts{"checkpoint result", stated_shape, nullptr};

/// Gradients on their way from the results to the call.
using Arrivals = std::shared_ptr<std::vector<Gradient>>;

/// One result of the call, which is the only operand.
template <class T>
class ResultRecord final : public Record {
public:
    ResultRecord(std::span<Operand> call, const Shape& shape, Arrivals arrivals, std::size_t index)
        : call_(call), shape_(shape), arrivals_(std::move(arrivals)), index_(index) {}

    void replay(Tape& tape, std::uint32_t slot, bool) override {
        Ref<ValueBase>& token = TapeAccess::gradient(tape, call_[0].slot).value;
        if (!token) {  // the first result of this replay; an earlier one may have ended in an error
            for (Gradient& arrived : *arrivals_) arrived = {};
            token = Ref<Value<T>>(Value<T>::create(BasicArray<T>(T(0))));
        }
        (*arrivals_)[index_] = std::exchange(TapeAccess::gradient(tape, slot), {});
    }
    RecordView view() const override { return {&result_facts, &shape_, nullptr}; }
    std::span<const Operand> operands() const override { return call_; }

private:
    std::span<Operand> call_;
    Shape shape_;
    Arrivals arrivals_;
    std::size_t index_;
};

/// The call.
template <class T>
class CallRecord final : public Record {
public:
    CallRecord(Rerun<T> run, const random::State& random, std::span<Operand> operands, std::vector<Shape> shapes,
               std::vector<std::size_t> which, Arrivals arrivals)
        : run_(std::move(run)), random_(random), operands_(operands), shapes_(std::move(shapes)), which_(std::move(which)),
          arrivals_(std::move(arrivals)) {}

    void replay(Tape& tape, std::uint32_t slot, bool create_graph) override {
        TapeAccess::gradient(tape, slot) = {};
        std::vector<Gradient> arrived(arrivals_->size());
        arrived.swap(*arrivals_);

        const Resumed resumed(tape);
        const Point start(tape);
        const Dropping dropping{tape, start, false, !create_graph};
        std::vector<BasicTensor<T>> again;
        {
            const random::Rewind rewind(random_);
            const ForwardAgain forward(tape);
            again = run_();
        }
        std::vector<std::uint32_t> results;
        for (std::size_t i = 0; i < which_.size(); ++i) {
            if (which_[i] >= again.size() || again[which_[i]].shape() != shapes_[i] ||
                !made_since(tape, start.slot, TensorAccess::tape(again[which_[i]]),
                            TensorAccess::slot(again[which_[i]]))) {
                refuse("gave another result");
            }
            results.push_back(TensorAccess::slot(again[which_[i]]));
        }
        again.clear();
        check_reads(tape, start.slot, results);
        carry(tape, start.slot, results, arrived, create_graph);
    }
    RecordView view() const override { return {&call_facts, &no_shape_, nullptr}; }
    std::span<const Operand> operands() const override { return operands_; }

private:
    [[noreturn]] static void refuse(const char* what) {
        throw GraphError(std::string("checkpoint: the function ") + what +
                         " when it was called again in backward; it must do the same each time");
    }

    void check_reads(const Tape& tape, std::uint32_t first, const std::vector<std::uint32_t>& results) const {
        const std::vector<std::uint32_t> read = read_from_outside(tape, first, results);
        const auto same = [](std::uint32_t slot, const Operand& operand) { return slot == operand.slot; };
        if (std::equal(read.begin(), read.end(), operands_.begin(), operands_.end(), same)) return;
        const std::vector<Record*>& records = TapeAccess::storage(tape).records;
        for (const Operand& operand : operands_) {
            const Record* record = records[operand.slot];
            if (!record || !record->parameter() || !changed(static_cast<const LeafRecord&>(*record))) continue;
            throw GraphError("checkpoint: parameter \"" + record->parameter()->name +
                             "\" was changed after this tape recorded it; call backward before the optimizer's step");
        }
        refuse("read other tensors or parameters");
    }

    // Replays the new records; what they give to older slots is added to what has arrived there.
    static void carry(Tape& tape, std::uint32_t first, const std::vector<std::uint32_t>& results,
                      std::vector<Gradient>& arrived, bool create_graph) {
        TapeStorage& storage = TapeAccess::storage(tape);
        const std::size_t gathered = storage.gradients.size(), marked = storage.needed.size();
        const std::uint32_t top = *std::max_element(results.begin(), results.end());
        storage.gradients.resize(std::size_t{top} + 1);
        if (marked != 0) {
            storage.needed.resize(std::size_t{top} + 1, 0);
            for (std::uint32_t slot = first; slot <= top; ++slot) {
                if (!storage.records[slot]) continue;
                for (const Operand& operand : storage.records[slot]->operands()) {
                    if (operand.slot != no_slot && storage.needed[operand.slot]) storage.needed[slot] |= on_the_way;
                }
            }
        }
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (arrived[i].value) storage.gradients[results[i]] = std::move(arrived[i]);
        }
        arrived.clear();
        {
            std::optional<PauseGuard> pause;
            if (!create_graph) pause.emplace(TapeAccess::paused(tape));
            walk(tape, top, first, create_graph, create_graph, Location{});
        }
        storage.gradients.resize(gathered);
        storage.needed.resize(marked);
    }

    Rerun<T> run_;
    random::State random_;
    std::span<Operand> operands_;
    Shape no_shape_;
    std::vector<Shape> shapes_;       // of the results that have records
    std::vector<std::size_t> which_;  // and their places in what the function returns
    Arrivals arrivals_;
};

template <class R, class... A>
std::uint32_t push(Tape& tape, A&&... a) {
    static_assert(alignof(R) <= 16);
    return TapeAccess::push(tape, new (TapeAccess::allocate(tape, sizeof(R))) R(std::forward<A>(a)...));
}

// Tells an observed tape of a record; the function's own operations have been timed and checked already.
template <class T>
void observe(Tape& tape, const OperationFacts& facts, BasicTensor<T> y, std::uint32_t slot) {
    const Inspector* const inspector = TapeAccess::inspector(tape);
    if (!inspector) return;
    TensorAccess::place(y, TapeAccess::id(tape), slot);
    inspect_forward<T>(tape, {&facts, &y.shape(), nullptr}, {}, y, inspect_start(*inspector), Location{});
}

}  // namespace

template <class T>
std::vector<BasicTensor<T>> run_checkpoint(Rerun<T> run) {
    Tape* const tape = TapeAccess::recording();
    if (!tape) return run();
    const random::State random = random::state();
    const Point start(*tape);
    Dropping dropping{*tape, start, true, true};
    std::vector<BasicTensor<T>> y = run();

    // A tensor returned twice has one slot, and then one record.
    std::vector<std::uint32_t> results;
    std::vector<std::size_t> which, place(y.size(), y.size());
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::uint32_t slot = TensorAccess::slot(y[i]);
        if (!y[i].defined() || !made_since(*tape, start.slot, TensorAccess::tape(y[i]), slot)) continue;
        const auto found = std::find(results.begin(), results.end(), slot);
        place[i] = static_cast<std::size_t>(found - results.begin());
        if (found != results.end()) continue;
        results.push_back(slot);
        which.push_back(i);
        shapes.push_back(y[i].shape());
    }
    const std::vector<std::uint32_t> read = read_from_outside(*tape, start.slot, results);
    start.drop(*tape, true);
    dropping.on = false;
    if (read.empty()) {
        for (std::size_t i = 0; i < y.size(); ++i) {
            if (place[i] != y.size()) y[i] = detach(y[i]);
        }
        return y;
    }
    const auto arrivals = std::make_shared<std::vector<Gradient>>(results.size());
    const std::uint32_t call =
        push<CallRecord<T>>(*tape, std::move(run), random, make_operands(*tape, read), shapes, which, arrivals);
    observe(*tape, call_facts, BasicTensor<T>(T(0)), call);
    for (std::size_t k = 0; k < results.size(); ++k) {
        const std::uint32_t slot = push<ResultRecord<T>>(*tape, make_operands(*tape, {call}), shapes[k], arrivals, k);
        observe(*tape, result_facts, y[which[k]], slot);
        for (std::size_t i = 0; i < y.size(); ++i) {
            if (place[i] == k) TensorAccess::place(y[i], TapeAccess::id(*tape), slot);
        }
    }
    return y;
}

template std::vector<Tensor> run_checkpoint(Rerun<float>);
template std::vector<Tensor64> run_checkpoint(Rerun<double>);

}  // namespace xtape::detail

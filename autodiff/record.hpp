// Records: what a tape remembers of one operation, and what the operation's backward rule sees of it.
#pragma once

#include <xtape/autodiff/tape.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>

namespace xtape {

namespace detail {

/// One operand of a recorded operation.
struct Operand {
    ValueBase* kept = nullptr;           // owned reference, or null when the rule does not need the value
    const std::size_t* extents = nullptr;
    std::uint32_t rank = 0;
    std::uint32_t slot = no_slot;        // no_slot: a constant
};

/// Gradient gathered for a slot during a replay.
struct Gradient {
    Ref<ValueBase> value;
    std::uint32_t slot = no_slot;        // where the gradient itself was recorded, with create_graph
};

/// What tools know of a kind of operation, whatever its scalar type.
struct OperationFacts {
    const char* name;
    Shape (*infer)(const void* operation, std::span<const Shape* const> x);   // null: elementwise
    double (*flops)(const void* operation, std::span<const Shape* const> x);  // null: the operation does not say
};

/// A record as tools see it.
struct RecordView {
    const OperationFacts* facts = nullptr;  // null: a leaf
    const void* operation = nullptr;
    const ValueBase* output = nullptr;   // when it is kept
};

class Record {
public:
    explicit Record(bool leaf = false) : leaf_(leaf) {}
    virtual ~Record() = default;
    /// Runs the backward rule on the gradient that has arrived at `slot`.
    virtual void replay(Tape& tape, std::uint32_t slot, bool create_graph) = 0;
    virtual RecordView view() const { return {}; }
    virtual const char* name() const { return view().facts->name; }
    virtual std::span<const Operand> operands() const { return {}; }
    virtual ParameterStateBase* parameter() const { return nullptr; }
    /// Leaves (watched tensors, parameters) are where gradients end; they are never freed before the tape is.
    bool leaf() const { return leaf_; }

private:
    bool leaf_;
};

/// The engine's door to a tape's private parts.
struct TapeAccess {
    /// The tape that records on this thread now, or null.
    static Tape* recording() {
        Tape* tape = Tape::current();
        return tape && !tape->paused_ ? tape : nullptr;
    }
    static std::uint64_t id(const Tape& tape) { return tape.id_; }
    static bool& paused(Tape& tape) { return tape.paused_; }
    /// Free part of the current chunk of record memory.
    static std::pair<std::byte*, std::byte*> free_memory(const Tape& tape) { return {tape.cursor_, tape.limit_}; }
    static void set_free_memory(Tape& tape, std::pair<std::byte*, std::byte*> part) { std::tie(tape.cursor_, tape.limit_) = part; }
    /// Takes a tape off its thread's list: it records no more, and can still be replayed.
    static void leave(Tape& tape);
    /// This thread's live tape with that id, or null.
    static Tape* find(std::uint64_t id);
    /// Who observes the tape, or null.
    static Inspector* inspector(const Tape& tape) { return tape.inspector_; }
    static TapeStorage& storage(const Tape& tape) { return *tape.storage_; }
    /// Memory that lives as long as the tape's records; aligned to 16 bytes.
    static void* allocate(Tape& tape, std::size_t bytes) {
        bytes = (bytes + 15) / 16 * 16;
        if (static_cast<std::size_t>(tape.limit_ - tape.cursor_) < bytes) return allocate_slow(tape, bytes);
        return std::exchange(tape.cursor_, tape.cursor_ + bytes);
    }
    static void* allocate_slow(Tape& tape, std::size_t bytes);
    /// Appends a record made in such memory; returns its slot.
    static std::uint32_t push(Tape& tape, Record* record);
    /// Frees the record at a slot, which is empty from then on.
    static void free_record(Tape& tape, std::size_t slot);
    static Gradient& gradient(Tape& tape, std::uint32_t slot);
    /// One byte a slot: whether anybody asked for a gradient that flows through it. Null: everybody did.
    static const std::uint8_t* needed(const Tape& tape);
    /// GraphError when the tensor stands on another live tape that is recording too; otherwise it is a constant here.
    static void check_foreign(const Tape& tape, std::uint64_t other, const char* operation, Location at);
    /// The leaf slot of a parameter on a tape, recorded now if it is not there yet.
    template <class T>
    static std::uint32_t leaf(Tape& tape, const std::shared_ptr<ParameterState<T>>& state);
};

// What an observed tape is told of. Defined in inspector.cpp, so that operations carry no more than the calls.

/// When an operation began; 0 when nobody measures.
std::int64_t inspect_start(const Inspector& inspector);
/// An operation has made y of x. Throws AnomalyError.
template <class T>
void inspect_forward(Tape& tape, const RecordView& operation, std::span<const BasicTensor<T>* const> x, const BasicTensor<T>& y,
                     std::int64_t start, Location at);
/// The rule of the record at `slot` gives input i a gradient, which will be added to `before` (null: the first). Throws AnomalyError.
template <class T>
void inspect_given(Tape& tape, std::uint32_t slot, std::size_t i, const BasicTensor<T>& arrived, const BasicTensor<T>& given,
                   const Ref<ValueBase>& before);
/// The same, after it was added.
template <class T>
void inspect_sum(Tape& tape, std::uint32_t slot, std::size_t i, const Value<T>& total);

/// One more reference to the tensor's value, its type forgotten.
template <class T>
Ref<ValueBase> share(const BasicTensor<T>& x) {
    return Ref<Value<T>>(TensorAccess::value(x));
}

/// Slot of x on the recording tape, or no_slot when x is a constant there.
template <class T>
std::uint32_t slot_on(const Tape& tape, const BasicTensor<T>& x, const char* operation, Location at) {
    const std::uint64_t its = TensorAccess::tape(x);
    if (its == TapeAccess::id(tape)) return TensorAccess::slot(x);
    if (its != 0) TapeAccess::check_foreign(tape, its, operation, at);
    return no_slot;
}

}  // namespace detail

/// What a backward rule sees: the gradient arriving, what was kept, and where to put its answers.
///
/// The tensors are plain values when only numbers are wanted and recorded ones when the gradient itself will be differentiated;
/// the same rule serves both, because operations on plain tensors record nothing.
template <class T>
class Replay {
public:
    Replay(Tape& tape, const char* name, std::span<detail::Operand> operands, detail::ValueBase* output, std::uint32_t slot,
           bool create_graph, BasicTensor<T> g)
        : tape_(tape),
          name_(name),
          operands_(operands),
          output_(output),
          needed_(detail::TapeAccess::needed(tape)),
          slot_(slot),
          create_graph_(create_graph),
          g_(std::move(g)) {}

    /// Gradient arriving at the output; has the output's shape.
    const BasicTensor<T>& g() const { return g_; }
    /// Hands over the gradient's array, to be overwritten; g() is undefined from then on. Null when somebody else holds it, or when it
    /// is being recorded or observed.
    detail::Ref<detail::Value<T>> take_g() {
        if (create_graph_ || detail::TapeAccess::inspector(tape_) || !detail::TensorAccess::value(g_).unique()) return {};
        return detail::TensorAccess::take(g_);
    }
    /// The output. Throws GraphError when the operation's Keep does not keep it.
    BasicTensor<T> y() const;
    /// Input i. Throws GraphError when the operation's Keep does not keep it.
    BasicTensor<T> x(std::size_t i) const;
    /// Shape of input i, kept or not.
    Shape shape(std::size_t i) const;
    bool has_shape(std::size_t i, const Shape& shape) const {
        const detail::Operand& operand = operands_[i];
        return shape.size() == operand.rank && std::equal(shape.begin(), shape.end(), operand.extents);
    }
    std::size_t inputs() const { return operands_.size(); }
    /// Whether the gradient of input i is asked for; give() ignores the others.
    bool wants(std::size_t i) const {
        return operands_[i].slot != detail::no_slot && (!needed_ || needed_[operands_[i].slot]);
    }
    /// The gradient itself is being recorded: a rule with a faster way for plain numbers must not take it now.
    bool recording() const { return create_graph_; }

    /// Adds a contribution to the gradient of input i. Its shape is the input's, or the output's when the input was broadcast:
    /// then it is summed over the broadcast axes here.
    void give(std::size_t i, BasicTensor<T> gradient);

    /// The arrays themselves, for kernels; null when not kept.
    const BasicArray<T>* y_array() const { return array(output_); }
    const BasicArray<T>* x_array(std::size_t i) const { return array(operands_[i].kept); }

private:
    static const BasicArray<T>* array(detail::ValueBase* value) {
        return value ? &static_cast<detail::Value<T>*>(value)->array : nullptr;
    }
    BasicTensor<T> kept(detail::ValueBase* value, std::uint32_t slot, int input) const;

    Tape& tape_;
    const char* name_;
    std::span<detail::Operand> operands_;
    detail::ValueBase* output_;
    const std::uint8_t* needed_;
    std::uint32_t slot_;
    bool create_graph_;
    BasicTensor<T> g_;
};

extern template class Replay<float>;
extern template class Replay<double>;

}  // namespace xtape

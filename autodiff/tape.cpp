#include <xtape/autodiff/tape_storage.hpp>

#include <algorithm>
#include <optional>

namespace xtape {

namespace detail {

constinit thread_local ThreadTapes thread_tapes;

namespace {

// Frees the spare storage when the thread ends; separate, so that the hot path above needs no initialisation guard.
struct SpareOwner {
    bool armed = false;
    ~SpareOwner() {
        while (TapeStorage* storage = thread_tapes.spare) {
            thread_tapes.spare = storage->next;
            delete storage;
        }
    }
};
thread_local SpareOwner spare_owner;

// Ids are unique in the process: 24 bits of thread number, 40 bits of count.
constexpr int id_bits = 40;

std::uint64_t new_id() {
    static std::atomic<std::uint64_t> thread_count{0};
    if (thread_tapes.next_id == 0) {
        thread_tapes.next_id = (thread_count.fetch_add(1, std::memory_order_relaxed) + 1) << id_bits;
        spare_owner.armed = true;
    }
    return ++thread_tapes.next_id;
}

// Room for the gradients of one replay, emptied at its end however it ends. A rule may ask for gradients of its own on the tape that
// replays it: what the outer replay has gathered is then put aside.
class Gathering {
public:
    explicit Gathering(TapeStorage& storage) : storage_(storage), nested_(std::exchange(storage.replaying, true)) {
        if (nested_) exchange();
    }
    ~Gathering() {
        storage_.gradients.clear();
        storage_.needed.clear();
        storage_.replaying = nested_;
        if (nested_) exchange();
    }
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;

private:
    void exchange() {
        gradients_.swap(storage_.gradients);
        needed_.swap(storage_.needed);
    }

    TapeStorage& storage_;
    bool nested_;
    std::vector<Gradient> gradients_;
    std::vector<std::uint8_t> needed_;
};

bool is_leaf_of(const Record& record, const ParameterStateBase& state) {
    return record.parameter() == &state && static_cast<const LeafRecord&>(record).version == state.version;
}

template <class T>
void add_to_parameter(ParameterStateBase& base, Gradient& g) {
    accumulate(static_cast<ParameterState<T>&>(base).grad, Ref<Value<T>>(static_cast<Value<T>*>(g.value.release())));
}

}  // namespace

void* TapeAccess::allocate_slow(Tape& tape, std::size_t bytes) {
    if (bytes > TapeStorage::chunk_bytes / 4) return tape.storage_->large(bytes);
    tape.cursor_ = tape.storage_->next_chunk();
    tape.limit_ = tape.cursor_ + TapeStorage::chunk_bytes;
    return std::exchange(tape.cursor_, tape.cursor_ + bytes);
}

std::uint32_t TapeAccess::push(Tape& tape, Record* record) {
    auto& records = tape.storage_->records;
    if (records.size() >= no_slot) throw GraphError("tape: more than 2^32 - 1 operations on one tape");
    records.push_back(record);
    return static_cast<std::uint32_t>(records.size() - 1);
}

Gradient& TapeAccess::gradient(Tape& tape, std::uint32_t slot) { return tape.storage_->gradients[slot]; }

const std::uint8_t* TapeAccess::needed(const Tape& tape) {
    return tape.storage_->needed.empty() ? nullptr : tape.storage_->needed.data();
}

void TapeAccess::check_foreign(const Tape& tape, std::uint64_t other, const char* operation, Location at) {
    for (const Tape* t = thread_tapes.current; t; t = t->outer_) {
        if (t == &tape || t->id_ != other || t->paused_) continue;
        throw GraphError(std::string(operation) +
                             ": an operand was recorded on an outer tape that is still recording; pause() the outer tape, "
                             "detach() the operand, or use a single tape", at);
    }
}

void TapeAccess::leave(Tape& tape) {
    for (Tape** link = &thread_tapes.current; *link; link = &(*link)->outer_) {
        if (*link != &tape) continue;
        *link = tape.outer_;
        break;
    }
}

Tape* TapeAccess::find(std::uint64_t id) {
    Tape* tape = thread_tapes.current;
    while (tape && tape->id_ != id) tape = tape->outer_;
    return tape;
}

template <class T>
std::uint32_t TapeAccess::leaf(Tape& tape, const std::shared_ptr<ParameterState<T>>& state) {
    TapeStorage& storage = *tape.storage_;
    if (state->leaf_tape.load(std::memory_order_relaxed) == tape.id_) {
        const std::uint32_t slot = state->leaf_slot.load(std::memory_order_relaxed);
        if (slot < storage.records.size() && storage.records[slot] && is_leaf_of(*storage.records[slot], *state)) return slot;
    }
    // An inner tape of this thread, whose id is higher, or another thread's tape may have overwritten the note. When an earlier tape of
    // this thread wrote it last, this tape has not seen the parameter yet.
    const std::uint64_t last = state->leaf_tape.load(std::memory_order_relaxed);
    if (last >= tape.id_ || (last != 0 && last >> id_bits != tape.id_ >> id_bits)) {
        for (const std::uint32_t slot : storage.parameters) {
            if (is_leaf_of(*storage.records[slot], *state)) return slot;
        }
    }
    auto* leaf = new (allocate(tape, sizeof(LeafRecord))) LeafRecord;
    leaf->state = state;
    leaf->version = state->version;
    leaf->add = add_to_parameter<T>;
    const std::uint32_t slot = push(tape, leaf);
    storage.parameters.push_back(slot);
    state->leaf_slot.store(slot, std::memory_order_relaxed);
    state->leaf_tape.store(tape.id_, std::memory_order_relaxed);
    return slot;
}
template std::uint32_t TapeAccess::leaf(Tape&, const std::shared_ptr<ParameterState<float>>&);
template std::uint32_t TapeAccess::leaf(Tape&, const std::shared_ptr<ParameterState<double>>&);

void walk(Tape& tape, std::uint32_t top, std::uint32_t lowest, bool create_graph, bool keep, Location at) {
    TapeStorage& storage = TapeAccess::storage(tape);
    for (std::size_t slot = std::size_t{top} + 1; slot-- > lowest;) {
        if (!storage.gradients[slot].value) continue;
        if (!storage.needed.empty() && !(storage.needed[slot] & on_the_way)) continue;
        Record* record = storage.records[slot];
        if (!record) storage.refuse_freed(static_cast<std::uint32_t>(slot), at);
        if (record->leaf()) continue;
        // gradient() may ask for the gradient of an intermediate tensor, which must then survive its replay.
        if (!storage.needed.empty() && (storage.needed[slot] & asked)) {
            const Gradient answer = storage.gradients[slot];
            record->replay(tape, static_cast<std::uint32_t>(slot), create_graph);
            storage.gradients[slot] = answer;
        } else {
            record->replay(tape, static_cast<std::uint32_t>(slot), create_graph);
        }
        if (!keep) {
            record->~Record();
            storage.records[slot] = nullptr;
        }
    }
}

}  // namespace detail

using detail::TapeAccess;
using detail::TensorAccess;
using detail::thread_tapes;

Tape::Tape() : storage_(thread_tapes.spare), outer_(thread_tapes.current), id_(detail::new_id()) {
    if (storage_) {
        thread_tapes.spare = storage_->next;
    } else {
        storage_ = new detail::TapeStorage;
    }
    thread_tapes.current = this;
}

Tape::~Tape() {
    TapeAccess::leave(*this);
    storage_->clear();
    storage_->next = thread_tapes.spare;
    thread_tapes.spare = storage_;
}

std::size_t Tape::size() const { return storage_->records.size(); }

template <class T>
BasicTensor<T> Tape::watch_leaf(const BasicTensor<T>& x) {
    (void)x.value();
    auto* leaf = new (TapeAccess::allocate(*this, sizeof(detail::LeafRecord))) detail::LeafRecord;
    return TensorAccess::make(TensorAccess::value(x), id_, TapeAccess::push(*this, leaf));
}

template <class T>
void Tape::check_on_tape(const char* who, const BasicTensor<T>& y, const BasicTensor<T>* seed, Location at) const {
    if (!seed && y.size() != 1) {
        throw GraphError(std::string(who) + ": expected a loss with one element, got shape " + to_string(y.shape()) +
                             "; reduce it with sum or mean, or pass a seed of that shape", at);
    }
    if (seed && seed->shape() != y.shape()) {
        throw ShapeError(std::string(who) + ": expected a seed of shape " + to_string(y.shape()) + ", got " +
                             to_string(seed->shape()), at);
    }
    if (TensorAccess::tape(y) != id_) {
        throw GraphError(std::string(who) + ": the tensor is not on this tape: it depends on no parameter and no watched "
                                            "tensor, or it was made on another tape", at);
    }
}

template <class T>
void Tape::replay(const BasicTensor<T>& y, const BasicTensor<T>* seed, bool create_graph, bool keep, std::uint32_t lowest,
                  Location at) {
    // Rules work on plain values then; what else they compute must not be recorded either.
    std::optional<PauseGuard> pause;
    if (!create_graph) pause.emplace(paused_);

    const std::uint32_t top = TensorAccess::slot(y);
    storage_->gradients.resize(std::size_t{top} + 1);

    const BasicTensor<T> first = seed ? *seed : BasicTensor<T>(BasicArray<T>(y.shape(), T(1)));
    const bool seed_recorded = create_graph && TensorAccess::tape(first) == id_;
    storage_->gradients[top] = {detail::share(first),
                                seed_recorded ? TensorAccess::slot(first) : detail::no_slot};

    detail::walk(*this, top, lowest, create_graph, keep, at);
}

void Tape::check_leaves(Location at) const {
    for (const std::uint32_t slot : storage_->parameters) {
        if (slot >= storage_->gradients.size() || !storage_->gradients[slot].value) continue;
        const auto& leaf = static_cast<const detail::LeafRecord&>(*storage_->records[slot]);
        if (!detail::changed(leaf)) continue;
        throw GraphError("backward: parameter \"" + leaf.state->name +
                             "\" was changed after this tape recorded it; call backward before the optimizer's step", at);
    }
}

void Tape::deliver() {
    for (const std::uint32_t slot : storage_->parameters) {
        if (slot >= storage_->gradients.size() || !storage_->gradients[slot].value) continue;
        auto& leaf = static_cast<detail::LeafRecord&>(*storage_->records[slot]);
        leaf.add(*leaf.state, storage_->gradients[slot]);
    }
}

template <class T>
void Tape::run_backward(const BasicTensor<T>& y, const BasicTensor<T>* seed, BackwardOptions options, Location at) {
    check_on_tape<T>("backward", y, seed, at);
    const detail::Gathering gathering(*storage_);
    replay<T>(y, seed, false, options.keep, 0, at);
    check_leaves(at);
    deliver();
}

// Marks the slots whose gradients are asked for or lead down to one of those; returns the lowest one.
template <class T>
std::uint32_t Tape::mark_needed(std::uint32_t top, std::span<const BasicTensor<T>> xs, Location at) {
    auto& needed = storage_->needed;
    needed.assign(std::size_t{top} + 1, 0);
    std::uint32_t lowest = top;
    const auto ask = [&](std::uint32_t slot) {
        if (slot > top) return;
        needed[slot] = detail::asked;
        lowest = std::min(lowest, slot);
    };
    for (const BasicTensor<T>& x : xs) {
        if (TensorAccess::tape(x) != id_) {
            throw GraphError("gradient: asked with respect to a tensor that is not on this tape; watch() it before using it", at);
        }
        ask(TensorAccess::slot(x));
    }
    // A parameter changed since y used it has another leaf now. A gradient that arrives at the old one must be refused, not missed.
    for (const std::uint32_t slot : storage_->parameters) {
        const auto& leaf = static_cast<const detail::LeafRecord&>(*storage_->records[slot]);
        if (slot > top || !detail::changed(leaf)) continue;
        for (const BasicTensor<T>& x : xs) {
            const detail::Record* other = storage_->records[TensorAccess::slot(x)];
            if (other && other->parameter() == leaf.parameter()) ask(slot);
        }
    }
    for (std::size_t slot = std::size_t{lowest} + 1; slot <= top; ++slot) {
        const detail::Record* record = storage_->records[slot];
        if (!record) {  // freed: what it led to is no longer known, so a gradient that reaches it must be an error, not a zero
            needed[slot] |= detail::on_the_way;
            continue;
        }
        for (const detail::Operand& operand : record->operands()) {
            if (operand.slot != detail::no_slot && needed[operand.slot]) needed[slot] |= detail::on_the_way;
        }
    }
    return lowest;
}

template <class T>
std::vector<BasicTensor<T>> Tape::gradients(const BasicTensor<T>& y, const BasicTensor<T>* seed,
                                            std::span<const BasicTensor<T>> xs, GradientOptions options, Location at) {
    check_on_tape<T>("gradient", y, seed, at);
    if (options.create_graph && paused_) {
        throw GraphError("gradient: create_graph asks to record the replay, but this tape is paused", at);
    }
    const std::uint32_t top = TensorAccess::slot(y);
    const detail::Gathering gathering(*storage_);
    const std::uint32_t lowest = mark_needed<T>(top, xs, at);
    replay<T>(y, seed, options.create_graph, options.keep || options.create_graph, lowest, at);
    check_leaves(at);

    std::vector<BasicTensor<T>> answers;
    answers.reserve(xs.size());
    for (const BasicTensor<T>& x : xs) {
        const std::uint32_t slot = TensorAccess::slot(x);
        if (slot > top || !storage_->gradients[slot].value) {
            answers.emplace_back(BasicArray<T>(x.shape(), T(0)));
            continue;
        }
        const detail::Gradient& g = storage_->gradients[slot];
        detail::Ref<detail::ValueBase> value = g.value;
        const bool on_tape = options.create_graph && g.slot != detail::no_slot;
        answers.push_back(TensorAccess::make(detail::Ref<detail::Value<T>>(static_cast<detail::Value<T>*>(value.release())),
                                             on_tape ? id_ : 0, on_tape ? g.slot : detail::no_slot));
    }
    return answers;
}

template void Tape::run_backward(const Tensor&, const Tensor*, BackwardOptions, Location);
template void Tape::run_backward(const Tensor64&, const Tensor64*, BackwardOptions, Location);
template std::vector<Tensor> Tape::gradients(const Tensor&, const Tensor*, std::span<const Tensor>, GradientOptions, Location);
template std::vector<Tensor64> Tape::gradients(const Tensor64&, const Tensor64*, std::span<const Tensor64>, GradientOptions,
                                               Location);
template Tensor Tape::watch_leaf(const Tensor&);
template Tensor64 Tape::watch_leaf(const Tensor64&);

}  // namespace xtape

#include <xtape/autodiff/inspector.hpp>
#include <xtape/autodiff/tape_storage.hpp>

#include <algorithm>

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

bool is_leaf_of(const Record& record, const ParameterStateBase& state) {
    return record.parameter() == &state && static_cast<const LeafRecord&>(record).version == state.version;
}

template <class T>
void add_to_parameter(ParameterStateBase& base, Gradient& g) {
    accumulate(static_cast<ParameterState<T>&>(base).grad, Ref<Value<T>>(static_cast<Value<T>*>(g.value.release())));
}

LeafRecord* make_leaf(Tape& tape, const Shape& shape) {
    auto* extents = static_cast<std::size_t*>(TapeAccess::allocate(tape, shape.size() * sizeof(std::size_t)));
    std::copy(shape.begin(), shape.end(), extents);
    return new (TapeAccess::allocate(tape, sizeof(LeafRecord))) LeafRecord(std::span<const std::size_t>(extents, shape.size()));
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
    const auto slot = static_cast<std::uint32_t>(records.size() - 1);
    if (tape.inspector_) [[unlikely]] {
        tape.inspector_->recorded(*tape.storage_, slot);
    }
    return slot;
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
    LeafRecord* leaf = make_leaf(tape, state->value->array.shape());
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
    // What functional transforms and checkpoints run on tapes of their own belongs to the computation that is being checked.
    if (outer_ && outer_->inspector_ && outer_->inspector_->options().check_finite) inspect({.check_finite = true});
    thread_tapes.current = this;
}

Tape::Tape(TapeOptions options) : Tape() {
    options.check_finite = options.check_finite || this->options().check_finite;
    if (options.check_finite || options.profile) inspect(options);
}

void Tape::inspect(TapeOptions options) {
    delete inspector_;
    inspector_ = nullptr;
    inspector_ = new detail::Inspector(options);
}

TapeOptions Tape::options() const { return inspector_ ? inspector_->options() : TapeOptions{}; }

Tape::~Tape() {
    TapeAccess::leave(*this);
    delete inspector_;
    storage_->clear();
    storage_->next = thread_tapes.spare;
    thread_tapes.spare = storage_;
}

std::size_t Tape::size() const { return storage_->records.size(); }

template <class T>
BasicTensor<T> Tape::watch_leaf(const BasicTensor<T>& x) {
    return TensorAccess::make(TensorAccess::value(x), id_, TapeAccess::push(*this, detail::make_leaf(*this, x.shape())));
}

template Tensor Tape::watch_leaf(const Tensor&);
template Tensor64 Tape::watch_leaf(const Tensor64&);

}  // namespace xtape

// The replay in reverse: backward() and gradient().
#include <xtape/autodiff/inspector.hpp>
#include <xtape/autodiff/tape_storage.hpp>

#include <algorithm>
#include <optional>

namespace xtape {

namespace detail {
namespace {

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

}  // namespace

void walk(Tape& tape, std::uint32_t top, std::uint32_t lowest, bool create_graph, bool keep, Location at) {
    TapeStorage& storage = TapeAccess::storage(tape);
    Inspector* const inspector = TapeAccess::inspector(tape);
    const auto run = [&](Record& record, std::uint32_t slot) {
        if (inspector) [[unlikely]] {
            inspector->replay(tape, record, slot, create_graph);
        } else {
            record.replay(tape, slot, create_graph);
        }
    };
    for (std::size_t slot = std::size_t{top} + 1; slot-- > lowest;) {
        if (!storage.gradients[slot].value) continue;
        if (!storage.needed.empty() && !(storage.needed[slot] & on_the_way)) continue;
        Record* record = storage.records[slot];
        if (!record) storage.refuse_freed(static_cast<std::uint32_t>(slot), at);
        if (record->leaf()) continue;
        // gradient() may ask for the gradient of an intermediate tensor, which must then survive its replay.
        if (!storage.needed.empty() && (storage.needed[slot] & asked)) {
            const Gradient answer = storage.gradients[slot];
            run(*record, static_cast<std::uint32_t>(slot));
            storage.gradients[slot] = answer;
        } else {
            run(*record, static_cast<std::uint32_t>(slot));
        }
        if (!keep) TapeAccess::free_record(tape, slot);
    }
}

void TapeAccess::free_record(Tape& tape, std::size_t slot) {
    Record*& record = tape.storage_->records[slot];
    if (tape.inspector_) [[unlikely]] {
        tape.inspector_->release(*record);
    }
    record->~Record();
    record = nullptr;
}

}  // namespace detail

using detail::TapeAccess;
using detail::TensorAccess;

template <class T>
void Tape::check_on_tape(const char* who, const BasicTensor<T>& y, const BasicTensor<T>* seed, Location at) const {
    if (!seed && y.size() != 1) {
        throw GraphError(std::string(who) + ": expected a loss with one element, got shape " + to_string(y.shape()) +
                             "; reduce it with sum or mean, or pass a seed of that shape",
                         at);
    }
    if (seed && seed->shape() != y.shape()) {
        throw ShapeError(std::string(who) + ": expected a seed of shape " + to_string(y.shape()) + ", got " +
                             to_string(seed->shape()),
                         at);
    }
    if (TensorAccess::tape(y) != id_) {
        throw GraphError(std::string(who) +
                             ": the tensor is not on this tape: it depends on no parameter and no watched "
                             "tensor, or it was made on another tape",
                         at);
    }
}

template <class T>
void Tape::replay(const BasicTensor<T>& y, const BasicTensor<T>* seed, bool create_graph, bool keep,
                  std::uint32_t lowest, Location at) {
    // Rules work on plain values then; what else they compute must not be recorded either.
    std::optional<PauseGuard> pause;
    if (!create_graph) pause.emplace(paused_);

    const std::uint32_t top = TensorAccess::slot(y);
    storage_->gradients.resize(std::size_t{top} + 1);

    BasicTensor<T> first = seed ? *seed : BasicTensor<T>(BasicArray<T>(y.shape(), T(1)));
    const bool seed_recorded = create_graph && TensorAccess::tape(first) == id_;
    const std::uint32_t seed_slot = seed_recorded ? TensorAccess::slot(first) : detail::no_slot;
    storage_->gradients[top] = {TensorAccess::take(first), seed_slot};

    detail::walk(*this, top, lowest, create_graph, keep, at);
}

void Tape::check_leaves(Location at) const {
    for (const std::uint32_t slot : storage_->parameters) {
        if (slot >= storage_->gradients.size() || !storage_->gradients[slot].value) continue;
        const auto& leaf = static_cast<const detail::LeafRecord&>(*storage_->records[slot]);
        if (!detail::changed(leaf)) continue;
        throw GraphError("backward: parameter \"" + leaf.state->name +
                             "\" was changed after this tape recorded it; call backward before the optimizer's step",
                         at);
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
            throw GraphError(
                "gradient: asked with respect to a tensor that is not on this tape; watch() it before using it", at);
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
        answers.push_back(
            TensorAccess::make(detail::Ref<detail::Value<T>>(static_cast<detail::Value<T>*>(value.release())),
                               on_tape ? id_ : 0, on_tape ? g.slot : detail::no_slot));
    }
    return answers;
}

template void Tape::run_backward(const Tensor&, const Tensor*, BackwardOptions, Location);
template void Tape::run_backward(const Tensor64&, const Tensor64*, BackwardOptions, Location);
template std::vector<Tensor> Tape::gradients(const Tensor&, const Tensor*, std::span<const Tensor>, GradientOptions,
                                             Location);
template std::vector<Tensor64> Tape::gradients(const Tensor64&, const Tensor64*, std::span<const Tensor64>,
                                               GradientOptions, Location);

}  // namespace xtape

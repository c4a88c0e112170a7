// Tape: the scope in which operations are recorded, and their replay in reverse.
//
// Invariants
//  1. The innermost live tape of a thread records; a tape lives and dies on one thread, like the scope it is.
//  2. Records stand in execution order, so an operand's slot is always smaller than its result's: backward is one downward walk.
//     No recursion, no sorting, no visited set.
//  3. A record owns what its rule needs (kept inputs or output) and nothing else; it is freed as soon as it has been replayed.
//  4. Broadcasting is undone, and contributions are added up, here and nowhere else.
#pragma once

#include <xtape/autodiff/inspect.hpp>
#include <xtape/autodiff/parameter.hpp>

#include <initializer_list>
#include <span>
#include <vector>

namespace xtape {

/// What a tape observes besides recording. Neither mode changes a bit of any value or gradient; a tape without them pays nothing.
struct TapeOptions {
    /// AnomalyError from the first operation that makes a NaN out of operands without one, or an infinity out of finite operands, and
    /// from the first backward rule that does so to a gradient. The message names the operation, its record, the element, shape and
    /// range of everything involved, the layer, and the line of the user's call. Tapes begun while such a tape lives check too.
    bool check_finite = false;
    /// Time, bytes moved and floating point operations of everything that runs while the tape records; see summary().
    bool profile = false;
};

struct BackwardOptions {
    bool keep = false;  ///< keep the records, so that they can be replayed again
};

struct GradientOptions {
    bool create_graph = false;  ///< record the replay on the same tape, so that gradients can be differentiated (implies keep)
    bool keep = false;          ///< keep the records, so that they can be replayed again
};

namespace detail {
class Inspector;
class Record;
struct TapeStorage;
struct TapeAccess;

/// This thread's tapes; in a header so that asking "is anybody recording?" is one load.
struct ThreadTapes {
    Tape* current = nullptr;         // innermost live tape
    TapeStorage* spare = nullptr;    // memory of tapes that have ended
    std::uint64_t next_id = 0;
};
extern constinit thread_local ThreadTapes thread_tapes;
}  // namespace detail

/// Stops recording on a tape until it goes out of scope: operations on the tape's tensors then yield plain values.
class [[nodiscard]] PauseGuard {
public:
    explicit PauseGuard(bool& paused) : paused_(paused), before_(std::exchange(paused, true)) {}
    ~PauseGuard() { paused_ = before_; }
    PauseGuard(const PauseGuard&) = delete;
    PauseGuard& operator=(const PauseGuard&) = delete;

private:
    bool& paused_;
    bool before_;
};

class Tape {
public:
    Tape();
    /// `Tape tape{{.check_finite = true}};`
    explicit Tape(TapeOptions options);
    ~Tape();
    Tape(const Tape&) = delete;
    Tape& operator=(const Tape&) = delete;

    /// A tensor with the same value, as a leaf of this tape: gradients with respect to it can be asked for.
    Tensor watch(const Tensor& x) { return watch_leaf(x); }
    Tensor64 watch(const Tensor64& x) { return watch_leaf(x); }

    /// Adds d loss / d p to the gradient of every parameter p that the loss depends on, and frees the records it replays.
    /// The loss must have one element (GraphError); for others pass a seed of the loss's shape, the gradient arriving at it.
    /// GraphError when the loss is not on this tape, when a record was replayed before without `keep`, or when a parameter was
    /// changed after it was recorded (then no gradient is delivered at all).
    template <class T>
    void backward(const BasicTensor<T>& loss, BackwardOptions options = {}, Location at = Location::current()) {
        run_backward<T>(loss, nullptr, options, at);
    }
    template <class T>
    void backward(const BasicTensor<T>& y, const std::type_identity_t<BasicTensor<T>>& seed, BackwardOptions options = {},
                  Location at = Location::current()) {
        run_backward<T>(y, &seed, options, at);
    }

    /// d y / d x for tensors watched or computed on this tape, or parameters; y must have one element (else pass a seed to
    /// vjp). A tensor that y does not depend on gets zeros. Errors as for backward. Parameters' own gradients are left alone.
    template <class T>
    BasicTensor<T> gradient(const BasicTensor<T>& y, const std::type_identity_t<BasicTensor<T>>& x,
                            GradientOptions options = {}, Location at = Location::current()) {
        return std::move(gradients<T>(y, nullptr, std::span(&x, 1), options, at)[0]);
    }
    template <class T>
    std::vector<BasicTensor<T>> gradient(const BasicTensor<T>& y, std::initializer_list<std::type_identity_t<BasicTensor<T>>> xs,
                                         GradientOptions options = {}, Location at = Location::current()) {
        return gradients<T>(y, nullptr, std::span(xs.begin(), xs.size()), options, at);
    }
    /// The general form: any number of tensors, and the gradient arriving at y (y's shape) when y is not a scalar; null is 1.
    template <class T>
    std::vector<BasicTensor<T>> gradients(const BasicTensor<T>& y, const BasicTensor<T>* seed,
                                          std::span<const BasicTensor<T>> xs, GradientOptions options = {},
                                          Location at = Location::current());

    /// `auto guard = tape.pause();`
    PauseGuard pause() { return PauseGuard(paused_); }
    bool recording() const { return !paused_; }

    /// Records made so far, leaves included.
    std::size_t size() const;

    TapeOptions options() const;

    /// Operations by name: how often, elements, bytes kept for backward; with `profile` also time, bytes moved and GFLOP/s. With either
    /// mode on it covers all that the tape has run, also after backward has freed the records; otherwise the records that are left.
    TapeSummary summary() const;

    /// The record as Graphviz text, for `dot -Tsvg`: operations with the shapes of their results, parameters by name, watched tensors.
    std::string dot(DotOptions options = {}) const;

    /// The innermost live tape of this thread, or null.
    static Tape* current() { return detail::thread_tapes.current; }

private:
    friend struct detail::TapeAccess;

    template <class T>
    BasicTensor<T> watch_leaf(const BasicTensor<T>& x);
    template <class T>
    void replay(const BasicTensor<T>& y, const BasicTensor<T>* seed, bool create_graph, bool keep, std::uint32_t lowest,
                Location at);
    template <class T>
    std::uint32_t mark_needed(std::uint32_t top, std::span<const BasicTensor<T>> xs, Location at);
    template <class T>
    void check_on_tape(const char* who, const BasicTensor<T>& y, const BasicTensor<T>* seed, Location at) const;
    template <class T>
    void run_backward(const BasicTensor<T>& y, const BasicTensor<T>* seed, BackwardOptions options, Location at);
    void check_leaves(Location at) const;
    void deliver();
    void inspect(TapeOptions options);

    detail::TapeStorage* storage_;
    detail::Inspector* inspector_ = nullptr;    // null: nothing is observed
    Tape* outer_;
    std::uint64_t id_;
    std::byte* cursor_ = nullptr;    // free part of the current chunk of record memory
    std::byte* limit_ = nullptr;
    bool paused_ = false;
};

/// The same value, cut off from every tape.
template <class T>
BasicTensor<T> detach(const BasicTensor<T>& x) {
    return detail::TensorAccess::make(detail::TensorAccess::value(x));
}

}  // namespace xtape

// The observer of a tape whose modes are on. For the engine's own sources; operations reach it through record.hpp.
#pragma once

#include <xtape/autodiff/anomaly.hpp>
#include <xtape/autodiff/layer_scope.hpp>
#include <xtape/autodiff/tape_storage.hpp>

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace xtape::detail {

/// Which arrays records keep, each counted once, with the first operation that keeps it.
class Ledger {
public:
    /// The row of a kind of operation.
    std::uint32_t row(const char* name);
    void keep(std::uint32_t row, const Record& record, const TapeStorage& storage);
    void release(const Record& record);

    std::vector<OperationSummary> rows;
    std::size_t live = 0, peak = 0, parameters = 0;  // bytes
    double multiply_adds = 0;                        // see multiply_adds()

private:
    struct Holding {
        std::uint32_t records = 0;  // how many keep it
        std::size_t bytes = 0;
        bool parameter = false;
    };

    std::map<std::string, std::uint32_t, std::less<>> rows_;
    std::unordered_map<const ValueBase*, Holding> held_;
};

class Inspector {
public:
    explicit Inspector(TapeOptions options) : options_(options) {}

    TapeOptions options() const { return options_; }
    const Ledger& ledger() const { return ledger_; }

    /// Nanoseconds, not counting what was spent on observing or belongs to an operation inside another.
    std::int64_t clock() const;
    /// A rule is running; of what it runs in turn only the gradients that it gives count.
    bool replaying() const { return !replays_.empty() && !replays_.back().forward; }

    /// A record was pushed.
    void recorded(const TapeStorage& storage, std::uint32_t slot);
    template <class T>
    void ran(Tape& tape, const RecordView& operation, std::span<const BasicTensor<T>* const> x, const BasicTensor<T>& y,
             std::int64_t start, Location at);
    template <class T>
    void given(Tape& tape, std::uint32_t slot, std::size_t i, const BasicTensor<T>& arrived,
               const BasicTensor<T>& gradient, const Ref<ValueBase>& before);
    template <class T>
    void summed(Tape& tape, std::uint32_t slot, std::size_t i, const Value<T>& total);

    /// Replays a record, observed.
    void replay(Tape& tape, Record& record, std::uint32_t slot, bool create_graph);
    /// Must be called before a record is freed.
    void release(const Record& record) { ledger_.release(record); }

private:
    static constexpr std::uint32_t nowhere = 0xffffffffu;

    // What is known of a record besides the record itself.
    struct Note {
        std::uint32_t row = nowhere;  // nowhere: a leaf
        Location at;
        std::shared_ptr<const Layer> layer;
    };
    struct ReplayFrame {
        std::uint32_t slot;
        std::size_t given_bytes = 0;
        Ref<ValueBase> before, gradient;  // of the sum under way, when both are finite
        bool forward = false;
    };
    friend class ForwardAgain;
    class Aside;

    template <class T>
    void check_forward(const RecordView& operation, std::span<const BasicTensor<T>* const> x, const BasicTensor<T>& y,
                       std::uint32_t slot, Location at) const;
    void check_backward(const Record& record, std::uint32_t slot, const std::string& what, const char* causes,
                        const std::vector<Exhibit>& exhibits) const;
    std::string record_text(std::uint32_t slot, bool located) const;

    TapeOptions options_;
    Ledger ledger_;
    std::vector<Note> notes_;  // by slot
    std::vector<ReplayFrame> replays_;
    std::int64_t aside_ = 0;
};

/// Multiplications with an addition each, in what a profiled tape has run forward: half of the floating point operations
/// of the operations of two inputs that state theirs (products of matrices, convolutions, einsum). A bias, a third
/// input, is not counted.
double multiply_adds(const Tape& tape);

/// Shape of a record's result.
Shape result_shape(const Record& record);

/// While one lives, what the rule under way runs is the user's forward once more, and is observed as such.
class ForwardAgain {
public:
    explicit ForwardAgain(const Tape& tape) : inspector_(TapeAccess::inspector(tape)) { set(true); }
    ~ForwardAgain() { set(false); }
    ForwardAgain(const ForwardAgain&) = delete;
    ForwardAgain& operator=(const ForwardAgain&) = delete;

private:
    void set(bool on) {
        if (inspector_) inspector_->replays_.back().forward = on;
    }

    Inspector* inspector_;
};

}  // namespace xtape::detail

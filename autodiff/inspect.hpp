// What a tape tells about itself: Tape::summary() and Tape::dot().
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace xtape {

/// All operations of one name.
struct OperationSummary {
    std::string name;
    std::size_t count = 0;     ///< times it ran while the tape recorded; without a mode, its records that are left
    std::size_t elements = 0;  ///< of its results
    std::size_t kept_bytes =
        0;  ///< kept for its backward, where no earlier record keeps the same array and it is no parameter's
    std::size_t shared_bytes = 0;  ///< kept for its backward too, and counted where they were kept first
    // The rest is 0 unless profiling is on.
    std::size_t replays = 0;      ///< times its backward rule ran
    double forward_seconds = 0;   ///< wall time of computing and recording the results
    double backward_seconds = 0;  ///< wall time of its rule, of undoing broadcasts and of adding up what it gave
    double moved_bytes = 0;       ///< forward: operands and result; backward: gradient, kept arrays and gradients given
    double flops = 0;             ///< floating point operations of the forward, as the operation states them

    double seconds() const { return forward_seconds + backward_seconds; }
    double gigabytes_per_second() const { return seconds() > 0 ? moved_bytes / seconds() * 1e-9 : 0; }
    double gigaflops() const { return forward_seconds > 0 ? flops / forward_seconds * 1e-9 : 0; }  ///< of the forward
};

struct TapeSummary {
    std::vector<OperationSummary> operations;  ///< dearest first: by time when it was measured, else by bytes kept
    bool observed = false;  ///< one of the tape's modes is on: what was freed is counted too, and the peak is known
    bool profiled = false;

    std::size_t records = 0;     ///< operations that stand on the tape now
    std::size_t freed = 0;       ///< operations replayed and freed
    std::size_t parameters = 0;  ///< leaves that are parameters
    std::size_t watched = 0;     ///< leaves that are watched tensors

    std::size_t live_bytes = 0;       ///< arrays kept for backward now, each once, parameters' not counted
    std::size_t peak_bytes = 0;       ///< most that live_bytes has been; unless observed, what it is
    std::size_t parameter_bytes = 0;  ///< arrays of parameters that records refer to now
    std::size_t record_bytes = 0;     ///< memory of the records themselves

    /// Sums over all operations.
    OperationSummary total() const;
    /// Bytes kept by operation, dearest first, and what is live; plain text of at most 100 columns that ends in a newline.
    std::string memory_table() const;
    /// Time, bytes moved and GFLOP/s by operation, dearest first; all zero unless profiled.
    std::string time_table() const;
};

/// The memory table, and before it the time table when time was measured.
std::string to_string(const TapeSummary& summary);
std::ostream& operator<<(std::ostream& out, const TapeSummary& summary);

struct DotOptions {
    std::size_t max_nodes = 300;  ///< records drawn, from the first; a note says how many are not
};

}  // namespace xtape

// The only seam to threads: nothing else in xtape names TBB or std::thread.
//
// Work is cut into blocks by its size alone, never by the number of threads, and results of blocks are combined in
// block order; so the same bits come out on any number of threads. Every region runs isolated: a thread waiting at its
// end never picks up outer work, which could record on the wrong tape.
#pragma once

#include <xtape/autodiff/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace xtape {

/// Number of threads xtape uses, the caller included; at least 1. Starts as XTAPE_THREADS, or else the number of cores.
std::size_t threads();

/// Sets it for the whole process; may exceed the number of cores. Not to be called from inside a parallel region.
/// Throws ConfigError for 0 or more than 1024.
void set_threads(std::size_t count);

namespace detail {
/// A non-owning reference to a callable void(std::size_t block).
class BlockFunction {
public:
    // Without the condition a copy of a non-const BlockFunction would be a reference to it.
    template <class F>
    requires(!std::is_same_v<F, BlockFunction>) explicit BlockFunction(F& f)
        : object_(const_cast<void*>(static_cast<const void*>(&f))),
          call_([](void* object, std::size_t block) { (*static_cast<F*>(object))(block); }) {}
    void operator()(std::size_t block) const { call_(object_, block); }

private:
    void* object_;
    void (*call_)(void*, std::size_t);
};

/// Calls f(0), ..., f(blocks - 1), each once, in any order, on up to threads() threads; returns when all are done.
/// The first exception a block throws reaches the caller with its type; blocks not yet begun are then skipped.
void run_blocks(std::size_t blocks, BlockFunction f);
}  // namespace detail

/// f(begin, end) over [0, n) in blocks of `grain` (the last may be shorter; 0 counts as 1). Runs inline when there is
/// only one block.
template <class F>
void parallel_for(std::size_t n, std::size_t grain, F&& f) {
    if (n == 0) return;
    grain = std::max<std::size_t>(grain, 1);
    if (n <= grain) return f(std::size_t{0}, n);
    auto block = [&](std::size_t b) { f(b * grain, std::min(n, (b + 1) * grain)); };
    detail::run_blocks((n - 1) / grain + 1, detail::BlockFunction(block));
}

/// combine(...combine(combine(first, f(block 0)), f(block 1))...) over blocks of `grain`, always in block order.
template <class R, class F, class Combine>
R parallel_reduce(std::size_t n, std::size_t grain, R first, F&& f, Combine&& combine) {
    if (n == 0) return first;
    grain = std::max<std::size_t>(grain, 1);
    if (n <= grain) return combine(first, f(std::size_t{0}, n));
    struct Part {
        R value;  // in a struct, because the elements of a vector<bool> share words and cannot be written side by side
    };
    std::vector<Part, PoolAllocator<Part>> parts((n - 1) / grain + 1, Part{first});
    auto block = [&](std::size_t b) { parts[b].value = f(b * grain, std::min(n, (b + 1) * grain)); };
    detail::run_blocks(parts.size(), detail::BlockFunction(block));
    for (const Part& part : parts) first = combine(first, part.value);
    return first;
}

}  // namespace xtape

// The memory pool behind every array, kept value and tape chunk.
//
// Blocks are 64-byte aligned and rounded up to whole 64-byte lines, so a SIMD register may be loaded from or stored to
// the line that holds an array's last element: the bytes behind it belong to the block and start as zero. Freed blocks
// wait in a per-thread cache, overflow into a process-wide one, and are handed out again: from the second training step
// on nothing reaches the system allocator. Thread-safe; a block may be freed on another thread.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace xtape {

inline constexpr std::size_t memory_alignment = 64;

/// Bytes the pool holds now, summed over all threads.
struct MemoryStats {
    std::size_t in_use = 0;              ///< bytes handed out (rounded up to the pool's block sizes)
    std::size_t cached = 0;              ///< bytes freed and kept for the next request
    std::size_t peak_reserved = 0;       ///< largest in_use + cached ever held from the system
    std::size_t system_allocations = 0;  ///< calls that had to ask the system since the program started
};

MemoryStats memory_stats();

/// Gives the cached blocks that this thread or the process-wide cache holds back to the system. Blocks of up to 4 KiB
/// are cut from 64 KiB slabs and stay.
void trim_memory();

namespace detail {
/// A block of at least `bytes` bytes, 64-byte aligned; the 64-byte line that holds its last byte is zero. 0 bytes get a
/// line too. Throws std::bad_alloc.
void* pool_allocate(std::size_t bytes);
/// Returns a block, on any thread; `bytes` is what was asked for. Null is ignored.
void pool_deallocate(void* block, std::size_t bytes) noexcept;
}  // namespace detail

/// Standard allocator on the pool. Stateless: all instances are equal.
template <class T>
struct PoolAllocator {
    using value_type = T;

    PoolAllocator() noexcept = default;
    template <class U>
    PoolAllocator(const PoolAllocator<U>&) noexcept {}

    T* allocate(std::size_t n) {
        if (n > std::numeric_limits<std::size_t>::max() / sizeof(T) / 2) throw std::bad_array_new_length();
        return static_cast<T*>(detail::pool_allocate(n * sizeof(T)));
    }
    void deallocate(T* block, std::size_t n) noexcept { detail::pool_deallocate(block, n * sizeof(T)); }

    friend bool operator==(const PoolAllocator&, const PoolAllocator&) noexcept { return true; }
};

}  // namespace xtape

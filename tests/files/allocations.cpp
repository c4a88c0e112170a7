#include "files/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t asked = 0;
constinit std::atomic<std::size_t> calls{0};
}  // namespace

std::size_t support::bytes_asked() { return asked; }
std::size_t support::allocations() { return calls.load(std::memory_order_relaxed); }

// These two replace those of the standard library in the whole program; its other forms call them.
void* operator new(std::size_t size) {
    asked += size;
    calls.fetch_add(1, std::memory_order_relaxed);
    if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

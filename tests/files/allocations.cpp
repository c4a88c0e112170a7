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

// These replace those of the standard library in the whole program, whose other forms call them. The one without exceptions is here since
// AddressSanitizer has its own, and would miss the block that is freed below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    asked += size;
    calls.fetch_add(1, std::memory_order_relaxed);
    return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
    if (void* block = operator new(size, std::nothrow)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

#include "files/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t asked = 0;
}

std::size_t support::bytes_asked() { return asked; }

// These two replace those of the standard library in the whole program; its other forms call them.
void* operator new(std::size_t size) {
    asked += size;
    if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

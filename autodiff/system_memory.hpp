// What the memory pool asks of the system, and of AddressSanitizer. Private to memory.cpp.
#pragma once

#include <xtape/autodiff/memory.hpp>

#include <cstddef>
#include <cstdlib>

#ifdef __linux__
#include <sys/mman.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define XTAPE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XTAPE_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef XTAPE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace xtape::detail {

#ifdef XTAPE_ADDRESS_SANITIZER
// The links of a cached block lie in front of it, because the block itself is poisoned, and the leak checker follows no
// link that lies in poisoned memory. Every block is a system block of its own, so that red zones surround it.
inline constexpr std::size_t header_bytes = memory_alignment;
inline constexpr std::size_t largest_in_slab = 0;
inline void open_block(void* block, std::size_t bytes) { ASAN_UNPOISON_MEMORY_REGION(block, bytes); }
inline void close_block(void* block, std::size_t bytes) {
    static_cast<void>(*static_cast<volatile char*>(block));  // reports a block that is freed twice
    ASAN_POISON_MEMORY_REGION(static_cast<std::byte*>(block) - header_bytes / 2, bytes + header_bytes / 2);
}
#else
inline constexpr std::size_t header_bytes = 0;
inline constexpr std::size_t largest_in_slab = 4096;
inline void open_block(void*, std::size_t) {}
inline void close_block(void*, std::size_t) {}
#endif

/// Memory from the system, for std::free; null when it has none. Large blocks ask for large pages, which take half the time to
/// touch first.
inline void* system_block(std::size_t bytes) {
#if defined(MADV_HUGEPAGE) && !defined(XTAPE_ADDRESS_SANITIZER)
    constexpr std::size_t large_page = std::size_t{2} << 20;
    if (bytes >= 2 * large_page) {
        // std::aligned_alloc wants whole pages, and a program with AddressSanitizer insists on it, though this library is without.
        void* memory = nullptr;
        if (posix_memalign(&memory, large_page, bytes) != 0) return nullptr;
        // Whole pages only, so that nothing becomes resident that was not asked for; a refusal changes nothing.
        static_cast<void>(madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
        return memory;
    }
#endif
    return std::aligned_alloc(memory_alignment, bytes + header_bytes);
}

}  // namespace xtape::detail

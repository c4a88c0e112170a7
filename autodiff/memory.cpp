#include <xtape/autodiff/memory.hpp>
#include <xtape/autodiff/system_memory.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

// How a block travels
// 1. Each thread keeps, for each size class, two magazines: `head`, from which it takes and to which it adds, and
//    `spare`, which is empty or full. Only when both are empty (or both full) does it meet the process-wide cache, with
//    one whole magazine and in constant time. So a thread that allocates and frees in turn never takes the lock,
//    wherever its level stands.
// 2. The process-wide cache is a list of batches for each class. It has no bound: what was once in use fits into the
//    caches again, and that is why a training step that repeats itself never asks the system.
// 3. The thread's cache is reached through a plain pointer without a guard. Before the first block and after the thread's
//    end it points to a cache without blocks and without room: both paths then fall into their slow branch by themselves.
//    A separate object empties and frees the cache at thread exit; later frees still work.

namespace xtape {
namespace {

using namespace detail;

constexpr std::size_t slab_bytes = std::size_t{64} * 1024;

// Size classes: 64, 128, ..., 1024, then four in each doubling: 1280, 1536, 1792, 2048, 2560, ..., 256 MiB.
constexpr std::size_t fine_limit = 1024;
constexpr std::size_t fine_classes = fine_limit / memory_alignment;
constexpr std::size_t largest_pooled = std::size_t{256} << 20;
constexpr std::size_t class_count = fine_classes + 4 * (std::bit_width(largest_pooled) - std::bit_width(fine_limit));

// No address space is larger, and sanitizers end the program when the system is asked for more.
constexpr std::size_t largest_request = std::size_t{1} << 47;

constexpr std::size_t class_of(std::size_t bytes) {
    if (bytes <= fine_limit) return bytes == 0 ? 0 : (bytes - 1) / memory_alignment;
    const auto power = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
    return fine_classes + 4 * (power - 10) + (((bytes - 1) >> (power - 2)) & 3);
}

constexpr std::size_t class_bytes(std::size_t index) {
    if (index < fine_classes) return (index + 1) * memory_alignment;
    const std::size_t power = 10 + (index - fine_classes) / 4;
    return (5 + (index - fine_classes) % 4) << (power - 2);
}

constexpr bool classes_agree() {
    for (std::size_t i = 0; i < class_count; ++i) {
        if (class_of(class_bytes(i)) != i || class_bytes(i) % memory_alignment != 0) return false;
        if (i > 0 && class_of(class_bytes(i - 1) + 1) != i) return false;
    }
    return class_bytes(class_count - 1) == largest_pooled;
}
static_assert(classes_agree());

// Blocks in a magazine: 256, or fewer where that exceeds 8 MiB. Above 4 MiB a lock costs nothing next to the work on
// the block, and memory that no other thread can reach costs much: those blocks go to the process-wide cache at once.
constexpr std::uint32_t magazine_blocks(std::size_t bytes) {
    if (bytes > std::size_t{4} << 20) return 0;
    return static_cast<std::uint32_t>(std::clamp<std::size_t>((std::size_t{8} << 20) / bytes, 2, 256));
}

constexpr auto magazine_table = [] {
    std::array<std::uint32_t, class_count> table{};
    for (std::size_t i = 0; i < class_count; ++i) table[i] = magazine_blocks(class_bytes(i));
    return table;
}();

/// A block while it is cached. Batch fields are valid in the first block of a batch only.
struct FreeBlock {
    FreeBlock* next;
    FreeBlock* next_batch;
    std::uint32_t blocks_in_batch;
};
static_assert(sizeof(FreeBlock) <= memory_alignment / 2);

void* to_user(FreeBlock* block) { return reinterpret_cast<std::byte*>(block) + header_bytes; }
FreeBlock* to_cached(void* block) { return ::new (static_cast<std::byte*>(block) - header_bytes) FreeBlock; }

/// A number that its own thread writes and memory_stats() reads: never a read-modify-write instruction.
class Count {
public:
    std::uint32_t get() const { return value_.load(std::memory_order_relaxed); }
    void set(std::uint32_t value) { value_.store(value, std::memory_order_relaxed); }

private:
    std::atomic<std::uint32_t> value_{0};
};

struct Magazines {
    FreeBlock* head = nullptr;
    FreeBlock* spare = nullptr;
    Count room;          ///< blocks that still fit into head
    Count spare_blocks;  ///< 0 or a full magazine
};

struct alignas(memory_alignment) ThreadCache {
    enum class Phase { fresh, attached, gone };
    std::array<Magazines, class_count> classes;
    ThreadCache* previous = nullptr;
    ThreadCache* following = nullptr;
    Phase phase = Phase::fresh;
};

/// Of threads that have none, or none any more. Never written to.
constinit ThreadCache fresh_cache;
constinit ThreadCache gone_cache{.classes = {}, .phase = ThreadCache::Phase::gone};

/// Only a pointer: where the library is shared and loaded by a plugin, little thread-local memory of the fast kind is left.
constinit thread_local ThreadCache* this_cache = &fresh_cache;

struct CentralClass {
    FreeBlock* batches = nullptr;
    std::size_t blocks = 0;
};

/// Everything that threads share, behind one mutex. Trivially destructible: arrays in statics are freed after main.
struct Central {
    std::mutex mutex;
    std::array<CentralClass, class_count> classes;
    ThreadCache* caches = nullptr;
    std::size_t reserved = 0;
    std::size_t peak_reserved = 0;
    std::size_t system_allocations = 0;
};

constinit Central central;
static_assert(std::is_trivially_destructible_v<Central> && std::is_trivially_destructible_v<ThreadCache>);

/// The mutex must be held.
void push_batch(std::size_t index, FreeBlock* first, std::uint32_t blocks) {
    CentralClass& shared = central.classes[index];
    first->next_batch = shared.batches;
    first->blocks_in_batch = blocks;
    shared.batches = first;
    shared.blocks += blocks;
}

/// The mutex must be held. Null when there is none.
FreeBlock* pop_batch(std::size_t index) {
    CentralClass& shared = central.classes[index];
    FreeBlock* first = shared.batches;
    if (first == nullptr) return nullptr;
    shared.batches = first->next_batch;
    shared.blocks -= first->blocks_in_batch;
    return first;
}

void give_batch(std::size_t index, FreeBlock* first, std::uint32_t blocks) {
    const std::scoped_lock lock(central.mutex);
    push_batch(index, first, blocks);
}

void* ask_system(std::size_t bytes) {
    void* memory = system_block(bytes);
    if (memory == nullptr) {
        trim_memory();
        memory = system_block(bytes);
        if (memory == nullptr) throw std::bad_alloc();
    }
    const std::scoped_lock lock(central.mutex);
    central.reserved += bytes;
    central.peak_reserved = std::max(central.peak_reserved, central.reserved);
    ++central.system_allocations;
    return memory;
}

/// Cuts a new slab into batches, keeps all but one for everybody and returns that one.
FreeBlock* carve_slab(std::size_t index) {
    const std::size_t size = class_bytes(index);
    const std::size_t blocks = slab_bytes / size;
    auto* slab = static_cast<std::byte*>(ask_system(blocks * size));
    const auto block_at = [&](std::size_t i) { return reinterpret_cast<FreeBlock*>(slab + i * size); };
    const std::scoped_lock lock(central.mutex);
    for (std::size_t begin = 0; begin < blocks; begin += magazine_table[index]) {
        const std::size_t end = std::min<std::size_t>(blocks, begin + magazine_table[index]);
        for (std::size_t i = begin; i < end; ++i)
            ::new (block_at(i)) FreeBlock{i + 1 < end ? block_at(i + 1) : nullptr, nullptr, 0};
        push_batch(index, block_at(begin), static_cast<std::uint32_t>(end - begin));
    }
    return pop_batch(index);
}

/// A batch of at least one block, from the process-wide cache or else from the system.
FreeBlock* take_batch(std::size_t index) {
    {
        const std::scoped_lock lock(central.mutex);
        if (FreeBlock* batch = pop_batch(index)) return batch;
    }
    const std::size_t size = class_bytes(index);
    if (size <= largest_in_slab) return carve_slab(index);
    void* memory = ask_system(size);
    close_block(static_cast<std::byte*>(memory) + header_bytes, size);
    return ::new (memory) FreeBlock{nullptr, nullptr, 1};
}

/// Hands all blocks of a thread's cache to everybody; the magazines are empty afterwards.
void empty_cache(ThreadCache& cache) {
    const std::scoped_lock lock(central.mutex);
    for (std::size_t i = 0; i < class_count; ++i) {
        Magazines& own = cache.classes[i];
        if (own.head != nullptr) push_batch(i, own.head, magazine_table[i] - own.room.get());
        if (own.spare != nullptr) push_batch(i, own.spare, own.spare_blocks.get());
        own.head = own.spare = nullptr;
        own.room.set(magazine_table[i]);
        own.spare_blocks.set(0);
    }
}

struct Detacher {
    void touch() {}
    ~Detacher() {
        ThreadCache* const cache = std::exchange(this_cache, &gone_cache);
        empty_cache(*cache);
        {
            const std::scoped_lock lock(central.mutex);
            (cache->previous == nullptr ? central.caches : cache->previous->following) = cache->following;
            if (cache->following != nullptr) cache->following->previous = cache->previous;
        }
        delete cache;
    }
};
thread_local Detacher detacher;

/// A cache for a thread that has none yet; without memory for one, the cache of threads that have none any more.
ThreadCache& attach() {
    auto* const cache = new (std::nothrow) ThreadCache;
    if (cache == nullptr) return gone_cache;
    for (std::size_t i = 0; i < class_count; ++i) cache->classes[i].room.set(magazine_table[i]);
    cache->phase = ThreadCache::Phase::attached;
    this_cache = cache;
    detacher.touch();
    const std::scoped_lock lock(central.mutex);
    cache->following = central.caches;
    if (cache->following != nullptr) cache->following->previous = cache;
    central.caches = cache;
    return *cache;
}

/// A block when `head` is empty.
[[gnu::noinline]] FreeBlock* allocate_slowly(std::size_t index) {
    ThreadCache& cache = this_cache->phase == ThreadCache::Phase::fresh ? attach() : *this_cache;
    Magazines& own = cache.classes[index];
    FreeBlock* block = own.spare;
    std::uint32_t blocks = own.spare_blocks.get();
    if (block != nullptr) {
        own.spare = nullptr;
        own.spare_blocks.set(0);
    } else {
        block = take_batch(index);
        blocks = block->blocks_in_batch;
    }
    FreeBlock* rest = block->next;
    if (rest == nullptr) return block;
    if (cache.phase == ThreadCache::Phase::attached) {
        own.head = rest;
        own.room.set(magazine_table[index] - (blocks - 1));
    } else {
        give_batch(index, rest, blocks - 1);
    }
    return block;
}

/// Takes a block for which `head` has no room.
[[gnu::noinline]] void deallocate_slowly(std::size_t index, FreeBlock* block) {
    ThreadCache& cache = this_cache->phase == ThreadCache::Phase::fresh ? attach() : *this_cache;
    const std::uint32_t magazine = magazine_table[index];
    Magazines& own = cache.classes[index];
    block->next = nullptr;
    if (cache.phase == ThreadCache::Phase::gone || magazine == 0) return give_batch(index, block, 1);
    if (own.room.get() == 0) {
        if (own.spare != nullptr) give_batch(index, own.spare, magazine);
        own.spare = own.head;
        own.spare_blocks.set(magazine);
        own.head = nullptr;
        own.room.set(magazine);
    }
    block->next = own.head;
    own.head = block;
    own.room.set(own.room.get() - 1);
}

std::size_t whole_lines(std::size_t bytes) {
    return bytes == 0 ? memory_alignment : (bytes + memory_alignment - 1) / memory_alignment * memory_alignment;
}

}  // namespace

namespace detail {

void* pool_allocate(std::size_t bytes) {
    if (bytes > largest_request) throw std::bad_alloc();
    FreeBlock* block;
    if (bytes > largest_pooled) [[unlikely]] {
        block = static_cast<FreeBlock*>(ask_system(whole_lines(bytes)));
    } else {
        const std::size_t index = class_of(bytes);
        Magazines& own = this_cache->classes[index];
        block = own.head;
        if (block != nullptr) [[likely]] {
            own.head = block->next;
            own.room.set(own.room.get() + 1);
        } else {
            block = allocate_slowly(index);
        }
    }
    auto* user = static_cast<std::byte*>(to_user(block));
    const std::size_t lines = whole_lines(bytes);
    open_block(user, lines);
    std::memset(user + lines - memory_alignment, 0, memory_alignment);
    return user;
}

void pool_deallocate(void* user, std::size_t bytes) noexcept {
    if (user == nullptr) return;
    FreeBlock* block = to_cached(user);
    if (bytes > largest_pooled) [[unlikely]] {
        std::free(block);
        const std::scoped_lock lock(central.mutex);
        central.reserved -= whole_lines(bytes);
        return;
    }
    const std::size_t index = class_of(bytes);
    close_block(user, class_bytes(index));
    Magazines& own = this_cache->classes[index];
    const std::uint32_t room = own.room.get();
    if (room == 0) return deallocate_slowly(index, block);
    block->next = own.head;
    own.head = block;
    own.room.set(room - 1);
}

}  // namespace detail

MemoryStats memory_stats() {
    const std::scoped_lock lock(central.mutex);
    MemoryStats stats;
    for (std::size_t i = 0; i < class_count; ++i) {
        std::size_t blocks = central.classes[i].blocks;
        for (const ThreadCache* cache = central.caches; cache != nullptr; cache = cache->following) {
            blocks += magazine_table[i] - cache->classes[i].room.get() + cache->classes[i].spare_blocks.get();
        }
        stats.cached += blocks * class_bytes(i);
    }
    // A block that wanders while the threads are read may count twice.
    stats.cached = std::min(stats.cached, central.reserved);
    stats.in_use = central.reserved - stats.cached;
    stats.peak_reserved = central.peak_reserved;
    stats.system_allocations = central.system_allocations;
    return stats;
}

void trim_memory() {
    if (this_cache->phase == ThreadCache::Phase::attached) empty_cache(*this_cache);
    for (std::size_t i = 0; i < class_count; ++i) {
        if (class_bytes(i) <= largest_in_slab) continue;
        FreeBlock* batch;
        {
            const std::scoped_lock lock(central.mutex);
            CentralClass& shared = central.classes[i];
            batch = shared.batches;
            central.reserved -= shared.blocks * class_bytes(i);
            shared = CentralClass{};
        }
        while (batch != nullptr) {
            FreeBlock* const following = batch->next_batch;
            for (FreeBlock* block = batch; block != nullptr;) {
                FreeBlock* const next = block->next;
                std::free(block);
                block = next;
            }
            batch = following;
        }
    }
}

}  // namespace xtape

#include <xtape/autodiff/memory.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace xtape;
using detail::pool_allocate;
using detail::pool_deallocate;

namespace {

constexpr std::size_t kib = 1024, mib = 1024 * kib;

std::size_t last_line(std::size_t bytes) { return bytes == 0 ? 0 : (bytes - 1) / 64 * 64; }

bool last_line_is_zero(const void* block, std::size_t bytes) {
    std::array<unsigned char, 64> line{};
    return std::memcmp(static_cast<const unsigned char*>(block) + last_line(bytes), line.data(), 64) == 0;
}

/// Sizes on both sides of every boundary between size classes up to `limit`.
std::vector<std::size_t> interesting_sizes(std::size_t limit) {
    std::vector<std::size_t> sizes{0, 1, 4, 8, 63};
    const auto around = [&](std::size_t size) { sizes.insert(sizes.end(), {size - 1, size, size + 1}); };
    for (std::size_t size = 64; size <= std::min(kib, limit); size += 64) around(size);
    for (std::size_t size = kib; size < limit; size *= 2) {
        for (std::size_t quarter = 5; quarter <= 8; ++quarter) around(size / 4 * quarter);
    }
    return sizes;
}

struct Block {
    void* data;
    std::size_t bytes;
    unsigned char mark;

    Block(std::size_t size, unsigned char fill) : data(pool_allocate(size)), bytes(size), mark(fill) {
        std::memset(data, mark, bytes);
    }
    bool intact() const {
        const auto* first = static_cast<const unsigned char*>(data);
        return std::all_of(first, first + bytes, [this](unsigned char c) { return c == mark; });
    }
    void free() const { pool_deallocate(data, bytes); }
};

}  // namespace

TEST_CASE("blocks are aligned and their last line is zero, also when they are used again") {
    for (int round = 0; round < 3; ++round) {
        for (const std::size_t bytes : interesting_sizes(4 * mib)) {
            void* const block = pool_allocate(bytes);
            const std::string label = std::to_string(bytes) + " bytes in round " + std::to_string(round);
            INFO(label);
            CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
            CHECK(last_line_is_zero(block, bytes));
            std::memset(block, 0xff, last_line(bytes) + 64);
            pool_deallocate(block, bytes);
        }
    }
}

TEST_CASE("blocks in use do not overlap") {
    std::vector<Block> blocks;
    unsigned char mark = 0;
    for (int round = 0; round < 3; ++round) {
        for (const std::size_t bytes : interesting_sizes(64 * kib)) blocks.emplace_back(bytes, ++mark);
        // Every third block goes back, so that later rounds mix new and used memory.
        for (std::size_t i = 0; i < blocks.size(); i += 3) {
            REQUIRE(blocks[i].intact());
            blocks[i].free();
            blocks[i] = blocks.back();
            blocks.pop_back();
        }
    }
    for (const Block& block : blocks) {
        REQUIRE(block.intact());
        block.free();
    }
}

TEST_CASE("a repeated working set never asks the system again") {
    const auto step = [] {
        std::vector<void*> small(3000), tiny(20000);
        for (void*& block : tiny) block = pool_allocate(4);
        for (void*& block : small) block = pool_allocate(5000);
        std::vector<Block> mixed;
        for (const std::size_t bytes : interesting_sizes(12 * mib)) mixed.emplace_back(bytes, std::uint8_t{1});
        for (const Block& block : mixed) block.free();
        for (void* block : tiny) pool_deallocate(block, 4);
        for (void* block : small) pool_deallocate(block, 5000);
    };
    step();
    const std::size_t before = memory_stats().system_allocations;
    for (int i = 0; i < 3; ++i) step();
    CHECK(memory_stats().system_allocations == before);
}

TEST_CASE("memory in use, cached and reserved is counted in block sizes") {
    const MemoryStats before = memory_stats();
    void* const small = pool_allocate(1);
    void* const rounded = pool_allocate(1025);  // 1280
    void* const large = pool_allocate(3 * mib);
    void* const shared = pool_allocate(11 * mib);  // 12 MiB, above what a thread keeps to itself
    const MemoryStats during = memory_stats();
    CHECK(during.in_use - before.in_use == 64 + 1280 + 3 * mib + 12 * mib);
    CHECK(during.peak_reserved >= during.in_use + during.cached);
    CHECK(during.peak_reserved >= before.peak_reserved);
    pool_deallocate(small, 1);
    pool_deallocate(rounded, 1025);
    pool_deallocate(large, 3 * mib);
    pool_deallocate(shared, 11 * mib);
    const MemoryStats after = memory_stats();
    CHECK(after.in_use == before.in_use);
    CHECK(after.cached == during.cached + 64 + 1280 + 3 * mib + 12 * mib);
    CHECK(after.system_allocations == during.system_allocations);
}

TEST_CASE("trimming gives large cached blocks back and keeps those in use") {
    const Block kept(2 * mib, 7);
    std::vector<Block> freed;
    for (int i = 0; i < 10; ++i) freed.emplace_back(5000, std::uint8_t{1});
    freed.emplace_back(3 * mib, std::uint8_t{2});
    freed.emplace_back(20 * mib, std::uint8_t{3});
    for (const Block& block : freed) block.free();
    const MemoryStats before = memory_stats();
    trim_memory();
    const MemoryStats after = memory_stats();
    CHECK(after.in_use == before.in_use);
    CHECK(after.cached + 23 * mib + 10 * 5 * kib <= before.cached);
    CHECK(after.peak_reserved == before.peak_reserved);
    CHECK(kept.intact());
    kept.free();
    trim_memory();
    const std::size_t calls = memory_stats().system_allocations;
    const Block again(3 * mib, 1);
    CHECK(memory_stats().system_allocations == calls + 1);
    again.free();
}

TEST_CASE("a block above 256 MiB goes straight back to the system") {
    const MemoryStats before = memory_stats();
    const std::size_t bytes = 256 * mib + 1;
    void* const block = pool_allocate(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
    CHECK(last_line_is_zero(block, bytes));
    CHECK(memory_stats().in_use == before.in_use + 256 * mib + 64);
    pool_deallocate(block, bytes);
    CHECK(memory_stats().in_use == before.in_use);
    CHECK(memory_stats().cached == before.cached);
}

TEST_CASE("a size that no memory can have is refused") {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_AS(pool_allocate(most), std::bad_alloc);
    CHECK_THROWS_AS(pool_allocate(most - 63), std::bad_alloc);
    CHECK_THROWS_AS(pool_allocate(most / 2), std::bad_alloc);
    CHECK_THROWS_AS(PoolAllocator<double>().allocate(most / 8), std::bad_array_new_length);
    CHECK_THROWS_AS(PoolAllocator<double>().allocate(most / 8 + 2), std::bad_array_new_length);
    CHECK_THROWS_AS(PoolAllocator<double>().allocate(most / 16), std::bad_alloc);
}

TEST_CASE("freeing null does nothing") {
    const MemoryStats before = memory_stats();
    pool_deallocate(nullptr, 100);
    CHECK(memory_stats().cached == before.cached);
}

TEST_CASE("a standard container can use the pool") {
    std::vector<int, PoolAllocator<int>> numbers;
    for (int i = 0; i < 10000; ++i) numbers.push_back(i);
    CHECK(numbers[9999] == 9999);
    CHECK(numbers[0] == 0);
    CHECK(PoolAllocator<int>() == PoolAllocator<int>(PoolAllocator<float>()));
}

TEST_CASE("a thread that ends leaves its cache to the others") {
    // Of this class nothing else is cached, so three blocks can only be those of the thread.
    constexpr std::size_t bytes = 900 * kib;
    trim_memory();
    std::thread([] {
        std::array<void*, 3> blocks;
        for (void*& block : blocks) block = pool_allocate(bytes);
        for (void* block : blocks) pool_deallocate(block, bytes);
    }).join();
    const MemoryStats before = memory_stats();
    std::array<void*, 3> blocks;
    for (void*& block : blocks) block = pool_allocate(bytes);
    CHECK(memory_stats().system_allocations == before.system_allocations);
    for (void* block : blocks) pool_deallocate(block, bytes);
    CHECK(memory_stats().in_use == before.in_use);
}

TEST_CASE("blocks freed on another thread come back without new memory") {
    const auto round = [](std::size_t bytes) {
        std::vector<void*> blocks(2000);
        for (void*& block : blocks) block = pool_allocate(bytes);
        std::thread([&] {
            for (void* block : blocks) pool_deallocate(block, bytes);
        }).join();
    };
    for (const std::size_t bytes : {std::size_t{64}, 5 * kib}) {
        round(bytes);
        const std::size_t before = memory_stats().system_allocations;
        for (int i = 0; i < 5; ++i) round(bytes);
        CHECK(memory_stats().system_allocations == before);
    }
}

namespace {

/// Lives longer than its thread's cache when it is made before the thread first asks for memory.
struct Survivor {
    void* block = nullptr;
    std::atomic<bool>* fine = nullptr;
    ~Survivor() {
        if (fine == nullptr) return;
        pool_deallocate(block, 5000);
        std::vector<Block> blocks;
        for (unsigned char mark = 1; mark <= 100; ++mark) blocks.emplace_back(mark % 2 == 0 ? 100 : 5000, mark);
        bool intact = true;
        for (const Block& each : blocks) {
            intact = intact && each.intact();
            each.free();
        }
        trim_memory();
        *fine = intact;
    }
};

thread_local Survivor survivor;

}  // namespace

TEST_CASE("memory works after the thread's cache is gone") {
    const MemoryStats before = memory_stats();
    std::atomic<bool> fine = false;
    std::thread([&] {
        survivor.fine = &fine;
        survivor.block = pool_allocate(5000);
    }).join();
    CHECK(fine);
    CHECK(memory_stats().in_use == before.in_use);
}

TEST_CASE("an array in a static is freed after main") {
    static std::vector<float, PoolAllocator<float>> array(1000, 1.F);
    CHECK(array[999] == 1.F);
}

TEST_CASE("threads that pass blocks to each other never share one") {
    const MemoryStats before = memory_stats();
    std::mutex mutex;
    std::vector<Block> exchange;
    std::atomic<bool> intact = true;
    const auto work = [&](unsigned number) {
        std::uint32_t state = number * 2654435761U + 1;
        for (int i = 0; i < 4000; ++i) {
            state = state * 1664525U + 1013904223U;
            const std::size_t bytes = std::size_t{1} << (state >> 28);
            Block block(bytes + (state >> 20) % 64, static_cast<unsigned char>(state >> 8));
            const std::scoped_lock lock(mutex);
            exchange.push_back(block);
            if (exchange.size() > 300) {
                std::swap(exchange[(state >> 4) % exchange.size()], exchange.back());
                if (!exchange.back().intact()) intact = false;
                exchange.back().free();
                exchange.pop_back();
            }
            if (i % 500 == 0) (void)memory_stats();
            if (i % 1000 == 999) trim_memory();
        }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < 4; ++i) workers.emplace_back(work, i);
    for (std::thread& worker : workers) worker.join();
    for (const Block& block : exchange) {
        if (!block.intact()) intact = false;
        block.free();
    }
    CHECK(intact);
    CHECK(memory_stats().in_use == before.in_use);
}

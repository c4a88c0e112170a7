// What stands behind a tape: its records, their memory, the gradients of a replay. For the engine's own sources.
#pragma once

#include <xtape/autodiff/record.hpp>

#include <vector>

namespace xtape::detail {

struct LeafRecord final : Record {
    std::shared_ptr<ParameterStateBase> state;  // null for a watched tensor
    std::uint64_t version = 0;
    void (*add)(ParameterStateBase&, Gradient&) = nullptr;

    std::span<const std::size_t> extents;

    explicit LeafRecord(std::span<const std::size_t> shape) : Record(true), extents(shape) {}
    void replay(Tape&, std::uint32_t, bool) override {}
    const char* name() const override { return state ? state->name.c_str() : "watched"; }
    ParameterStateBase* parameter() const override { return state.get(); }
};

/// Memory of a tape, handed from one tape to the next so that the second step of a loop allocates nothing.
struct TapeStorage {
    static constexpr std::size_t chunk_bytes = std::size_t{1} << 16;

    std::vector<Record*> records;  // null: replayed and freed
    std::vector<Gradient> gradients;
    std::vector<std::uint8_t> needed;  // bits asked and on_the_way of each slot; empty: every slot's gradient is wanted
    std::vector<std::uint32_t> parameters;  // slots of parameter leaves
    std::vector<std::byte*> chunks;
    std::vector<Array64> larges;  // memory of records too big for a chunk
    std::size_t chunks_used = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> dropped;  // slots of checkpoints' freed insides: from, up to without
    bool replaying = false;
    TapeStorage* next = nullptr;

    ~TapeStorage() {
        for (std::byte* c : chunks) pool_deallocate(c, chunk_bytes);
    }

    std::byte* next_chunk() {
        if (chunks_used == chunks.size()) chunks.push_back(static_cast<std::byte*>(pool_allocate(chunk_bytes)));
        return chunks[chunks_used++];
    }

    // An operation with thousands of operands: its memory is an array value that lives as long as the records.
    void* large(std::size_t bytes) {
        larges.push_back(empty_array<double>({bytes / sizeof(double)}));
        return larges.back().data();
    }

    std::size_t record_bytes() const {
        std::size_t bytes = chunks_used * chunk_bytes;
        for (const Array64& memory : larges) bytes += memory.size() * sizeof(double);
        return bytes;
    }

    /// GraphError: a gradient has arrived at a record that is no longer there.
    [[noreturn]] void refuse_freed(std::uint32_t slot, Location at) const {
        for (const auto& [from, to] : dropped) {
            if (slot < from || slot >= to) continue;
            throw GraphError(
                "checkpoint: a tensor made inside a checkpointed function was used outside it; let the function "
                "return it",
                at);
        }
        throw GraphError(
            "backward: this part of the tape was replayed before and its records are freed; pass {.keep = true} to the "
            "first replay",
            at);
    }

    void clear() {
        for (std::size_t i = records.size(); i-- > 0;) {
            if (records[i]) records[i]->~Record();
        }
        records.clear();
        gradients.clear();
        needed.clear();
        parameters.clear();
        larges.clear();
        dropped.clear();
        chunks_used = 0;
        // One very long tape must not hold its memory for ever.
        while (chunks.size() > 256) {
            pool_deallocate(chunks.back(), chunk_bytes);
            chunks.pop_back();
        }
    }
};

/// Whether the parameter was changed after the leaf was recorded.
inline bool changed(const LeafRecord& leaf) { return leaf.version != leaf.state->version; }

/// Bits of TapeStorage::needed.
inline constexpr std::uint8_t asked = 1, on_the_way = 2;

/// Replays the records from slot `top` down to `lowest` at which gradients have arrived, and frees them unless `keep`.
void walk(Tape& tape, std::uint32_t top, std::uint32_t lowest, bool create_graph, bool keep, Location at);

}  // namespace xtape::detail

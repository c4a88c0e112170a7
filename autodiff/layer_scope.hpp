// In which layer an operation runs. Modules say so while a tape checks or somebody watches gradients: when one of these
// goes wrong, their forward is over.
#pragma once

#include <xtape/autodiff/record.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace xtape::detail {

/// A layer as error messages name it ("encoder.0 (Linear 784->256)"), and the place of its call.
struct Layer {
    std::string label;
    const void* module = nullptr;
    Location at;
};

/// While one lives, layers are known to every tape that records, not only to those that check.
class LayerWatch {
public:
    LayerWatch() { alive_.fetch_add(1, std::memory_order_relaxed); }
    ~LayerWatch() { alive_.fetch_sub(1, std::memory_order_relaxed); }
    LayerWatch(const LayerWatch&) = delete;
    LayerWatch& operator=(const LayerWatch&) = delete;

    static bool any() { return alive_.load(std::memory_order_relaxed) > 0; }

private:
    static std::atomic<int> alive_;
};

struct LayerFrame;

/// Stands for the time in which a module's forward runs. Does nothing unless a tape records on this thread and checks,
/// or a LayerWatch lives.
class [[nodiscard]] LayerScope {
public:
    /// The labels of a module and of all below it, as that module's errors name them.
    using Labels = std::vector<std::pair<const void*, std::string>> (*)(void* module);

    LayerScope(void* module, Labels labels, Location at) {
        if (const Tape* tape = TapeAccess::recording()) {
            if (TapeAccess::inspector(*tape) || LayerWatch::any()) enter(*tape, module, labels, at);
        }
    }
    ~LayerScope() {
        if (frame_) leave();
    }
    LayerScope(const LayerScope&) = delete;
    LayerScope& operator=(const LayerScope&) = delete;

    /// The innermost layer that runs on this thread, or null.
    static std::shared_ptr<const Layer> current();

private:
    void enter(const Tape& tape, void* module, Labels labels, Location at);
    void leave();

    LayerFrame* frame_ = nullptr;
};

}  // namespace xtape::detail

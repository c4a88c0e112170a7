// In which layer an operation runs. Modules say so while a tape checks: when a gradient goes wrong, their forward is over.
#pragma once

#include <xtape/autodiff/record.hpp>

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

struct LayerFrame;

/// Stands for the time in which a module's forward runs. Does nothing unless a checking tape records on this thread.
class [[nodiscard]] LayerScope {
public:
    /// The labels of a module and of all below it, as that module's errors name them.
    using Labels = std::vector<std::pair<const void*, std::string>> (*)(void* module);

    LayerScope(void* module, Labels labels, Location at) {
        if (const Tape* tape = TapeAccess::recording()) {
            if (TapeAccess::inspector(*tape)) enter(*tape, module, labels, at);
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

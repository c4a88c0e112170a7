#include <xtape/autodiff/layer_scope.hpp>

#include <algorithm>

namespace xtape::detail {

struct LayerFrame {
    void* module;
    LayerScope::Labels labels;
    Location at;
    LayerFrame* outer;
    std::vector<std::pair<const void*, std::string>> tree;  // filled when first asked for
    bool walked = false;
    std::shared_ptr<const Layer> layer;  // likewise
};

namespace {

thread_local LayerFrame* innermost = nullptr;

// Of all modules that run, the outermost that knows the layer has the longest path to it.
std::string label_of(LayerFrame& frame, const void* module) {
    if (frame.outer) {
        std::string label = label_of(*frame.outer, module);
        if (!label.empty()) return label;
    }
    if (!frame.walked) {
        frame.walked = true;
        frame.tree = frame.labels(frame.module);
    }
    const auto found =
        std::find_if(frame.tree.begin(), frame.tree.end(), [&](const auto& part) { return part.first == module; });
    return found == frame.tree.end() ? std::string() : found->second;
}

}  // namespace

std::atomic<int> LayerWatch::alive_{0};

void LayerScope::enter(const Tape& tape, void* module, Labels labels, Location at) {
    if (!tape.options().check_finite && !LayerWatch::any()) return;
    frame_ = innermost = new LayerFrame{module, labels, at, innermost, {}, false, nullptr};
}

void LayerScope::leave() {
    innermost = frame_->outer;
    delete frame_;
}

std::shared_ptr<const Layer> LayerScope::current() {
    if (!innermost) return nullptr;
    if (!innermost->layer) {
        const LayerFrame* called = innermost;
        while (called->at.line() == 0 && called->outer) called = called->outer;
        innermost->layer = std::make_shared<const Layer>(
            Layer{label_of(*innermost, innermost->module), innermost->module, called->at});
    }
    return innermost->layer;
}

}  // namespace xtape::detail

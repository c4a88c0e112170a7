#include <xtape/nn/hooks.hpp>

#include <xtape/autodiff/layer_scope.hpp>
#include <xtape/nn/module.hpp>

#include <algorithm>
#include <new>

namespace xtape::detail {
namespace {

// As of an elementwise operation: the result has the shape of its input.
constexpr OperationFacts facts{"on_gradient", nullptr, nullptr};

// Stands between a module's output and those who use it. The value is the same array; the gradient passes the hooks.
template <class T>
class GradientRecord final : public Record {
public:
    GradientRecord(std::shared_ptr<HookList<T>> hooks, Operand output)
        : hooks_(std::move(hooks)), output_(output), layer_(LayerScope::current()) {}

    void replay(Tape& tape, std::uint32_t slot, bool create_graph) override {
        Gradient arrived = TapeAccess::gradient(tape, slot);
        TapeAccess::gradient(tape, slot).value.reset();
        Ref<Value<T>> value(static_cast<Value<T>*>(arrived.value.release()));
        const std::uint64_t id = create_graph && arrived.slot != no_slot ? TapeAccess::id(tape) : 0;
        Replay<T> r(tape, facts.name, std::span(&output_, 1), nullptr, slot, create_graph,
                    TensorAccess::make(std::move(value), id, id ? arrived.slot : no_slot));
        r.give(0, after_hooks(r.g()));
    }
    RecordView view() const override { return {&facts, nullptr, nullptr}; }
    std::span<const Operand> operands() const override { return std::span(&output_, 1); }

private:
    BasicTensor<T> after_hooks(const BasicTensor<T>& g) const {
        if (!hooks_->module) return g;
        try {
            BasicTensor<T> replaced = hooks_->run(HookMoment::gradient, g);
            if (replaced.shape() != g.shape()) {
                throw ShapeError("on_gradient: expected a gradient of the output's shape " + to_string(g.shape()) +
                                 ", got " + to_string(replaced.shape()));
            }
            return replaced;
        } catch (Error& error) {
            // The module's forward is over: what it would have told the error is told here.
            if (layer_) {
                error.set_location(layer_->at);
                if (!error.module()) error.set_layer(layer_->label, layer_->module);
            }
            throw;
        }
    }

    std::shared_ptr<HookList<T>> hooks_;
    Operand output_;
    std::shared_ptr<const Layer> layer_;
};

}  // namespace

template <class T>
std::uint64_t HookList<T>::add(HookMoment moment, HookFunction<T> call) {
    auto hooks = std::make_shared<std::vector<Hook>>(*hooks_);
    hooks->push_back({next_id_, moment, std::move(call),
                      moment == HookMoment::gradient ? std::make_shared<const LayerWatch>() : nullptr});
    hooks_ = std::move(hooks);
    return next_id_++;
}

template <class T>
void HookList<T>::remove(std::uint64_t id) {
    auto hooks = std::make_shared<std::vector<Hook>>(*hooks_);
    std::erase_if(*hooks, [&](const Hook& hook) { return hook.id == id; });
    hooks_ = std::move(hooks);
}

template <class T>
bool HookList<T>::has(HookMoment moment) const {
    return std::any_of(hooks_->begin(), hooks_->end(), [&](const Hook& hook) { return hook.moment == moment; });
}

template <class T>
BasicTensor<T> HookList<T>::run(HookMoment moment, BasicTensor<T> x) const {
    const auto hooks = hooks_;
    for (const Hook& hook : *hooks) {
        if (hook.moment != moment) continue;
        if (BasicTensor<T> replaced = hook.call(*module, x); replaced.defined()) x = std::move(replaced);
    }
    return x;
}

template <class T>
BasicTensor<T> watch_gradient(const std::shared_ptr<HookList<T>>& hooks, const BasicTensor<T>& y) {
    Tape* const tape = TapeAccess::recording();
    if (!tape) return y;
    const std::uint32_t slot = slot_on(*tape, y, facts.name, Location{});
    if (slot == no_slot) return y;
    const Shape& shape = y.shape();
    auto* const extents = static_cast<std::size_t*>(TapeAccess::allocate(*tape, shape.size() * sizeof(std::size_t)));
    std::copy(shape.begin(), shape.end(), extents);
    const Operand output{nullptr, extents, static_cast<std::uint32_t>(shape.size()), slot};
    using R = GradientRecord<T>;
    auto* const made = new (TapeAccess::allocate(*tape, sizeof(R))) R(hooks, output);
    BasicTensor<T> watched = y;
    TensorAccess::place(watched, TapeAccess::id(*tape), TapeAccess::push(*tape, made));
    return watched;
}

template class HookList<float>;
template class HookList<double>;
template Tensor watch_gradient(const std::shared_ptr<HookList<float>>&, const Tensor&);
template Tensor64 watch_gradient(const std::shared_ptr<HookList<double>>&, const Tensor64&);

}  // namespace xtape::detail

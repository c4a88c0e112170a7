// Hooks: functions that see what passes through a module, and may replace it. module.hpp says when they are called.
#pragma once

#include <xtape/autodiff/tensor.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::nn {
template <class T>
class BasicModule;
}

namespace xtape::detail {

class LayerWatch;

enum class HookMoment { input, output, gradient };

template <class T>
using HookFunction = std::function<BasicTensor<T>(nn::BasicModule<T>&, const BasicTensor<T>&)>;

template <class F, class T>
concept HookFor = std::copy_constructible<F> && std::invocable < F&,
        nn::BasicModule<T>
&, const BasicTensor<T>& >
       &&(std::is_void_v<std::invoke_result_t<F&, nn::BasicModule<T>&, const BasicTensor<T>&>> ||
          std::convertible_to<std::invoke_result_t<F&, nn::BasicModule<T>&, const BasicTensor<T>&>, BasicTensor<T>>);

/// What only observes gives an undefined tensor: nothing is replaced.
template <class T, class F>
HookFunction<T> hook_function(F f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, nn::BasicModule<T>&, const BasicTensor<T>&>>) {
        return [f = std::move(f)](nn::BasicModule<T>& module, const BasicTensor<T>& x) mutable -> BasicTensor<T> {
            f(module, x);
            return {};
        };
    } else {
        return f;
    }
}

/// What a handle knows of the hooks of a module.
class HookListBase {
public:
    virtual ~HookListBase() = default;
    virtual void remove(std::uint64_t id) = 0;
};

/// The hooks of one module. Calls work on the list as it was when they began, so that a hook may add and remove hooks.
template <class T>
class HookList final : public HookListBase {
public:
    explicit HookList(nn::BasicModule<T>* owner) : module(owner) {}

    std::uint64_t add(HookMoment moment, HookFunction<T> call);
    void remove(std::uint64_t id) override;
    bool has(HookMoment moment) const;

    /// What the hooks of a moment make of x, in the order in which they were added.
    BasicTensor<T> run(HookMoment moment, BasicTensor<T> x) const;

    nn::BasicModule<T>* module;  ///< whose hooks they are now; null when it is gone

private:
    struct Hook {
        std::uint64_t id;
        HookMoment moment;
        HookFunction<T> call;
        std::shared_ptr<const LayerWatch> watch;  // of gradients: errors in a replay say their layer
    };

    std::shared_ptr<const std::vector<Hook>> hooks_ = std::make_shared<const std::vector<Hook>>();
    std::uint64_t next_id_ = 0;
};

/// y with a record on the tape that shows the gradient arriving at it to the hooks; y itself when no tape records it.
template <class T>
BasicTensor<T> watch_gradient(const std::shared_ptr<HookList<T>>& hooks, const BasicTensor<T>& y);

extern template class HookList<float>;
extern template class HookList<double>;

}  // namespace xtape::detail

namespace xtape::nn {

/// A hook stays with its module as long as its handle lives.
class [[nodiscard]] HookHandle {
public:
    HookHandle() = default;
    HookHandle(std::weak_ptr<xtape::detail::HookListBase> list, std::uint64_t id) : list_(std::move(list)), id_(id) {}
    ~HookHandle() { remove(); }
    HookHandle(HookHandle&& other) noexcept : list_(std::move(other.list_)), id_(other.id_) {}
    HookHandle& operator=(HookHandle other) noexcept {
        std::swap(list_, other.list_);
        std::swap(id_, other.id_);
        return *this;
    }

    /// Takes the hook off. Does nothing when that was done before or the module is gone.
    void remove() {
        if (const auto list = list_.lock()) list->remove(id_);
        list_.reset();
    }
    /// Leaves the hook with its module for as long as the module lives.
    void keep() { list_.reset(); }

private:
    std::weak_ptr<xtape::detail::HookListBase> list_;
    std::uint64_t id_ = 0;
};

}  // namespace xtape::nn

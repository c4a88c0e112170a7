// Sequential: layers one after the other.
#pragma once

#include <xtape/nn/module.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace xtape::nn {

/// `nn::Sequential net{nn::Linear{784, 128}, nn::ReLU{}, nn::Linear{128, 10}}`: the output of each layer is the input
/// of the next; without layers the output is the input. Layers are copied or moved in and named "0", "1", ... A
/// Sequential given another alone is a copy of it, not a nest.
template <class T>
class BasicSequential : public BasicModule<T> {
    template <class M>
    static constexpr bool is_layer = std::derived_from<std::remove_cvref_t<M>, BasicModule<T>>;
    template <class M>
    static constexpr bool is_sequential = std::derived_from<std::remove_cvref_t<M>, BasicSequential>;

public:
    BasicSequential() = default;

    template <class... M>
    requires(sizeof...(M) > 0 && (is_layer<M> && ...) &&
             !(sizeof...(M) == 1 && (is_sequential<M> && ...))) explicit BasicSequential(M&&... layers) {
        children_.reserve(sizeof...(M));
        (append(std::forward<M>(layers)), ...);
    }

    /// Deep. Throws ConfigError when a layer's class cannot be copied.
    BasicSequential(const BasicSequential& other);
    BasicSequential& operator=(const BasicSequential& other);
    BasicSequential(BasicSequential&&) noexcept = default;
    BasicSequential& operator=(BasicSequential&&) noexcept = default;

    /// Adds a layer at the end.
    template <class M>
    requires is_layer<M>
    void append(M&& layer) {
        using Layer = std::remove_cvref_t<M>;
        children_.push_back({std::make_unique<Layer>(std::forward<M>(layer)), &clone<Layer>});
    }

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override { return "Sequential"; }

    std::size_t size() const { return children_.size(); }

    /// Layer i. Throws ConfigError for i >= size().
    BasicModule<T>& operator[](std::size_t i) { return child(i); }
    const BasicModule<T>& operator[](std::size_t i) const { return child(i); }

private:
    using Pointer = std::unique_ptr<BasicModule<T>>;

    struct Child {
        Pointer module;
        Pointer (*copy)(const BasicModule<T>& module);  // knows the layer's own type
    };

    template <class Layer>
    static Pointer clone(const BasicModule<T>& module) {
        if constexpr (std::copy_constructible<Layer>) {
            return std::make_unique<Layer>(static_cast<const Layer&>(module));
        } else {
            throw ConfigError("Sequential: expected layers that can be copied, got " + module.describe());
        }
    }
    BasicModule<T>& child(std::size_t i) const;

    std::vector<Child> children_;
};

using Sequential = BasicSequential<float>;
using Sequential64 = BasicSequential<double>;

extern template class BasicSequential<float>;
extern template class BasicSequential<double>;

}  // namespace xtape::nn

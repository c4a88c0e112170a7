// Sequential: layers one after the other.
#pragma once

#include <xtape/nn/children.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace xtape::nn {

/// `nn::Sequential net{nn::Linear{784, 128}, nn::ReLU{}, nn::Linear{128, 10}}`: the output of each layer is the input
/// of the next; without layers the output is the input. Layers are copied or moved in and named "0", "1", ... A
/// Sequential given another alone is a copy of it, not a nest.
template <class T>
class BasicSequential : public BasicModule<T> {
    template <class M>
    static constexpr bool is_sequential = std::derived_from<std::remove_cvref_t<M>, BasicSequential>;

public:
    BasicSequential() = default;

    template <xtape::detail::LayerOf<T>... M>
    requires(sizeof...(M) > 0 && !(sizeof...(M) == 1 && (is_sequential<M> && ...))) explicit BasicSequential(
        M&&... layers) {
        children_.reserve(sizeof...(M));
        (append(std::forward<M>(layers)), ...);
    }

    /// Adds a layer at the end.
    template <xtape::detail::LayerOf<T> M>
    void append(M&& layer) {
        children_.append(std::forward<M>(layer));
    }

    BasicTensor<T> forward(const BasicTensor<T>& x) override { return children_.chain(x); }
    void visit(BasicVisitor<T>& v) override { children_.visit(v); }
    std::string describe() const override { return "Sequential"; }

    std::size_t size() const { return children_.size(); }

    /// Layer i. Throws ConfigError for i >= size().
    BasicModule<T>& operator[](std::size_t i) { return children_.at(i); }
    const BasicModule<T>& operator[](std::size_t i) const { return children_.at(i); }

    /// Over the layers: `for (nn::Module& layer : net)`.
    auto begin() { return children_.begin(); }
    auto end() { return children_.end(); }

private:
    xtape::detail::Children<T> children_{"Sequential"};  // a copy of it is deep: ConfigError when a layer cannot be copied
};

using Sequential = BasicSequential<float>;
using Sequential64 = BasicSequential<double>;

extern template class BasicSequential<float>;
extern template class BasicSequential<double>;

}  // namespace xtape::nn

// Residual: layers with a way around them (He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2015).
#pragma once

#include <xtape/nn/sequential.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace xtape::nn {

/// The way around the layers of a Residual, when it is not the input itself: `nn::Shortcut{nn::Conv2d{16, 32, 1}}`. Its
/// layers follow one another as in a Sequential.
template <class T>
class BasicShortcut : public BasicSequential<T> {
public:
    using BasicSequential<T>::BasicSequential;
    explicit BasicShortcut(BasicSequential<T> layers) : BasicSequential<T>(std::move(layers)) {}
    std::string describe() const override { return "Shortcut"; }
};

/// y = x + f(x), or y = s(x) + f(x) with a shortcut s:
///
///     nn::Residual{nn::Linear{64, 64}, nn::ReLU{}, nn::Linear{64, 64}}
///     nn::Residual{nn::Linear{64, 128}, nn::ReLU{}, nn::Linear{128, 32}, nn::Shortcut{nn::Linear{64, 32}}}
///
/// f is all layers but the shortcut, one after the other, named "0", "1", ... ("block.0.weight"); the shortcut's are
/// "shortcut.0", ... Both ways must end in one shape (ShapeError with both; nothing is broadcast).
template <class T>
class BasicResidual : public BasicModule<T> {
    template <class M>
    static constexpr bool is_residual = std::derived_from<std::remove_cvref_t<M>, BasicResidual>;
    template <class M>
    static constexpr bool is_shortcut = std::derived_from<std::remove_cvref_t<M>, BasicShortcut<T>>;

public:
    template <xtape::detail::LayerOf<T>... M>
    requires((is_shortcut<M> + ... + 0) <= 1 && sizeof...(M) > (is_shortcut<M> + ... + 0) &&
             !(sizeof...(M) == 1 && (is_residual<M> && ...))) explicit BasicResidual(M&&... layers) {
        (take(std::forward<M>(layers)), ...);
    }

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override;
    std::string describe() const override { return "Residual"; }

private:
    template <class M>
    void take(M&& layer) {
        if constexpr (is_shortcut<M>) {
            shortcut_.emplace(std::forward<M>(layer));
        } else {
            layers_.append(std::forward<M>(layer));
        }
    }

    xtape::detail::Children<T> layers_{"Residual"};
    std::optional<BasicShortcut<T>> shortcut_;
};

using Shortcut = BasicShortcut<float>;
using Shortcut64 = BasicShortcut<double>;
using Residual = BasicResidual<float>;
using Residual64 = BasicResidual<double>;

extern template class BasicShortcut<float>;
extern template class BasicShortcut<double>;
extern template class BasicResidual<float>;
extern template class BasicResidual<double>;

}  // namespace xtape::nn

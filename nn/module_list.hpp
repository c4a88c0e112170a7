// ModuleList and ModuleDict: layers that a model owns by number or by name and calls as it likes.
#pragma once

#include <xtape/nn/children.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace xtape::nn {

/// `nn::ModuleList heads{nn::Linear{64, 10}, nn::Linear{64, 2}}`: owns layers of any class, copied or moved in and
/// named "0", "1", ... A copy is deep (ConfigError when a layer's class cannot be copied). It has no order of calls:
/// calling the list itself throws ConfigError. A list given another alone is a copy of it, not a nest.
template <class T>
class BasicModuleList : public BasicModule<T> {
    template <class M>
    static constexpr bool is_list = std::derived_from<std::remove_cvref_t<M>, BasicModuleList>;

public:
    BasicModuleList() = default;

    template <xtape::detail::LayerOf<T>... M>
    requires(sizeof...(M) > 0 && !(sizeof...(M) == 1 && (is_list<M> && ...))) explicit BasicModuleList(M&&... layers) {
        children_.reserve(sizeof...(M));
        (append(std::forward<M>(layers)), ...);
    }

    /// Adds a layer at the end.
    template <xtape::detail::LayerOf<T> M>
    void append(M&& layer) {
        children_.append(std::forward<M>(layer));
    }

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override { children_.visit(v); }
    std::string describe() const override { return "ModuleList"; }

    std::size_t size() const { return children_.size(); }

    /// Layer i. Throws ConfigError for i >= size().
    BasicModule<T>& operator[](std::size_t i) { return children_.at(i); }
    const BasicModule<T>& operator[](std::size_t i) const { return children_.at(i); }

    /// Over the layers: `for (nn::Module& layer : list)`.
    auto begin() { return children_.begin(); }
    auto end() { return children_.end(); }

private:
    xtape::detail::Children<T> children_{"ModuleList"};
};

/// The same under names: `dict.insert("digit", nn::Linear{64, 10}); dict["digit"](x)`. They come in the order of
/// insertion.
template <class T>
class BasicModuleDict : public BasicModule<T> {
public:
    /// Throws ConfigError for a name that is taken, empty or has a dot.
    template <xtape::detail::LayerOf<T> M>
    void insert(std::string name, M&& layer) {
        check_new(name);
        children_.append(std::move(name), std::forward<M>(layer));
    }

    BasicTensor<T> forward(const BasicTensor<T>& x) override;
    void visit(BasicVisitor<T>& v) override { children_.visit(v); }
    std::string describe() const override { return "ModuleDict"; }

    std::size_t size() const { return children_.size(); }
    bool contains(std::string_view name) const { return children_.find(name) != nullptr; }

    /// Throws ConfigError, with the names there are, for another one.
    BasicModule<T>& operator[](std::string_view name) { return get(name); }
    const BasicModule<T>& operator[](std::string_view name) const { return get(name); }

private:
    void check_new(const std::string& name) const;
    BasicModule<T>& get(std::string_view name) const;

    xtape::detail::Children<T> children_{"ModuleDict"};
};

using ModuleList = BasicModuleList<float>;
using ModuleList64 = BasicModuleList<double>;
using ModuleDict = BasicModuleDict<float>;
using ModuleDict64 = BasicModuleDict<double>;

extern template class BasicModuleList<float>;
extern template class BasicModuleList<double>;
extern template class BasicModuleDict<float>;
extern template class BasicModuleDict<double>;

}  // namespace xtape::nn

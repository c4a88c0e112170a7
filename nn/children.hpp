// Children: layers of any class that a container owns and copies. For the containers' own sources.
#pragma once

#include <xtape/nn/module.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace xtape::detail {

/// A layer given to a container, as it may stand there: by value, by reference, const.
template <class M, class T>
concept LayerOf = std::derived_from<std::remove_cvref_t<M>, nn::BasicModule<T>>;

/// Modules under their names, in the order of adding. A copy is deep.
template <class T>
class Children {
    using Module = nn::BasicModule<T>;
    using Pointer = std::unique_ptr<Module>;

    using Copy = Pointer (*)(const Module& module, const char* owner);  // knows the layer's own class

    struct Child {
        std::string name;
        Pointer module;
        Copy copy;
    };

public:
    /// `owner` is the container's name in messages.
    explicit Children(const char* owner) : owner_(owner) {}

    /// Throws ConfigError when a layer's class cannot be copied.
    Children(const Children& other);
    Children& operator=(const Children& other) { return *this = Children(other); }
    Children(Children&&) noexcept = default;
    Children& operator=(Children&&) noexcept = default;

    /// Copies or moves a layer in.
    template <LayerOf<T> M>
    void append(std::string name, M&& layer) {
        using Layer = std::remove_cvref_t<M>;
        append(std::move(name), std::make_unique<Layer>(std::forward<M>(layer)), &clone<Layer>);
    }
    /// The same under the next number.
    template <LayerOf<T> M>
    void append(M&& layer) {
        using Layer = std::remove_cvref_t<M>;
        append(std::make_unique<Layer>(std::forward<M>(layer)), &clone<Layer>);
    }
    void reserve(std::size_t n) { children_.reserve(n); }

    std::size_t size() const { return children_.size(); }
    const std::string& name(std::size_t i) const { return children_[i].name; }

    /// Module i. Throws ConfigError for i >= size().
    Module& at(std::size_t i) const;
    /// The module of that name, or null.
    Module* find(std::string_view name) const;

    void visit(nn::BasicVisitor<T>& v) const;
    /// The output of each layer is the input of the next.
    BasicTensor<T> chain(const BasicTensor<T>& x) const;

    /// Over the modules themselves.
    class Iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = Module;
        using difference_type = std::ptrdiff_t;
        using pointer = Module*;
        using reference = Module&;

        Iterator() = default;
        explicit Iterator(const Child* child) : child_(child) {}
        Module& operator*() const { return *child_->module; }
        Module* operator->() const { return child_->module.get(); }
        Iterator& operator++() {
            ++child_;
            return *this;
        }
        Iterator operator++(int) { return Iterator(child_++); }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Child* child_ = nullptr;
    };
    Iterator begin() const { return Iterator(children_.data()); }
    Iterator end() const { return Iterator(children_.data() + children_.size()); }

private:
    void append(std::string name, Pointer module, Copy copy);
    void append(Pointer module, Copy copy);

    template <class Layer>
    static Pointer clone(const Module& module, const char* owner) {
        if constexpr (std::copy_constructible<Layer>) {
            return std::make_unique<Layer>(static_cast<const Layer&>(module));
        } else {
            throw ConfigError(std::string(owner) + ": expected layers that can be copied, got " + module.describe());
        }
    }

    const char* owner_;
    std::vector<Child> children_;
};

extern template class Children<float>;
extern template class Children<double>;

}  // namespace xtape::detail

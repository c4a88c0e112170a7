// The value type. Every xtensor header that xtape's own headers need is included here and nowhere else.
#pragma once

#include <xtape/autodiff/memory.hpp>

#include <xtensor/xarray.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>

namespace xtape {

template <class T>
class BasicArray;

}  // namespace xtape

// What xtensor wants to know of a container (see xtensor/xarray.hpp, where xt::xarray says the same of itself).
namespace xt {

template <class T>
struct xcontainer_inner_types<xtape::BasicArray<T>> {
    using storage_type = uvector<T, xtape::PoolAllocator<T>>;
    using reference = T&;
    using const_reference = const T&;
    using size_type = std::size_t;
    using shape_type = svector<std::size_t, 4>;
    using strides_type = get_strides_t<shape_type>;
    using backstrides_type = get_strides_t<shape_type>;
    using inner_shape_type = shape_type;
    using inner_strides_type = strides_type;
    using inner_backstrides_type = backstrides_type;
    using temporary_type = xtape::BasicArray<T>;
    static constexpr layout_type layout = layout_type::row_major;
};

template <class T>
struct xiterable_inner_types<xtape::BasicArray<T>> : xcontainer_iterable_types<xtape::BasicArray<T>> {};

}  // namespace xt

namespace xtape {

namespace detail {
/// A number in a list of numbers. Being a conversion away, it loses to a nested list, so that {{1.0}, {2.0}} is a (2, 1) matrix,
/// where xt::xarray finds two meanings and does not compile.
template <class T>
struct Element {
    T value;
    template <class N>
        requires std::is_arithmetic_v<N>
    Element(N number) : value(static_cast<T>(number)) {}
};
}  // namespace detail

/// Row-major n-dimensional array in 64-byte aligned pool memory: an xtensor container like xt::xarray, usable wherever one is. Its
/// allocator and layout are fixed, so that it is the same type in programs compiled with other flags than the library.
template <class T>
class BasicArray : public xt::xstrided_container<BasicArray<T>>, public xt::xcontainer_semantic<BasicArray<T>> {
    using Base = xt::xstrided_container<BasicArray>;
    using Semantic = xt::xcontainer_semantic<BasicArray>;

public:
    using storage_type = typename Base::storage_type;
    using value_type = typename Base::value_type;
    using reference = typename Base::reference;
    using const_reference = typename Base::const_reference;
    using shape_type = typename Base::shape_type;
    using inner_shape_type = typename Base::inner_shape_type;
    using strides_type = typename Base::strides_type;
    using inner_strides_type = typename Base::inner_strides_type;
    using temporary_type = typename Semantic::temporary_type;
    using expression_tag = xt::xtensor_expression_tag;
    static constexpr std::size_t rank = SIZE_MAX;

    /// A scalar, 0.
    BasicArray() : storage_(1, T()) {}
    /// A scalar. A template, because Clang 14 would take `BasicArray{x}`, a list of one, for it wherever that stands in a template.
    template <class N>
        requires std::is_arithmetic_v<N>
    explicit BasicArray(N value) : storage_(1, static_cast<T>(value)) {}
    /// Elements are not initialised.
    explicit BasicArray(const shape_type& shape);
    BasicArray(const shape_type& shape, const T& value);

    /// From nested lists; `{1, 2, 3}` has shape (3), `{{1, 2, 3}}` (1, 3).
    BasicArray(std::initializer_list<detail::Element<T>> list);
    BasicArray(xt::nested_initializer_list_t<T, 2> list) { fill(list); }
    BasicArray(xt::nested_initializer_list_t<T, 3> list) { fill(list); }
    BasicArray(xt::nested_initializer_list_t<T, 4> list) { fill(list); }

    /// Evaluates an xtensor expression.
    template <class E>
    BasicArray(const xt::xexpression<E>& expression) {
        // A scalar's shape is that of an empty container, so assignment would see nothing to allocate.
        if (expression.derived_cast().dimension() == 0) storage_.resize(1);
        Semantic::assign(expression);
    }
    template <class E>
    BasicArray& operator=(const xt::xexpression<E>& expression) {
        return Semantic::operator=(expression);
    }

    BasicArray(const BasicArray& other);
    BasicArray(BasicArray&&) = default;
    BasicArray& operator=(const BasicArray& other);
    BasicArray& operator=(BasicArray&&) = default;
    ~BasicArray() = default;

    /// Elements are not initialised.
    template <class S = shape_type>
    static BasicArray from_shape(S&& shape) {
        return BasicArray(xtl::forward_sequence<shape_type, S>(shape));
    }

private:
    friend class xt::xcontainer<BasicArray>;

    // Forced, because the shape of a scalar is that of an empty container, which would leave it without memory.
    void allocate(const shape_type& shape);

    template <class List>
    void fill(const List& list) {
        allocate(xt::shape<shape_type>(list));
        xt::nested_copy(storage_.begin(), list);
    }
    storage_type& storage_impl() noexcept { return storage_; }
    const storage_type& storage_impl() const noexcept { return storage_; }

    storage_type storage_;
};

// What allocates anyway stands outside of the class and is compiled once, in array.cpp: each of these is a page of instructions.

template <class T>
BasicArray<T>::BasicArray(const shape_type& shape) {
    allocate(shape);
}

template <class T>
BasicArray<T>::BasicArray(const shape_type& shape, const T& value) {
    allocate(shape);
    std::fill(storage_.begin(), storage_.end(), value);
}

template <class T>
BasicArray<T>::BasicArray(std::initializer_list<detail::Element<T>> list) {
    allocate(shape_type{list.size()});
    std::transform(list.begin(), list.end(), storage_.begin(), [](const detail::Element<T>& e) { return e.value; });
}

template <class T>
BasicArray<T>::BasicArray(const BasicArray& other) = default;

template <class T>
BasicArray<T>& BasicArray<T>::operator=(const BasicArray& other) = default;

template <class T>
void BasicArray<T>::allocate(const shape_type& shape) {
    Base::resize(shape, true);
}

extern template class BasicArray<float>;
extern template class BasicArray<double>;
extern template class BasicArray<std::int64_t>;
extern template class BasicArray<std::uint8_t>;

using Array = BasicArray<float>;
using Array64 = BasicArray<double>;
/// Class labels, row numbers, positions.
using IndexArray = BasicArray<std::int64_t>;

/// Extents, outermost first; () is a scalar. Any extent may be 0.
using Shape = Array::shape_type;

/// One flag an axis.
using AxisMask = xt::svector<bool, 8>;

/// "(32, 784)"; a scalar is "()", a vector "(3)".
std::string to_string(const Shape& shape);

/// Product of the extents: 1 for a scalar. Throws ShapeError when it exceeds what can be counted.
std::size_t element_count(const Shape& shape);

/// The shape NumPy's broadcasting rules give to operands of shapes a and b; false when they do not fit.
bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result);

/// An array of that shape whose elements are not initialised.
template <class T>
BasicArray<T> empty_array(const Shape& shape) {
    return BasicArray<T>::from_shape(shape);
}

}  // namespace xtape

// Shared, immutable values: what a tensor refers to and what a tape keeps.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace xtape::detail {

/// A reference-counted value of a scalar type that only its holder knows.
struct ValueBase {
    std::atomic<std::uint32_t> references{1};
    std::uint32_t scalar_bytes;  // 4: a Value<float>; 8: a Value<double>
    void (*destroy)(ValueBase*) noexcept;

    ValueBase(std::uint32_t bytes, void (*how)(ValueBase*) noexcept) : scalar_bytes(bytes), destroy(how) {}
};

template <class T>
struct Value final : ValueBase {
    BasicArray<T> array;

    /// Takes an array over.
    static Value* create(BasicArray<T>&& array) {
        return create_by([&] { return BasicArray<T>(std::move(array)); });
    }
    /// An array of that shape whose elements are not initialised.
    static Value* create(const Shape& shape) {
        return create_by([&] { return BasicArray<T>(shape); });
    }
    /// The array that make() returns, made in place: moving an xtensor container costs more than making a small one.
    template <class Make>
        requires std::same_as<std::invoke_result_t<const Make&>, BasicArray<T>>
    static Value* create_by(const Make& make) {
        void* const memory = pool_allocate(sizeof(Value));
        try {
            return new (memory) Value(make);
        } catch (...) {
            pool_deallocate(memory, sizeof(Value));
            throw;
        }
    }

private:
    template <class Make>
    explicit Value(const Make& make) : ValueBase(sizeof(T), destroy_value), array(make()) {}

    static void destroy_value(ValueBase* self) noexcept {
        static_cast<Value*>(self)->~Value();
        pool_deallocate(self, sizeof(Value));
    }
};

/// Intrusive pointer to a ValueBase or Value<T>. Thread-safe like std::shared_ptr.
template <class V>
class Ref {
public:
    Ref() noexcept = default;
    /// Takes over the reference that `value` was created with.
    explicit Ref(V* value) noexcept : value_(value) {}
    Ref(const Ref& other) noexcept : value_(other.value_) {
        if (value_) value_->references.fetch_add(1, std::memory_order_relaxed);
    }
    Ref(Ref&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Ref() { reset(); }

    void reset() noexcept {
        V* value = std::exchange(value_, nullptr);
        if (!value) return;
        // A sole owner need not pay for an atomic decrement: nobody else can be copying the reference.
        if (value->references.load(std::memory_order_acquire) == 1 ||
            value->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            value->destroy(value);
        }
    }

    /// The same reference to a base type.
    template <class B>
        requires std::derived_from<V, B>
    operator Ref<B>() && noexcept {
        return Ref<B>(static_cast<B*>(release()));
    }

    V* get() const noexcept { return value_; }
    V* release() noexcept { return std::exchange(value_, nullptr); }
    V* operator->() const noexcept { return value_; }
    V& operator*() const noexcept { return *value_; }
    explicit operator bool() const noexcept { return value_ != nullptr; }
    /// No other reference exists, so the value may be changed or its memory reused.
    bool unique() const noexcept { return value_ && value_->references.load(std::memory_order_acquire) == 1; }

private:
    V* value_ = nullptr;
};

/// The array of a value, to be changed in place: whoever else holds the value goes on holding the old one.
template <class T>
BasicArray<T>& writable(Ref<Value<T>>& value) {
    if (!value.unique()) [[unlikely]] value = Ref<Value<T>>(Value<T>::create(BasicArray<T>(value->array)));
    return value->array;
}

/// sum += g, in place when nobody else holds the sum; an empty sum takes g over without a copy. Shapes agree.
template <class T>
void accumulate(Ref<Value<T>>& sum, Ref<Value<T>> g);

}  // namespace xtape::detail

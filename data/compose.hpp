// Transforms one after the other, and on the items of a data set.
#pragma once

#include <xtape/autodiff/random.hpp>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::data {

/// The transforms applied one after the other, itself one:
///
///     const data::Compose augment{data::RandomShift{1, 1}, data::RandomRotate{10}};
///     const Array changed = augment(images);
///
/// Called with a stream, each takes a part of it by its place among them; without, each random one takes the next stream
/// of the process-wide seed.
template <class... T>
class Compose {
    static_assert(sizeof...(T) > 0, "xtape::data::Compose needs at least one transform");

    using First = std::tuple_element_t<0, std::tuple<T...>>;

public:
    explicit Compose(T... transforms) : transforms_(std::move(transforms)...) {}

    template <class X>
    requires std::is_invocable_v<const First&, const X&>
    auto operator()(const X& x) const {
        return apply<0>(x, [](const auto& transform, const auto& input, std::size_t) { return transform(input); });
    }

    template <class X>
    requires std::is_invocable_v<const First&, const X&>
    auto operator()(const X& x, random::Stream stream) const {
        return apply<0>(x, [stream](const auto& transform, const auto& input, std::size_t place) {
            if constexpr (std::is_invocable_v<decltype(transform), decltype(input), random::Stream>) {
                random::Stream part = stream;
                part.skip(static_cast<std::uint64_t>(place) << 48);  // no batch needs so many draws
                return transform(input, part);
            } else {
                return transform(input);
            }
        });
    }

private:
    template <std::size_t I, class X, class Call>
    auto apply(const X& x, const Call& call) const {
        auto y = call(std::get<I>(transforms_), x, I);
        if constexpr (I + 1 == sizeof...(T)) {
            return y;
        } else {
            return apply<I + 1>(y, call);
        }
    }

    std::tuple<T...> transforms_;
};

template <class... T>
Compose(T...) -> Compose<T...>;

/// The transform on the first part of an item, with the others left as they are: what data::map takes for items of
/// features and a label.
///
///     const auto changed = data::map(train, data::on_features(data::RandomShift{1, 1}));
template <class T>
auto on_features(T transform) {
    return [transform = std::move(transform)]<class X, class... Rest>(const X& features, const Rest&... rest)
        requires std::is_invocable_v<const T&, const X&>
    {
        return std::tuple(transform(features), rest...);
    };
}

}  // namespace xtape::data

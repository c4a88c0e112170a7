// Data sets whose items tell which row they are.
#pragma once

#include <xtape/data/array_dataset.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/loader.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace support {

using Rows = std::vector<std::int64_t>;

/// 0 .. count-1.
inline Rows up_to(std::size_t count) {
    Rows rows(count);
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    return rows;
}

inline Rows sorted(Rows rows) {
    std::sort(rows.begin(), rows.end());
    return rows;
}

inline xtape::IndexArray index_array(const Rows& values) {
    xtape::IndexArray array = xtape::empty_array<std::int64_t>({values.size()});
    std::copy(values.begin(), values.end(), array.data());
    return array;
}

/// (rows, width): row i is i, i + 0.5, i + 1, ...
inline xtape::Array numbered_array(std::size_t rows, std::size_t width = 2) {
    xtape::Array array = xtape::empty_array<float>({rows, width});
    for (std::size_t i = 0; i < array.size(); ++i) {
        array.data()[i] = static_cast<float>(i / width) + 0.5F * static_cast<float>(i % width);
    }
    return array;
}

/// Row i has label i.
inline xtape::data::TensorDataset numbered(std::size_t rows) {
    return {numbered_array(rows), index_array(up_to(rows))};
}

/// A data set made of a function; it does not gather.
template <class F>
struct Made {
    std::size_t count;
    F item;
    std::size_t size() const { return count; }
    auto get(std::size_t i) const { return item(i); }
};
template <class F>
Made(std::size_t, F) -> Made<F>;

/// The labels, the second part of a batch, of one epoch.
template <class D>
Rows labels(const xtape::data::Loader<D>& loader) {
    Rows all;
    for (const auto& batch : loader) {
        const auto& y = std::get<1>(batch);
        all.insert(all.end(), y.begin(), y.end());
    }
    return all;
}

}  // namespace support

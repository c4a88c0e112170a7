// Random masks from the counter-based generator, computed where they are used and never stored.
#pragma once

#include <xtape/autodiff/random.hpp>

namespace xtape::detail {

/// y[i] = scale x[i] where draw i of the stream is at least `threshold`, else 0, even where x is NaN or infinite.
template <class T>
void mask_scaled(const random::Stream& stream, std::uint32_t threshold, T scale, std::size_t n, const T* x, T* y);

}  // namespace xtape::detail

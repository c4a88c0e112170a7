// The quantile function of the normal distribution, for numbers drawn from a part of it.
#pragma once

namespace xtape::nn::detail {

/// x with Phi(x) = p for p in (0, 1), to about 16 digits of x: M. J. Wichura, "Algorithm AS 241: The percentage points
/// of the normal distribution", Applied Statistics 37, 1988 (PPND16). -inf and inf at 0 and 1.
double normal_quantile(double p);

}  // namespace xtape::nn::detail

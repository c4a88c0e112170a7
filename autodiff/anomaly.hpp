// NaN and infinities: finding them in arrays, and saying where they came from. For the engine's own sources.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <string>
#include <vector>

namespace xtape::detail {

template <class T>
bool all_finite(const BasicArray<T>& array);

/// What an array holds.
struct Census {
    std::size_t nan = 0, inf = 0;
    std::size_t first_nan = 0, first_inf = 0;  // in row-major order
    bool negative = false;                     // the first infinity is
    double low = 0, high = 0;                  // of the finite elements, when there are any
    std::size_t finite = 0;
};

template <class T>
Census census(const BasicArray<T>& array);

/// One array in the message of an anomaly.
struct Exhibit {
    std::string role;  // "input 0"
    Shape shape;
    Census census;

    template <class T>
    static Exhibit of(std::string role, const BasicArray<T>& array) {
        return {std::move(role), array.shape(), detail::census(array)};
    }
    /// "input 0 (2, 3) with 1 NaN, else from -1 to 4"
    std::string text() const;
};

/// "result (3) with 1 NaN, else all 0; input 0 (3) from -1 to 1; " of the first eight, and how many there are besides.
std::string show(const std::vector<Exhibit>& exhibits);

/// What the first exhibit holds that the others, its causes, cannot have handed on.
struct Finding {
    std::string what;     // "NaN at [1, 2]"; empty: nothing
    std::string among;    // "finite " when all causes are
    std::string without;  // " without NaN" otherwise
    bool none() const { return what.empty(); }
};

/// A NaN though no cause has one, or an infinity though all causes are finite.
Finding find_made(const std::vector<Exhibit>& exhibits);

}  // namespace xtape::detail

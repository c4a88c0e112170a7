#include <xtape/autodiff/anomaly.hpp>

#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::detail {
namespace {

// x - x is 0 for every finite x and NaN for all others.
template <class T>
bool finite_range(const T* p, std::size_t n) {
    constexpr std::size_t width = Lanes<T>::width;
    Lanes<T> a(0), b(0);
    std::size_t i = 0;
    for (; i + 2 * width <= n; i += 2 * width) {
        const Lanes<T> x = Lanes<T>::load(p + i), y = Lanes<T>::load(p + i + width);
        a = a + (x - x);
        b = b + (y - y);
    }
    T lanes[width];
    (a + b).store(lanes);
    T sum = 0;
    for (const T lane : lanes) sum += lane;
    for (; i < n; ++i) sum += p[i] - p[i];
    return sum == 0;
}

std::string index_text(std::size_t place, const Shape& shape) {
    if (shape.empty()) return "";
    std::string text = "]";
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        text = (axis > 0 ? ", " : "") + std::to_string(place % shape[axis]) + text;
        place /= shape[axis];
    }
    return " at [" + text;
}

}  // namespace

template <class T>
bool all_finite(const BasicArray<T>& array) {
    return parallel_reduce(
        array.size(), std::size_t{1} << 16, true,
        [&](std::size_t begin, std::size_t end) { return finite_range(array.data() + begin, end - begin); },
        [](bool a, bool b) { return a && b; });
}

template <class T>
Census census(const BasicArray<T>& array) {
    Census c;
    for (std::size_t i = 0; i < array.size(); ++i) {
        const double x = static_cast<double>(array.data()[i]);
        if (std::isnan(x)) {
            if (c.nan++ == 0) c.first_nan = i;
        } else if (std::isinf(x)) {
            if (c.inf++ == 0) {
                c.first_inf = i;
                c.negative = x < 0;
            }
        } else {
            c.low = c.finite == 0 ? x : std::min(c.low, x);
            c.high = c.finite == 0 ? x : std::max(c.high, x);
            ++c.finite;
        }
    }
    return c;
}

std::string Exhibit::text() const {
    std::string text = role + " " + to_string(shape);
    if (census.nan > 0) text += fmt::format(" with {} NaN", census.nan);
    if (census.inf > 0) text += fmt::format(" {} {} inf", census.nan > 0 ? "and" : "with", census.inf);
    if (census.finite == 0) return text;
    if (census.nan + census.inf > 0) text += ", else";
    if (census.low == census.high) return text + fmt::format(" all {:.6g}", census.low);
    return text + fmt::format(" from {:.6g} to {:.6g}", census.low, census.high);
}

std::string show(const std::vector<Exhibit>& exhibits) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(exhibits.size(), most); ++i) text += exhibits[i].text() + "; ";
    return exhibits.size() <= most ? text : text + fmt::format("and {} more; ", exhibits.size() - most);
}

Finding find_made(const std::vector<Exhibit>& exhibits) {
    std::size_t nan = 0, inf = 0;
    for (std::size_t i = 1; i < exhibits.size(); ++i) {
        nan += exhibits[i].census.nan;
        inf += exhibits[i].census.inf;
    }
    const Census& made = exhibits[0].census;
    const bool finite = nan + inf == 0;
    const bool new_nan = made.nan > 0 && nan == 0, new_inf = made.inf > 0 && finite;
    if (!new_nan && !new_inf) return {};
    const bool say_nan = new_nan && (!new_inf || made.first_nan < made.first_inf);
    Finding finding{say_nan         ? "NaN"
                    : made.negative ? "-inf"
                                    : "inf",
                    finite ? "finite " : "", finite ? "" : " without NaN"};
    finding.what += index_text(say_nan ? made.first_nan : made.first_inf, exhibits[0].shape);
    return finding;
}

template bool all_finite(const Array&);
template bool all_finite(const Array64&);
template Census census(const Array&);
template Census census(const Array64&);

}  // namespace xtape::detail

#include <xtape/autodiff/kernels/order.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>
#include <vector>

namespace xtape::detail {
namespace {

constexpr std::size_t block_elements = 32768;

// An integer that sorts as x does: NaN last, the two zeros equal. Descending order is ascending order of its complement.
template <class T>
auto sort_key(T x, bool descending) {
    using Key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr Key sign = Key{1} << (std::numeric_limits<Key>::digits - 1);
    const Key bits = std::bit_cast<Key>(x == 0 ? T(0) : x);
    const Key key = x != x ? std::numeric_limits<Key>::max() : (bits & sign) ? ~bits : bits | sign;
    return descending ? static_cast<Key>(~key) : key;
}

// An element to be sorted: key first, place second, so that no two are equal and every way of sorting gives the same order.
struct Wide {
    std::uint64_t key, place;

    template <class Key>
    static Wide make(Key key, std::size_t place) { return {key, place}; }
    std::uint64_t index() const { return place; }
    friend bool operator<(const Wide& a, const Wide& b) { return a.key != b.key ? a.key < b.key : a.place < b.place; }
};

// The same in one word, for 32-bit keys and places.
struct Packed {
    std::uint64_t word;

    static Packed make(std::uint32_t key, std::size_t place) { return {std::uint64_t{key} << 32 | place}; }
    std::uint64_t index() const { return word & 0xffffffffu; }
    friend bool operator<(const Packed& a, const Packed& b) { return a.word < b.word; }
};

template <class Entry>
using Entries = std::vector<Entry, PoolAllocator<Entry>>;

template <class Entry>
auto at(Entries<Entry>& entries, std::size_t place) { return entries.begin() + static_cast<std::ptrdiff_t>(place); }

template <class Entry>
void sort_first(Entries<Entry>& entries, std::size_t count) {
    if (count < entries.size()) std::nth_element(entries.begin(), at(entries, count), entries.end());
    std::sort(entries.begin(), at(entries, count));
}

// One long row: blocks on all threads, then merged two by two.
template <class Entry>
void sort_long(Entries<Entry>& entries) {
    const std::size_t n = entries.size();
    parallel_for(n, block_elements, [&](std::size_t begin, std::size_t end) { std::sort(at(entries, begin), at(entries, end)); });
    Entries<Entry> merged(n);
    for (std::size_t width = block_elements; width < n; width *= 2) {
        parallel_for((n - 1) / (2 * width) + 1, 1, [&](std::size_t first, std::size_t last) {
            for (std::size_t pair = first; pair < last; ++pair) {
                const std::size_t begin = pair * 2 * width, middle = std::min(n, begin + width), end = std::min(n, begin + 2 * width);
                std::merge(at(entries, begin), at(entries, middle), at(entries, middle), at(entries, end), at(merged, begin));
            }
        });
        entries.swap(merged);
    }
}

template <class Entry, class T>
void sort_entries(const T* x, std::size_t rows, std::size_t extent, std::size_t count, bool descending, std::int64_t* order) {
    const auto sort_row = [=](Entries<Entry>& entries, std::size_t row, bool lengthy) {
        for (std::size_t i = 0; i < extent; ++i) entries[i] = Entry::make(sort_key(x[row * extent + i], descending), i);
        if (lengthy) {
            sort_long(entries);
        } else {
            sort_first(entries, count);
        }
        for (std::size_t i = 0; i < count; ++i) order[row * count + i] = static_cast<std::int64_t>(entries[i].index());
    };
    if (count == extent && extent > 2 * block_elements) {
        Entries<Entry> entries(extent);
        for (std::size_t row = 0; row < rows; ++row) sort_row(entries, row, true);
        return;
    }
    // Sorting costs more an element than moving it: smaller blocks than elsewhere.
    parallel_for(rows, std::max<std::size_t>(1, block_elements / 8 / extent), [&](std::size_t begin, std::size_t end) {
        Entries<Entry> entries(extent);
        for (std::size_t row = begin; row < end; ++row) sort_row(entries, row, false);
    });
}

}  // namespace

template <class T>
void sort_rows(const T* x, std::size_t rows, std::size_t extent, std::size_t count, bool descending, std::int64_t* order) {
    if (rows == 0 || extent == 0 || count == 0) return;
    if constexpr (sizeof(T) == 4) {
        if (extent <= 0xffffffffu) return sort_entries<Packed>(x, rows, extent, count, descending, order);
    }
    sort_entries<Wide>(x, rows, extent, count, descending, order);
}

template void sort_rows(const float*, std::size_t, std::size_t, std::size_t, bool, std::int64_t*);
template void sort_rows(const double*, std::size_t, std::size_t, std::size_t, bool, std::int64_t*);

}  // namespace xtape::detail

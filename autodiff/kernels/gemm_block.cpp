#include <xtape/autodiff/kernels/gemm_block.hpp>

#include <xtape/autodiff/kernels/gemm_tile.hpp>
#include <xtape/autodiff/kernels/turn.hpp>

#include <algorithm>
#include <utility>

// Tiles of the result are summed in registers. They read A where it lies, numbers of it being spread over registers one by
// one; of B they read rows of registers. A transposed B is therefore packed into panels as wide as tiles, and so is one that
// would spread over many pages or fill the same lines of the cache again and again.
namespace xtape::detail {
namespace {

template <class T>
constexpr std::ptrdiff_t panel_width = 2 * register_width<T>;

// Terms of one chunk: a panel of B, and the rows of A beside it, stay in the cache.
constexpr std::ptrdiff_t most_terms = 400;

std::ptrdiff_t parts(std::ptrdiff_t n, std::ptrdiff_t most) { return (n + most - 1) / most; }
// The length of parts of n that are as equal as can be and no longer than `most`.
std::ptrdiff_t equal_parts(std::ptrdiff_t n, std::ptrdiff_t most) { return n <= most ? n : parts(n, parts(n, most)); }
std::ptrdiff_t round_up(std::ptrdiff_t n, std::ptrdiff_t step) { return parts(n, step) * step; }

// Columns [column, column + columns) of `terms` rows of B as panels, one behind the other. The last one is filled up with
// zeros to whole registers.
template <class T>
void pack(const MatrixView<T>& b, std::ptrdiff_t first, std::ptrdiff_t terms, std::ptrdiff_t column,
          std::ptrdiff_t columns, T* to) {
    using L = Lanes<T>;
    constexpr std::ptrdiff_t one = register_width<T>, panel = panel_width<T>;
    if (b.turned) {
        for (std::ptrdiff_t j = 0; j < columns; j += panel) {
            const std::ptrdiff_t filled = std::min(panel, columns - j), width = round_up(filled, one);
            turn_padded(b.data + (column + j) * b.step + first, b.step, filled, terms, to + j * terms, width);
        }
        return;
    }
    // Row after row, because memory is read fastest in its own order.
    const T* from = b.data + first * b.step + column;
    const std::ptrdiff_t whole = columns / panel * panel, width = round_up(columns - whole, one);
    for (std::ptrdiff_t l = 0; l < terms; ++l, from += b.step) {
        for (std::ptrdiff_t j = 0; j < whole; j += panel) {
            T* const row = to + j * terms + l * panel;
            L::load(from + j).store(row);
            L::load(from + j + one).store(row + one);
        }
        for (std::ptrdiff_t j = whole; j < columns; j += one) {
            const auto left = static_cast<std::size_t>(columns - j);
            const L part = left < L::width ? L::load_some(from + j, left) : L::load(from + j);
            part.store(to + whole * terms + l * width + (j - whole));
        }
    }
}

// The product in tiles; A as the template says.
template <Lying A, class T>
class TiledProduct {
public:
    explicit TiledProduct(const GemmBlock<T>& p)
        : p_(p),
          rows_(equal_parts(p.m, most_tile_rows<T>)),
          terms_(equal_parts(p.k, most_terms)),
          whole_(packs_b(p) ? 0 : p.n - (p.n % register_width<T> == 0 ? 0 : p.n % panel_width<T>)),
          packed_(terms_ * round_up(p.n - whole_, register_width<T>)),
          columns_(A == Lying::columns && packs_columns(p) ? terms_ * parts(p.m, rows_) * columns_step() : 0) {}

    void run() {
        for (std::ptrdiff_t first = 0; first < p_.k; first += terms_) {
            const std::ptrdiff_t terms = std::min(terms_, p_.k - first);
            if (whole_ < p_.n) pack(p_.b, first, terms, whole_, p_.n - whole_, packed_.data());
            if (columns_.data()) pack_columns(first, terms);
            sum_chunk(first, terms);
        }
    }

private:
    // Columns of A that stand a multiple of 4096 bytes apart push each other out of the cache; where many tiles read them, they
    // are copied, tile by tile and in whole registers.
    static bool packs_columns(const GemmBlock<T>& p) {
        constexpr std::ptrdiff_t same_place = 4096 / sizeof(T);
        return p.n > 4 * panel_width<T> && p.k > 16 && p.a.step % same_place == 0;
    }
    std::ptrdiff_t columns_step() const { return round_up(rows_, register_width<T>); }
    void pack_columns(std::ptrdiff_t first, std::ptrdiff_t terms) const {
        using L = Lanes<T>;
        constexpr std::ptrdiff_t one = register_width<T>;
        const std::ptrdiff_t step = columns_step();
        const T* from = p_.a.data + first * p_.a.step;
        for (std::ptrdiff_t l = 0; l < terms; ++l, from += p_.a.step) {
            T* to = columns_.data() + l * step;
            for (std::ptrdiff_t i = 0; i < p_.m; i += rows_, to += terms * step) {
                for (std::ptrdiff_t r = 0; r < rows_ && i + r < p_.m; r += one) {
                    const std::ptrdiff_t left = p_.m - (i + r);
                    const L part =
                        left < one ? L::load_some(from + i + r, static_cast<std::size_t>(left)) : L::load(from + i + r);
                    part.store(to + r);
                }
            }
        }
    }

    void sum_chunk(std::ptrdiff_t first, std::ptrdiff_t terms) const {
        TileWork<T> w;
        w.k = terms;
        w.step_a = p_.a.step;
        for (std::ptrdiff_t i = 0; i < p_.m; i += rows_) {
            const std::ptrdiff_t rows = std::min(rows_, p_.m - i);
            w.a = p_.a.data + (A == Lying::rows ? i * p_.a.step + first : first * p_.a.step + i);
            if (columns_.data()) {
                w.step_a = columns_step();
                w.a = columns_.data() + i / rows_ * terms * w.step_a;
            }
            for (std::ptrdiff_t j = 0; j < p_.n; j += panel_width<T>) {
                const std::ptrdiff_t columns = std::min(panel_width<T>, p_.n - j);
                const std::ptrdiff_t width = round_up(columns, register_width<T>);
                w.b = j < whole_ ? p_.b.data + first * p_.b.step + j : packed_.data() + (j - whole_) * terms;
                w.step_b = j < whole_ ? p_.b.step : width;
                w.start = p_.bias && first == 0 ? p_.bias + j : nullptr;
                w.c = p_.c + i * p_.step_c + j;
                w.step_c = p_.step_c;
                w.add = p_.add || first > 0;
                const TileFunction<T> tile = tile_function<A, T>(rows, width / register_width<T>);
                columns == width ? tile(w) : put_some(tile, w, rows, columns, width);
            }
        }
    }

    // A tile that is wider than its place in C.
    static void put_some(TileFunction<T> tile, TileWork<T> w, std::ptrdiff_t rows, std::ptrdiff_t columns,
                         std::ptrdiff_t width) {
        alignas(64) T wide[most_tile_rows<T> * panel_width<T>], start[panel_width<T>];
        T* c = std::exchange(w.c, wide);
        const std::ptrdiff_t step_c = std::exchange(w.step_c, width);
        const bool add = std::exchange(w.add, false);
        if (w.start) w.start = std::copy_n(w.start, columns, start) - columns;
        tile(w);
        using L = Lanes<T>;
        for (std::ptrdiff_t i = 0; i < rows; ++i, c += step_c) {
            for (std::ptrdiff_t j = 0; j < columns; j += register_width<T>) {
                const L sum = L::load(wide + i * width + j);
                const auto n = static_cast<std::size_t>(columns - j);
                if (n >= L::width) {
                    (add ? L::load(c + j) + sum : sum).store(c + j);
                } else {
                    (add ? L::load_some(c + j, n) + sum : sum).store_some(c + j, n);
                }
            }
        }
    }

    const GemmBlock<T>& p_;
    std::ptrdiff_t rows_;   // of a tile: as equal as can be
    std::ptrdiff_t terms_;  // of a chunk
    std::ptrdiff_t whole_;  // columns of B that are read where they lie
    PoolMemory<T> packed_;
    PoolMemory<T> columns_;  // of A
};

template <class T>
void multiply_tiles(const GemmBlock<T>& p) {
    if (p.a.turned) {
        TiledProduct<Lying::columns, T>(p).run();
    } else {
        TiledProduct<Lying::rows, T>(p).run();
    }
}

template <class T>
void multiply_swapped(const GemmBlock<T>& p) {
    const std::ptrdiff_t step = round_up(p.m, register_width<T>);
    PoolMemory<T> turned(p.n * step);
    multiply_tiles(GemmBlock<T>{p.n,
                                p.m,
                                p.k,
                                {p.b.data, p.b.step, !p.b.turned},
                                {p.a.data, p.a.step, !p.a.turned},
                                turned.data(),
                                step,
                                nullptr,
                                false});
    if (p.bias) {
        for (std::ptrdiff_t j = 0; j < p.n; ++j) {
            T* const row = turned.data() + j * step;
            for (std::ptrdiff_t i = 0; i < p.m; ++i) row[i] += p.bias[j];
        }
    }
    turn(turned.data(), step, p.n, p.m, p.c, p.step_c);
}

}  // namespace

template <class T>
bool packs_b(const GemmBlock<T>& p) {
    // Rows of a B that is narrow, or of which there are few, stay in the cache; and few rows of A do not pay for packing.
    return p.b.turned || (p.m > 3 * most_tile_rows<T> && p.k > 128 && p.n > panel_width<T>);
}

template <class T>
bool is_swapped(const GemmBlock<T>& p) {
    if (p.add) return false;
    // Counted in multiplications: to turn an element takes as long as about ten of them, twice that in the result.
    const std::ptrdiff_t turn_cost = 10, n = round_up(p.n, register_width<T>), m = round_up(p.m, register_width<T>);
    const std::ptrdiff_t straight = ((p.b.turned ? turn_cost : 0) + p.m) * n * p.k;
    const std::ptrdiff_t swapped = ((p.a.turned ? 0 : turn_cost) + p.n) * m * p.k + 2 * turn_cost * p.m * p.n;
    return swapped < straight;
}

template <class T>
void multiply_block(const GemmBlock<T>& p) {
    if (is_thin(p)) return multiply_thin(p);
    is_swapped(p) ? multiply_swapped(p) : multiply_tiles(p);
}

template bool packs_b(const GemmBlock<float>&);
template bool packs_b(const GemmBlock<double>&);
template bool is_swapped(const GemmBlock<float>&);
template bool is_swapped(const GemmBlock<double>&);
template void multiply_block(const GemmBlock<float>&);
template void multiply_block(const GemmBlock<double>&);

}  // namespace xtape::detail

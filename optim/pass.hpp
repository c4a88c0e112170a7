// One pass over many arrays: what optimizers, weight averages and gradient clipping loop over.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/parallel.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace xtape::optim {

/// Running quantities a parameter can have.
inline constexpr std::size_t most_slots = 3;

namespace detail {
/// One parameter in a pass.
template <class T>
struct Piece {
    const T* source;                        ///< the gradient; only read
    std::array<T*, most_slots + 1> arrays;  ///< what changes: the value, then the running quantities
    std::size_t size;
    std::size_t update;  ///< which of the pass's updates
    std::size_t start;   ///< where it stands when all pieces are laid one behind the other, each on whole lines
};
}  // namespace detail

/// A formula with its constants, to be run over a stretch of a piece that begins on a register. make_update in
/// update.hpp makes it.
template <class T>
struct Update {
    void (*run)(const Update&, const detail::Piece<T>&, std::size_t begin, std::size_t end);
    std::size_t streams;  ///< numbers read or written for each element
    alignas(16) std::byte constants[14 * sizeof(T)];
};

namespace detail {

/// Small arrays share a block, large ones are cut, and there is one parallel region for all of them. Blocks depend on the
/// sizes only, so the same bits come out on any number of threads; a pass over little memory wakes no thread.
template <class T>
class Pass {
public:
    void clear() {
        pieces_.clear();
        updates_.clear();
        end_ = 0;
    }

    /// The update's number.
    std::size_t add(const Update<T>& update) {
        updates_.push_back(update);
        return updates_.size() - 1;
    }
    void add(const T* source, const std::array<T*, most_slots + 1>& arrays, std::size_t size, std::size_t update) {
        constexpr std::size_t line = memory_alignment / sizeof(T);
        pieces_.push_back({source, arrays, size, update, end_});
        end_ += (size + line - 1) / line * line;
    }

    /// Runs every piece's update. Numbers below the smallest normal one count as 0.
    void run() const;

    /// join(...join(first, f(source, n))...) over stretches of n elements that cover all pieces, in a fixed order.
    template <class R, class F, class Join>
    R reduce(R first, const F& f, const Join& join) const {
        const auto block_of = [&](std::size_t begin, std::size_t end) {
            R result = first;
            for_stretches(begin, end, [&](const Piece<T>& piece, std::size_t from, std::size_t to) {
                if (from < to) result = join(result, f(piece.source + from, to - from));
            });
            return result;
        };
        return parallel_reduce(end_, small(1) ? end_ : block(1), first, block_of, join);
    }

private:
    /// Whether so many numbers for each element are too little work for a second thread.
    bool small(std::size_t streams) const;
    /// Elements of a parallel block, for so many numbers each.
    std::size_t block(std::size_t streams) const;

    /// f(piece, from, to) for what [begin, end) of all pieces, laid one behind the other, has of each.
    template <class F>
    void for_stretches(std::size_t begin, std::size_t end, const F& f) const {
        const auto after = [](std::size_t at, const Piece<T>& piece) { return at < piece.start; };
        for (auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), begin, after) - 1;
             piece != pieces_.end() && piece->start < end; ++piece) {
            f(*piece, std::max(begin, piece->start) - piece->start, std::min(end - piece->start, piece->size));
        }
    }

    std::vector<Piece<T>, PoolAllocator<Piece<T>>> pieces_;
    std::vector<Update<T>, PoolAllocator<Update<T>>> updates_;
    std::size_t end_ = 0;
};

extern template class Pass<float>;
extern template class Pass<double>;

}  // namespace detail
}  // namespace xtape::optim

#include <xtape/optim/pass.hpp>

#include <algorithm>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace xtape::optim::detail {
namespace {

/// Bytes read and written up to which a pass stays on the calling thread: waking another one costs about as much.
constexpr std::size_t inline_bytes = std::size_t{512} * 1024;
/// Bytes of a block of a larger pass, and the most blocks: a block costs its thread a fraction of a microsecond.
constexpr std::size_t block_bytes = std::size_t{256} * 1024, most_blocks = 64;

/// While it lives, this thread takes subnormal numbers for 0. A running mean whose gradients have stopped shrinks until it
/// is one, stays one, and processors are many times slower on it.
class WithoutSubnormals {
public:
#if defined(__SSE__)
    WithoutSubnormals() { _mm_setcsr(before_ | flush_results | flush_operands); }
    ~WithoutSubnormals() { _mm_setcsr(before_); }
#else
    WithoutSubnormals() {}
#endif
    WithoutSubnormals(const WithoutSubnormals&) = delete;
    WithoutSubnormals& operator=(const WithoutSubnormals&) = delete;

private:
#if defined(__SSE__)
    static constexpr unsigned flush_results = 0x8000, flush_operands = 0x0040;
    const unsigned before_ = _mm_getcsr();
#endif
};

}  // namespace

template <class T>
bool Pass<T>::small(std::size_t streams) const {
    return end_ * streams * sizeof(T) <= inline_bytes;
}

template <class T>
std::size_t Pass<T>::block(std::size_t streams) const {
    constexpr std::size_t unit = 1024;
    const std::size_t elements = std::max(block_bytes / (streams * sizeof(T)), end_ / most_blocks);
    return (elements + unit - 1) / unit * unit;
}

template <class T>
void Pass<T>::run() const {
    std::size_t streams = 0;
    for (const Update<T>& update : updates_) streams = std::max(streams, update.streams);
    const auto update = [this](const Piece<T>& piece, std::size_t begin, std::size_t end) {
        const Update<T>& u = updates_[piece.update];
        u.run(u, piece, begin, end);
    };
    if (small(streams)) {
        const WithoutSubnormals scope;
        for (const Piece<T>& piece : pieces_) update(piece, 0, piece.size);
        return;
    }
    parallel_for(end_, block(streams), [&](std::size_t begin, std::size_t end) {
        const WithoutSubnormals scope;
        for_stretches(begin, end, update);
    });
}

template class Pass<float>;
template class Pass<double>;

}  // namespace xtape::optim::detail

#include <xtape/autodiff/kernels/reduce.hpp>

#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/reduce_terms.hpp>

namespace xtape::detail {

template <class T>
Folded<T>::Folded(const BasicArray<T>& x, const AxisMask& reduced) : x_(x.data()) {
    const Shape& shape = x.shape();
    enum { before, inside, behind } place = before;
    bool together = true;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 1) continue;
        if (reduced[i]) {
            together = together && place != behind;
            place = inside;
            count_ *= shape[i];
        } else {
            if (place == inside) place = behind;
            (place == before ? outer_ : inner_) *= shape[i];
        }
    }
    if (together) return;
    outer_ *= inner_;
    inner_ = 1;
    const Steps steps = contiguous_steps(shape);
    Shape turned;
    Steps from;
    for (const bool wanted : {false, true}) {
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (reduced[i] != wanted) continue;
            turned.push_back(shape[i]);
            from.push_back(steps[i]);
        }
    }
    copy_ = empty_array<T>(turned);
    copy_strided(turned, x.data(), from, copy_.data(), contiguous_steps(turned));
    x_ = copy_.data();
    moved_ = true;
}

template class Folded<float>;
template class Folded<double>;

template <class T>
void reduce_middle(ReduceKind kind, const T* x, T* y, std::size_t outer, std::size_t count, std::size_t inner) {
    const Folded<T> folded(x, outer, count, inner);
    switch (kind) {
        case ReduceKind::sum:
            return reduce_terms<SumOf<T>, T, 0>(folded, y, {}, Itself{});
        case ReduceKind::product:
            return reduce_terms<ProductOf<T>, T, 0>(folded, y, {}, Itself{});
        case ReduceKind::max:
            return reduce_terms<MaxOf<T>, T, 0>(folded, y, {}, Itself{});
        case ReduceKind::min:
            return reduce_terms<MinOf<T>, T, 0>(folded, y, {}, Itself{});
    }
}

template <class T>
BasicArray<T> reduce_axes(ReduceKind kind, const BasicArray<T>& x, const AxisMask& reduced) {
    Shape shape = x.shape();
    const BasicArray<T>* from = &x;
    BasicArray<T> result;
    // Neighbouring reduced axes go together; from the last group to the first, so that each pass leaves less for the
    // next.
    for (std::size_t end = shape.size(); end > 0;) {
        if (!reduced[end - 1]) {
            --end;
            continue;
        }
        std::size_t begin = end;
        while (begin > 0 && reduced[begin - 1]) --begin;
        std::size_t outer = 1, count = 1, inner = 1;
        for (std::size_t i = 0; i < shape.size(); ++i) (i < begin ? outer : i < end ? count : inner) *= shape[i];
        for (std::size_t i = begin; i < end; ++i) shape[i] = 1;
        BasicArray<T> next = empty_array<T>(shape);
        reduce_middle<T>(kind, from->data(), next.data(), outer, count, inner);
        result = std::move(next);
        from = &result;
        end = begin;
    }
    if (from == &x) return x;
    return result;
}

template <class T>
void find_first(const T* x, const T* extreme, std::int64_t* at, std::size_t outer, std::size_t count,
                std::size_t inner) {
    // NaN is what differs from itself; an extreme that is NaN looks for that.
    const auto found = [](T value, T wanted) { return value == wanted || (value != value && wanted != wanted); };
    constexpr std::size_t piece = 256;
    const std::size_t pieces = (inner + piece - 1) / piece;
    const std::size_t grain =
        std::max<std::size_t>(1, reduce_block / std::max<std::size_t>(1, count * std::min(inner, piece)));
    parallel_for(outer * pieces, grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t o = b / pieces, first = b % pieces * piece, width = std::min(piece, inner - first);
            const T* from = x + o * count * inner + first;
            const T* wanted = extreme + o * inner + first;
            std::int64_t* to = at + o * inner + first;
            std::fill(to, to + width, std::int64_t{-1});
            std::size_t open = width;
            for (std::size_t c = 0; c < count && open > 0; ++c, from += inner) {
                for (std::size_t i = 0; i < width; ++i) {
                    if (to[i] >= 0 || !found(from[i], wanted[i])) continue;
                    to[i] = static_cast<std::int64_t>(c);
                    --open;
                }
            }
        }
    });
}

template void reduce_middle<float>(ReduceKind, const float*, float*, std::size_t, std::size_t, std::size_t);
template void reduce_middle<double>(ReduceKind, const double*, double*, std::size_t, std::size_t, std::size_t);
template BasicArray<float> reduce_axes(ReduceKind, const BasicArray<float>&, const AxisMask&);
template BasicArray<double> reduce_axes(ReduceKind, const BasicArray<double>&, const AxisMask&);
template void find_first(const float*, const float*, std::int64_t*, std::size_t, std::size_t, std::size_t);
template void find_first(const double*, const double*, std::int64_t*, std::size_t, std::size_t, std::size_t);

}  // namespace xtape::detail

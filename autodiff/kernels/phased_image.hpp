// Images laid out so that every tap of a kernel reads neighbouring elements for neighbouring results, whatever the stride.
#pragma once

#include <xtape/autodiff/kernels/columns.hpp>

namespace xtape::detail {

/// One axis of an image under a sum over taps: place i of the result reads element i * step + shift, where shifts of taps lie
/// in [low, high]. What is outside [0, extent) reads as 0.
struct SourceAxis {
    SourceAxis(std::ptrdiff_t of_extent, std::ptrdiff_t of_step, std::ptrdiff_t lowest, std::ptrdiff_t highest)
        : extent(of_extent), step(of_step), low(lowest), high(highest) {}

    std::ptrdiff_t extent, step, low, high;
};

/// Copies n >= 0 elements, by whole registers; the last two may overlap.
template <class T>
void copy_row(const T* from, std::ptrdiff_t n, T* to);

/// Rows of a few planes with the zeros around them. Columns are cut into phases: those that taps of one shift read for
/// results 0, 1, 2, ... stand side by side.
template <class T>
class PhasedImage {
public:
    /// For `channels` planes, `rows` of the `height` rows of results at a time, and reads for `columns` results in a row. Outside
    /// the image all is `outside`.
    PhasedImage(const SourceAxis& y, const SourceAxis& x, std::size_t channels, std::ptrdiff_t height,
                std::ptrdiff_t rows, std::ptrdiff_t columns, T outside = T(0));

    /// Takes what `rows` rows of results from `begin` on read, from the planes that begin at `image`. Where nothing lies
    /// outside and neighbours already stand side by side, nothing is copied: then `image` must stay.
    void load(const T* image, std::size_t channels, std::ptrdiff_t begin, std::ptrdiff_t rows);

    /// Sets one plane to zero, to which whoever runs the taps backwards adds.
    T* clear();
    /// The adjoint of load, for one plane and all its rows: what was added to elements that no tap reads is left out.
    void store(T* image) const;

    /// What result (row, column) of those taken reads at offset 0.
    const T* at(std::ptrdiff_t row, std::ptrdiff_t column) const { return first_ + row * row_step() + column; }
    std::ptrdiff_t offset(std::ptrdiff_t row_shift, std::ptrdiff_t column_shift) const;
    std::ptrdiff_t plane() const { return plane_; }
    /// From one row of results to the next one.
    std::ptrdiff_t row_step() const { return y_.step * pitch_; }

private:
    // Columns of a phase that lie inside the image; column k is the image's k * step + start.
    struct Stretch {
        std::ptrdiff_t start, begin, end;
    };
    void load_row(const T* from, T* to) const;

    SourceAxis y_, x_;
    T outside_;
    bool direct_;
    std::ptrdiff_t phases_, phase_, pitch_, plane_;
    Scratch<Stretch> inside_;  // for each phase
    Scratch<T> rows_;
    const T* first_ = nullptr;
};

}  // namespace xtape::detail

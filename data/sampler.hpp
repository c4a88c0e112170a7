// Which rows an epoch has, in which order: what Loader's option `sampler` takes.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace xtape::data {

/// A function of the size of the data set and a stream that gives the rows (M) of one epoch. All that is random must
/// come from the stream. Two things are optional: `count(size)`, the number of rows M of an epoch, otherwise `size`;
/// and `static constexpr bool random = false` of one that does not use the stream, for which none is taken.
template <class S>
concept SamplesRows = requires(const S& sampler, std::size_t size, random::Stream stream) {
    { sampler(size, stream) } -> std::convertible_to<IndexArray>;
};

/// Any sampler, or none.
class Sampler {
public:
    Sampler() = default;

    template <SamplesRows S>
    requires(!std::same_as<S, Sampler>) Sampler(S sampler) {
        if constexpr (requires { S::random; }) random_ = S::random;
        if constexpr (requires(std::size_t size) { sampler.count(size); }) {
            count_ = [sampler](std::size_t size) { return static_cast<std::size_t>(sampler.count(size)); };
        }
        rows_ = [sampler = std::move(sampler)](std::size_t size, const random::Stream& stream) -> IndexArray {
            return sampler(size, stream);
        };
    }

    explicit operator bool() const { return static_cast<bool>(rows_); }

    bool random() const { return random_; }

    /// Rows of an epoch over a data set of that size. Throws what the sampler throws when it cannot be used for it.
    std::size_t count(std::size_t size) const { return count_ ? count_(size) : size; }

    /// The rows of one epoch. Throws ConfigError for another number of rows than count(size), or rows outside 0 ..
    /// size-1.
    IndexArray rows(std::size_t size, const random::Stream& stream) const;

private:
    std::function<IndexArray(std::size_t, const random::Stream&)> rows_;
    std::function<std::size_t(std::size_t)> count_;
    bool random_ = true;
};

/// All rows in order; what a loader does by itself.
struct SequentialSampler {
    static constexpr bool random = false;
    IndexArray operator()(std::size_t size, const random::Stream& stream) const;
};

/// All rows in random order; what a loader's option `shuffle` does.
struct RandomSampler {
    IndexArray operator()(std::size_t size, const random::Stream& stream) const;
};

/// Rows drawn with replacement, row i with probability weights[i] / sum.
class WeightedSampler {
public:
    /// `rows` an epoch, 0: as many as weights. Throws ShapeError unless weights are (N), DataError for a weight that is
    /// negative or not finite, or when none is above 0 or their sum overflows.
    explicit WeightedSampler(const Array64& weights, std::size_t rows = 0, Location at = Location::current());

    /// Throws ConfigError unless the data set has a row for each weight.
    std::size_t count(std::size_t size) const;
    IndexArray operator()(std::size_t size, random::Stream stream) const;

private:
    std::shared_ptr<const std::vector<double>> sums_;  // of the weights up to each row, that one included
    std::size_t last_ = 0;                             // the last row with a weight above 0
    std::size_t rows_ = 0;
};

/// Rows drawn with replacement so that all labels that occur are equally likely, and with one label all its rows.
class BalancedSampler {
public:
    /// `rows` an epoch, 0: as many as labels. Throws ShapeError unless labels are (N) with N of at least 1.
    explicit BalancedSampler(const IndexArray& labels, std::size_t rows = 0, Location at = Location::current());

    /// Throws ConfigError unless the data set has a row for each label.
    std::size_t count(std::size_t size) const;
    IndexArray operator()(std::size_t size, random::Stream stream) const;

private:
    std::shared_ptr<const std::vector<std::vector<std::int64_t>>> rows_of_labels_;
    std::size_t labels_ = 0;
    std::size_t rows_ = 0;
};

}  // namespace xtape::data

// t-SNE: points of many features as a picture in the plane that keeps neighbours together.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/random.hpp>

#include <cstddef>
#include <functional>

namespace xtape::analysis {

/// Where a run of tsne() stands.
struct TsneProgress {
    std::size_t iteration, iterations;  ///< done so far, and at most
    double kl_divergence;               ///< of the picture from the data, without exaggeration
    double gradient_norm;
};

enum class TsneMethod {
    automatic,   ///< exact for up to 5000 points
    exact,       ///< all N^2 pairs in every iteration, and 4 N^2 bytes (8 in double) of memory
    barnes_hut,  ///< 3 perplexity neighbours of each point, and a quadtree for the others: N ln N each iteration
};

enum class TsneStart {
    pca,     ///< the first two principal components: keeps more of the large distances, and needs no luck
    random,  ///< normal numbers
};

struct TsneOptions {
    double perplexity = 30;               ///< about how many neighbours a point has, at least 1 and less than N - 1
    double early_exaggeration = 12;       ///< factor of the attraction in the first iterations, at least 1
    std::size_t exaggerated = 250;        ///< how many those are
    std::size_t iterations = 1000;        ///< at most, those included
    double learning_rate = 0;             ///< 0: max(50, N / early_exaggeration / 4)
    TsneStart start = TsneStart::pca;     ///< either way with a standard deviation of 1e-4 along the first axis
    TsneMethod method = TsneMethod::automatic;
    double angle = 0.5;                   ///< Barnes-Hut: below 1; smaller is more exact and slower
    double least_gradient = 1e-7;         ///< ends when the gradient's norm is at most this
    std::size_t patience = 300;           ///< ends when the divergence has not fallen for so many iterations
    std::function<void(const TsneProgress&)> progress = {};  ///< called every 50 iterations, and after the last
};

/// The picture and how it was reached.
template <class T>
struct BasicTsne {
    BasicArray<T> embedding;     ///< (N, 2)
    double kl_divergence = 0;    ///< of the picture from the data; Barnes-Hut: over the pairs that it knows
    std::size_t iterations = 0;  ///< done
};

/// Minimises the Kullback-Leibler divergence between joint probabilities of pairs in the data and in the picture (L. van der
/// Maaten, G. Hinton, "Visualizing data using t-SNE", JMLR 9, 2008) by gradient descent with momentum (0.5 while exaggerated, then
/// 0.8) and gains (R. A. Jacobs, "Increased rates of convergence through learning rate adaptation", Neural Networks 1, 1988).
/// Start and learning rate are those of A. C. Belkina et al., "Automated optimized parameters for t-distributed stochastic
/// neighbor embedding", Nature Communications 10, 2019, and D. Kobak, P. Berens, "The art of using t-SNE for single-cell
/// transcriptomics", ibid.; all options are as in scikit-learn. Squared Euclidean distances. The stream is drawn from only for
/// a random start. Same bits on any number of threads.
///
/// Points of hundreds of features are better given as their first 50 principal components, which takes away noise and time.
///
/// Throws ShapeError unless x is (N, D) with at least 4 points, DataError for NaN and infinities, ConfigError for options out of
/// range, and for a PCA start of points with one feature.
BasicTsne<float> tsne(const Array& x, const TsneOptions& options = {}, random::Stream stream = random::next_stream(),
                      Location at = Location::current());
BasicTsne<double> tsne(const Array64& x, const TsneOptions& options = {}, random::Stream stream = random::next_stream(),
                       Location at = Location::current());

using Tsne = BasicTsne<float>;
using Tsne64 = BasicTsne<double>;

}  // namespace xtape::analysis

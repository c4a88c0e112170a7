#include <xtape/autodiff/catalogue.hpp>

#include <xtape/autodiff/ops.hpp>

#include <iterator>

namespace xtape {

const std::vector<OperationInfo>& all_operations() {
    static const std::vector<OperationInfo> rows = [] {
        std::vector<OperationInfo> all;
        for (const auto& [title, family] : std::vector<std::pair<const char*, std::vector<OperationInfo> (*)()>>{
                 {"arithmetic", detail::arithmetic_operations},
                 {"elementary functions", detail::elementary_operations},
                 {"exponentials and logarithms", detail::exponential_operations},
                 {"trigonometry", detail::trigonometric_operations},
                 {"hyperbolic functions", detail::hyperbolic_operations},
                 {"special functions", detail::special_operations},
                 {"comparisons and logic", detail::comparison_operations},
                 {"selection", detail::selection_operations},
                 {"rounding", detail::rounding_operations},
                 {"activations", detail::activation_operations},
                 {"smooth activations", detail::smooth_activation_operations},
                 {"reductions", detail::reduction_operations},
                 {"extrema", detail::extrema_operations},
                 {"statistics", detail::statistics_operations},
                 {"truth", detail::truth_operations},
                 {"running sums and products", detail::cumulative_operations},
                 {"shape", detail::shaping_operations},
                 {"slices", detail::slicing_operations},
                 {"axes", detail::axes_operations},
                 {"rearrangement", detail::rearrange_operations},
                 {"padding", detail::padding_operations},
                 {"indexing", detail::indexing_operations},
                 {"sorting", detail::sorting_operations},
                 {"diagonals and triangles", detail::triangle_operations},
                 {"linear algebra", detail::linalg_operations},
                 {"products of vectors, and the trace", detail::product_operations},
                 {"einsum", detail::einsum_operations},
                 {"systems of linear equations", detail::solve_operations},
                 {"factors and determinants", detail::decomposition_operations},
                 {"convolution", detail::convolution_operations},
                 {"pooling", detail::pooling_operations},
                 {"softmax", detail::softmax_operations},
                 {"classification losses", detail::cross_entropy_operations},
                 {"elementwise losses", detail::loss_operations},
                 {"normalisation", detail::normalization_operations},
                 {"dropout", detail::dropout_operations},
                 {"embedding", detail::embedding_operations},
             }) {
            std::vector<OperationInfo> part = family();
            for (OperationInfo& row : part) row.family = title;
            std::move(part.begin(), part.end(), std::back_inserter(all));
        }
        return all;
    }();
    return rows;
}

Array64 detail::broadcast_reference(const std::vector<Array64>& x, const std::function<double(const double*)>& f) {
    Shape shape;
    for (const Array64& input : x) broadcast_shapes(shape, input.shape(), shape);
    Array64 y = empty_array<double>(shape);
    std::vector<double> values(x.size());
    for (std::size_t n = 0; n < y.size(); ++n) {
        for (std::size_t k = 0; k < x.size(); ++k) {
            const Shape& from = x[k].shape();
            std::size_t rest = n, place = 0, step = 1;
            for (std::size_t i = 0; i < shape.size(); ++i) {
                const std::size_t index = rest % shape[shape.size() - 1 - i];
                rest /= shape[shape.size() - 1 - i];
                if (i >= from.size()) continue;
                const std::size_t extent = from[from.size() - 1 - i];
                place += (extent == 1 ? 0 : index) * step;
                step *= extent;
            }
            values[k] = x[k].data()[place];
        }
        y.data()[n] = f(values.data());
    }
    return y;
}

}  // namespace xtape

#include <xtape/nn/attention.hpp>

#include <xtape/autodiff/ops/dropout.hpp>
#include <xtape/autodiff/ops/linalg.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/softmax.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::nn {
namespace {

constexpr Location nowhere{};  // the call that matters to the user is that of the layer or function

template <class T>
constexpr T hidden = -std::numeric_limits<T>::infinity();

template <class T>
BasicTensor<T> causal_mask(std::size_t queries, std::size_t keys) {
    BasicArray<T> mask({queries, keys}, T(0));
    for (std::size_t i = 0; i < queries; ++i) {
        for (std::size_t j = i + 1; j < keys; ++j) mask.data()[i * keys + j] = hidden<T>;
    }
    return mask;
}

// (N, S), whatever is not 0 being hidden, as a mask (N, 1, 1, S).
template <class T>
BasicTensor<T> padding_mask(const BasicArray<T>& padding) {
    BasicArray<T> mask = empty_array<T>({padding.shape()[0], 1, 1, padding.shape()[1]});
    std::transform(padding.begin(), padding.end(), mask.begin(), [](T x) { return x != 0 ? hidden<T> : T(0); });
    return mask;
}

template <class T>
BasicTensor<T> sum_of(const BasicTensor<T>& a, const BasicTensor<T>& b) {
    return a.defined() && b.defined() ? a + b : a.defined() ? a : b;
}

// 1 for each row that has a number other than -infinity, else 0: (..., 1).
template <class T>
BasicArray<T> rows_that_see(const BasicArray<T>& scores) {
    Shape shape = scores.shape();
    const std::size_t keys = shape.back();
    shape.back() = 1;
    BasicArray<T> sees = empty_array<T>(shape);
    for (std::size_t i = 0; i < sees.size(); ++i) {
        const T* const row = scores.data() + i * keys;
        sees.data()[i] = std::any_of(row, row + keys, [](T x) { return x != hidden<T>; }) ? T(1) : T(0);
    }
    return sees;
}

template <class T>
BasicTensor<T> masked_softmax(const BasicTensor<T>& scores) {
    const BasicTensor<T> sees = rows_that_see(scores.value());
    if (std::find(sees.value().begin(), sees.value().end(), T(0)) == sees.value().end())
        return softmax(scores, -1, nowhere);
    // Neither branch that is taken has a NaN, and none comes back from the one that is not.
    return where(sees, softmax(where(sees, scores, T(0)), -1, nowhere), T(0));
}

// Weights (..., L, S) of query (..., L, E), already scaled, and key (..., S, E).
template <class T>
BasicTensor<T> weights_of(const BasicTensor<T>& query, const BasicTensor<T>& key, const BasicTensor<T>& mask,
                          double p) {
    const BasicTensor<T> scores = matmul(query, key, {.transpose_b = true}, nowhere);
    const BasicTensor<T> weights = mask.defined() ? masked_softmax(scores + mask) : softmax(scores, -1, nowhere);
    return p > 0 ? dropout(weights, p, random::next_stream(), nowhere) : weights;
}

void check_dropout(const char* name, double p, Location at) {
    if (!(p >= 0 && p <= 1)) throw ConfigError(fmt::format("{}: expected a dropout in 0 .. 1, got {}", name, p), at);
}

// What a mask may be: whatever repeated to `scores` has that shape.
void check_mask(const char* name, const char* axes, const Shape& mask, const Shape& scores, Location at) {
    Shape together;
    if (broadcast_shapes(mask, scores, together) && together == scores) return;
    throw ShapeError(fmt::format("{}: expected a mask that broadcasts to {} = {}, got {}", name, axes,
                                 to_string(scores), to_string(mask)),
                     at);
}

template <class T>
BasicTensor<T> dot_product_attention(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                     const BasicTensor<T>& value, const BasicDotProductOptions<T>& options,
                                     Location at) {
    constexpr const char* name = "scaled_dot_product_attention";
    check_dropout(name, options.dropout, at);
    const Shape &q = query.shape(), &k = key.shape(), &v = value.shape();
    const auto leading = [](const Shape& x) { return Shape(x.begin(), x.end() - 2); };
    Shape batch, all;
    const bool fits = q.size() >= 2 && k.size() >= 2 && v.size() >= 2 && q.back() == k.back() && k.back() > 0 &&
                      k[k.size() - 2] == v[v.size() - 2] && k[k.size() - 2] > 0 &&
                      broadcast_shapes(leading(q), leading(k), batch) && broadcast_shapes(batch, leading(v), all);
    if (!fits) {
        throw ShapeError(
            fmt::format("{}: expected query (..., L, E), key (..., S, E) and value (..., S, V), got {}, {} and {}",
                        name, to_string(q), to_string(k), to_string(v)),
            at);
    }
    const std::size_t queries = q[q.size() - 2], keys = k[k.size() - 2];
    if (options.mask.defined()) {
        Shape scores = all;
        scores.push_back(queries);
        scores.push_back(keys);
        check_mask(name, "(..., L, S)", options.mask.shape(), scores, at);
    }
    const BasicTensor<T> causal = options.causal ? causal_mask<T>(queries, keys) : BasicTensor<T>();
    const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(q.back())));
    return matmul(weights_of<T>(query * scale, key, sum_of(options.mask, causal), options.dropout), value, {}, at);
}

constexpr const char* layer_name = "MultiheadAttention";

template <class T>
BasicArray<T> first_weight(std::size_t embed_dim, std::size_t heads, double dropout, Location at) {
    if (embed_dim == 0 || heads == 0 || embed_dim % heads != 0) {
        throw ConfigError(fmt::format("{}: expected a number of heads that divides embed_dim, got {} heads for {}",
                                      layer_name, heads, embed_dim),
                          at);
    }
    check_dropout(layer_name, dropout, at);
    return init::xavier_uniform<T>({3 * embed_dim, embed_dim});
}

// (parts, N, steps, heads, size) <-> (parts, N, heads, steps, size)
template <class T>
BasicTensor<T> steps_and_heads_exchanged(const BasicTensor<T>& x) {
    return transpose(x, {0, 1, 3, 2, 4}, nowhere);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const BasicDotProductOptions<float>& options, Location at) {
    return dot_product_attention(query, key, value, options, at);
}

Tensor64 scaled_dot_product_attention(const Tensor64& query, const Tensor64& key, const Tensor64& value,
                                      const BasicDotProductOptions<double>& options, Location at) {
    return dot_product_attention(query, key, value, options, at);
}

template <class T>
BasicMultiheadAttention<T>::BasicMultiheadAttention(std::size_t embed_dim, std::size_t heads,
                                                    MultiheadAttentionOptions options, Location at)
    : in_proj_weight(first_weight<T>(embed_dim, heads, options.dropout, at), "in_proj_weight"),
      out_proj(embed_dim, embed_dim, {.bias = options.bias}, at),
      heads_(heads),
      dropout_(options.dropout) {
    if (!options.bias) return;
    in_proj_bias.emplace(init::zeros<T>({3 * embed_dim}), "in_proj_bias");
    out_proj.bias->assign(init::zeros<T>({embed_dim}));
}

template <class T>
BasicAttentionOutput<T> BasicMultiheadAttention<T>::operator()(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                                               const BasicTensor<T>& value,
                                                               const BasicAttentionOptions<T>& options, Location at) {
    BasicAttentionOutput<T> result;
    this->run_as_layer([&] { result = attend(query, key, value, options); }, at);
    return result;
}

template <class T>
BasicAttentionOutput<T> BasicMultiheadAttention<T>::operator()(const BasicTensor<T>& x,
                                                               const BasicAttentionOptions<T>& options, Location at) {
    BasicAttentionOutput<T> result;
    this->run_as_layer([&] { result = attend_to_itself(x, options); }, at);
    return result;
}

template <class T>
BasicTensor<T> BasicMultiheadAttention<T>::forward(const BasicTensor<T>& x) {
    return attend_to_itself(x, {}).y;
}

template <class T>
BasicAttentionOutput<T> BasicMultiheadAttention<T>::attend_to_itself(const BasicTensor<T>& x,
                                                                     const BasicAttentionOptions<T>& options) {
    const std::size_t dim = in_proj_weight.shape()[1];
    const Shape& shape = x.shape();
    if (shape.size() != 3 || shape[2] != dim || shape[1] == 0) {
        throw ShapeError(fmt::format("{}: expected input (N, L, {}) with at least 1 step, got {}", layer_name, dim,
                                     to_string(shape)));
    }
    const BasicTensor<T> all =
        in_proj_bias ? linear(x, in_proj_weight, *in_proj_bias, nowhere) : linear(x, in_proj_weight, nowhere);
    const Shape in_heads{shape[0], shape[1], 3, heads_, dim / heads_};
    const auto parts =
        split(transpose(reshape(all, in_heads, nowhere), {2, 0, 3, 1, 4}, nowhere), {1, 1, 1}, 0, nowhere);
    return attend_in_heads(parts[0], parts[1], parts[2], options);
}

template <class T>
BasicAttentionOutput<T> BasicMultiheadAttention<T>::attend(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                                           const BasicTensor<T>& value,
                                                           const BasicAttentionOptions<T>& options) {
    const std::size_t dim = in_proj_weight.shape()[1];
    const Shape &q = query.shape(), &k = key.shape();
    const bool fits = q.size() == 3 && k.size() == 3 && q[2] == dim && k[2] == dim && q[0] == k[0] && q[1] > 0 &&
                      k[1] > 0 && k == value.shape();
    if (!fits) {
        throw ShapeError(fmt::format(
            "{}: expected query (N, L, {}), key (N, S, {}) and value (N, S, {}) with at least 1 step, got {}, "
            "{} and {}",
            layer_name, dim, dim, dim, to_string(q), to_string(k), to_string(value.shape())));
    }
    return attend_in_heads(projected(query, 0), projected(key, 1), projected(value, 2), options);
}

// x by the rows of in_proj that are for query (part 0), key or value: (1, N, heads, steps, size).
template <class T>
BasicTensor<T> BasicMultiheadAttention<T>::projected(const BasicTensor<T>& x, std::size_t part) const {
    const auto dim = static_cast<std::ptrdiff_t>(in_proj_weight.shape()[1]),
               first = static_cast<std::ptrdiff_t>(part) * dim;
    const std::vector<Range> rows{Range{.start = first, .stop = first + dim}};
    const BasicTensor<T> weight = slice(in_proj_weight, rows, nowhere);
    const BasicTensor<T> y =
        in_proj_bias ? linear(x, weight, slice(*in_proj_bias, rows, nowhere), nowhere) : linear(x, weight, nowhere);
    const Shape in_heads{1, x.shape()[0], x.shape()[1], heads_, x.shape()[2] / heads_};
    return steps_and_heads_exchanged(reshape(y, in_heads, nowhere));
}

// All (1, N, heads, steps, size).
template <class T>
BasicAttentionOutput<T> BasicMultiheadAttention<T>::attend_in_heads(const BasicTensor<T>& query,
                                                                    const BasicTensor<T>& key,
                                                                    const BasicTensor<T>& value,
                                                                    const BasicAttentionOptions<T>& options) {
    const std::size_t batch = query.shape()[1], queries = query.shape()[3], size = query.shape()[4],
                      keys = key.shape()[3];
    BasicTensor<T> mask = options.mask;
    if (mask.defined())
        check_mask(layer_name, "(N, heads, L, S)", mask.shape(), {batch, heads_, queries, keys}, nowhere);
    if (options.causal) mask = sum_of(mask, causal_mask<T>(queries, keys));
    if (options.key_padding.defined()) {
        const Shape& shape = options.key_padding.shape();
        if (shape != Shape{batch, keys}) {
            throw ShapeError(fmt::format("{}: expected key_padding (N, S) = {}, got {}", layer_name,
                                         to_string(Shape{batch, keys}), to_string(shape)));
        }
        mask = sum_of(mask, padding_mask(options.key_padding.value()));
    }
    const double scale = 1 / std::sqrt(static_cast<double>(size));
    const BasicTensor<T> weights = weights_of<T>(query * scale, key, mask, this->training() ? dropout_ : 0);
    const BasicTensor<T> heads = steps_and_heads_exchanged(matmul(weights, value, {}, nowhere));
    BasicAttentionOutput<T> result;
    result.y = out_proj(reshape(heads, Shape{batch, queries, heads_ * size}, nowhere), nowhere);
    if (options.weights)
        result.weights = reshape(mean(weights, 2, false, nowhere), Shape{batch, queries, keys}, nowhere);
    return result;
}

template <class T>
void BasicMultiheadAttention<T>::visit(BasicVisitor<T>& v) {
    v("in_proj_weight", in_proj_weight);
    if (in_proj_bias) v("in_proj_bias", *in_proj_bias);
    v("out_proj", out_proj);
}

template <class T>
std::string BasicMultiheadAttention<T>::describe() const {
    return fmt::format("{} {}, {} head{}", layer_name, in_proj_weight.shape()[1], heads_, heads_ == 1 ? "" : "s");
}

template class BasicMultiheadAttention<float>;
template class BasicMultiheadAttention<double>;

}  // namespace xtape::nn

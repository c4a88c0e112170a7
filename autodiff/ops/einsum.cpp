#include <xtape/autodiff/ops/einsum.hpp>

#include <xtape/autodiff/catalogue.hpp>
#include <xtape/autodiff/kernels/gemm.hpp>
#include <xtape/autodiff/kernels/layout.hpp>
#include <xtape/autodiff/kernels/reduce.hpp>
#include <xtape/autodiff/ops/selection.hpp>
#include <xtape/autodiff/ops/shaping.hpp>

#include <numeric>

namespace xtape {

using namespace sample;

namespace {

using Labels = Einsum::Labels;
using LabelExtents = std::map<int, std::size_t>;

bool has(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

Labels only(const Labels& labels, const std::function<bool(int)>& condition) {
    Labels result;
    std::copy_if(labels.begin(), labels.end(), std::back_inserter(result), condition);
    return result;
}

Labels operator+(Labels a, const Labels& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// An input on its way through a contraction: contiguous, its labels different, none of extent 1. Its elements are the
// input's own as long as they can be.
template <class T>
struct Operand {
    const T* data;
    Shape shape;
    Labels labels;
    BasicArray<T> owned{};

    Operand(const T* from, Shape extents, Labels names)
        : data(from), shape(std::move(extents)), labels(std::move(names)) {}
    Operand(BasicArray<T> array, Labels names)
        : data(array.data()), shape(array.shape()), labels(std::move(names)), owned(std::move(array)) {}
};

std::size_t product(const Shape& shape, std::size_t begin, std::size_t end) {
    return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(begin),
                           shape.begin() + static_cast<std::ptrdiff_t>(end), std::size_t{1}, std::multiplies<>());
}

template <class T>
Operand<T> distinct_labels(const BasicArray<T>& x, const Labels& labels) {
    const detail::Steps steps = detail::contiguous_steps(x.shape());
    Shape shape;
    Labels names;
    detail::Steps from;
    bool repeated = false;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (x.shape()[i] == 1) continue;
        const auto place = std::find(names.begin(), names.end(), labels[i]) - names.begin();
        if (place < static_cast<std::ptrdiff_t>(names.size())) {
            // A label once more: both axes move together.
            from[static_cast<std::size_t>(place)] += steps[i];
            repeated = true;
            continue;
        }
        shape.push_back(x.shape()[i]);
        names.push_back(labels[i]);
        from.push_back(steps[i]);
    }
    if (!repeated) return {x.data(), shape, names};
    BasicArray<T> y = empty_array<T>(shape);
    detail::copy_strided(shape, x.data(), from, y.data(), detail::contiguous_steps(shape));
    return {std::move(y), names};
}

// Sums over the labels that neither the output nor the other input has.
template <class T>
Operand<T> summed(Operand<T> x, const Labels& kept) {
    for (std::size_t axis = x.labels.size(); axis-- > 0;) {
        if (has(kept, x.labels[axis])) continue;
        const auto place = static_cast<std::ptrdiff_t>(axis);
        Shape shape = x.shape;
        shape.erase(shape.begin() + place);
        Labels labels = x.labels;
        labels.erase(labels.begin() + place);
        BasicArray<T> y = empty_array<T>(shape);
        detail::reduce_middle(detail::ReduceKind::sum, x.data, y.data(), product(x.shape, 0, axis), x.shape[axis],
                              product(x.shape, axis + 1, x.shape.size()));
        x = Operand<T>(std::move(y), std::move(labels));
    }
    return x;
}

template <class T>
Operand<T> arranged(Operand<T> x, const Labels& order) {
    if (x.labels == order) return x;
    const detail::Steps steps = detail::contiguous_steps(x.shape);
    Shape shape;
    detail::Steps from;
    for (const int label : order) {
        const auto axis =
            static_cast<std::size_t>(std::find(x.labels.begin(), x.labels.end(), label) - x.labels.begin());
        shape.push_back(x.shape[axis]);
        from.push_back(steps[axis]);
    }
    BasicArray<T> y = empty_array<T>(shape);
    detail::copy_strided(shape, x.data, from, y.data(), detail::contiguous_steps(shape));
    return {std::move(y), order};
}

// The product of two inputs as a batch of matrix products; its labels are the shared ones of the output, a's own, b's
// own.
template <class T>
Operand<T> contracted(Operand<T> a, Operand<T> b, const Labels& output) {
    const Labels batch = only(output, [&](int l) { return has(a.labels, l) && has(b.labels, l); });
    const Labels rows = only(output, [&](int l) { return has(a.labels, l) && !has(b.labels, l); });
    const Labels columns = only(output, [&](int l) { return !has(a.labels, l) && has(b.labels, l); });
    const auto shared = [&](int l) { return has(a.labels, l) && has(b.labels, l) && !has(output, l); };
    const auto fits = [&](const Operand<T>& x, const Labels& own, const Labels& inner) {
        return x.labels == batch + own + inner || x.labels == batch + inner + own;
    };
    // The inner labels stand in a's order, unless b's leaves more as it is.
    Labels inner = only(a.labels, shared);
    const Labels other = only(b.labels, shared);
    if (fits(a, rows, other) + fits(b, columns, other) > fits(a, rows, inner) + fits(b, columns, inner)) inner = other;
    const bool transpose_a = a.labels != batch + rows + inner && a.labels == batch + inner + rows;
    const bool transpose_b = b.labels != batch + inner + columns && b.labels == batch + columns + inner;
    if (!transpose_a) a = arranged(std::move(a), batch + rows + inner);
    if (!transpose_b) b = arranged(std::move(b), batch + inner + columns);

    LabelExtents extents;
    for (std::size_t i = 0; i < a.labels.size(); ++i) extents[a.labels[i]] = a.shape[i];
    for (std::size_t i = 0; i < b.labels.size(); ++i) extents[b.labels[i]] = b.shape[i];
    const auto count = [&](const Labels& labels) {
        std::size_t n = 1;
        for (const int label : labels) n *= extents[label];
        return n;
    };
    const std::size_t m = count(rows), n = count(columns), k = count(inner);
    const Labels labels = batch + rows + columns;
    Shape shape;
    for (const int label : labels) shape.push_back(extents[label]);
    BasicArray<T> y = empty_array<T>(shape);
    detail::gemm_batch<T>({transpose_a, transpose_b, m, n, k, a.data, b.data, y.data(), T(0)}, count(batch), m * k,
                          k * n, m * n);
    return {std::move(y), labels};
}

std::string label_name(int label) { return label < 128 ? std::string(1, static_cast<char>(label)) : "..."; }

}  // namespace

LabelExtents detail::label_extents(const Einsum& op, const std::vector<Shape>& shapes) {
    const auto fail = [&](int label) {
        std::string got;
        for (const Shape& shape : shapes) got += (got.empty() ? "" : ", ") + to_string(shape);
        throw ShapeError("einsum: expected extents of \"" + label_name(label) + "\" that agree in \"" + op.text +
                         "\", got " + got);
    };
    LabelExtents extents;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        LabelExtents own;
        for (std::size_t axis = 0; axis < shapes[i].size(); ++axis) {
            const int label = op.inputs[i][axis];
            const std::size_t extent = shapes[i][axis];
            if (!own.emplace(label, extent).second && own[label] != extent) fail(label);
            std::size_t& common = extents.emplace(label, extent).first->second;
            if (common != extent && common != 1 && extent != 1) fail(label);
            if (common == 1) common = extent;
        }
    }
    return extents;
}

Shape Einsum::infer(Shapes x) const {
    std::vector<Shape> shapes;
    bool fits = x.size() == inputs.size() && (x.size() == 1 || x.size() == 2);
    for (std::size_t i = 0; fits && i < x.size(); ++i) {
        fits = x[i]->size() == inputs[i].size();
        shapes.push_back(*x[i]);
    }
    if (!fits) throw ShapeError("einsum: expected one or two inputs with one label an axis in \"" + text + "\"");
    const LabelExtents extents = detail::label_extents(*this, shapes);
    Shape shape;
    for (const int label : output) {
        const auto known = extents.find(label);
        if (known == extents.end())
            throw ShapeError("einsum: expected output labels that stand in an operand in \"" + text + "\"");
        shape.push_back(known->second);
    }
    return shape;
}

double Einsum::flops(Shapes x) const {
    std::vector<Shape> shapes;
    for (const Shape* shape : x) shapes.push_back(*shape);
    double terms = 1;
    for (const auto& [label, extent] : detail::label_extents(*this, shapes)) terms *= static_cast<double>(extent);
    return static_cast<double>(x.size()) * terms;
}

template <class T>
BasicArray<T> Einsum::forward(Inputs<T> x) const {
    std::vector<Shape> shapes;
    for (const BasicArray<T>* input : x) shapes.push_back(input->shape());
    const LabelExtents extents = detail::label_extents(*this, shapes);
    Shape shape;
    for (const int label : output) shape.push_back(extents.at(label));
    const Labels order = only(output, [&](int label) { return extents.at(label) != 1; });

    Operand<T> y = distinct_labels(*x[0], inputs[0]);
    if (x.size() == 1) {
        y = summed(std::move(y), order);
    } else {
        Operand<T> other = distinct_labels(*x[1], inputs[1]);
        y = summed(std::move(y), order + other.labels);
        other = summed(std::move(other), order + y.labels);
        // Which input is the left one decides in which order their own labels come out.
        const auto own =
            std::find_if(order.begin(), order.end(), [&](int l) { return has(y.labels, l) != has(other.labels, l); });
        if (own != order.end() && has(other.labels, *own)) std::swap(y, other);
        y = contracted(std::move(y), std::move(other), order);
    }
    y = arranged(std::move(y), order);
    BasicArray<T> result = empty_array<T>(shape);
    if (y.data == y.owned.data()) {
        result = std::move(y.owned);
        result.reshape(shape);
    } else {
        std::copy(y.data, y.data + result.size(), result.data());
    }
    return result;
}

template <class T>
void Einsum::backward(Replay<T>& r) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!r.wants(i)) continue;
        const Shape shape = r.shape(i);
        const Labels& labels = inputs[i];
        Labels others = output;
        if (inputs.size() == 2) others = others + inputs[1 - i];
        // Along the labels that nothing else has the gradient repeats itself; extents of 1 come back with the shape.
        Labels target;
        Shape first(shape.size(), 1);
        bool repeated = false;
        std::vector<std::size_t> axes;
        for (std::size_t axis = 0; axis < labels.size(); ++axis) {
            const bool again = std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(axis),
                                         labels[axis]) != labels.begin() + static_cast<std::ptrdiff_t>(axis);
            repeated = repeated || again;
            if (again || shape[axis] == 1 || !has(others, labels[axis])) continue;
            target.push_back(labels[axis]);
            axes.push_back(axis);
        }
        const BasicTensor<T> d = inputs.size() == 2 ? detail::call(Einsum{{output, inputs[1 - i]}, target, text},
                                                                   Location{}, r.g(), r.x(1 - i))
                                                    : detail::call(Einsum{{output}, target, text}, Location{}, r.g());
        for (std::size_t k = 0; k < axes.size(); ++k) first[axes[k]] = d.shape()[k];
        const BasicTensor<T> dx = reshape(d, first);
        if (!repeated) {
            r.give(i, first == shape ? dx : broadcast_to(dx, shape));
            continue;
        }
        BasicArray<T> diagonal = empty_array<T>(shape);
        for (std::size_t n = 0; n < diagonal.size(); ++n) {
            std::size_t rest = n;
            std::map<int, std::size_t> index;
            bool on = true;
            for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis]) {
                on = on && index.emplace(labels[axis], rest % shape[axis]).first->second == rest % shape[axis];
            }
            diagonal.data()[n] = on ? T(1) : T(0);
        }
        r.give(i, where(BasicTensor<T>(std::move(diagonal)), dx, BasicTensor<T>(T(0))));
    }
}

Array64 Einsum::reference(std::span<const Array64> x) const {
    std::vector<Shape> shapes;
    for (const Array64& input : x) shapes.push_back(input.shape());
    const LabelExtents extents = detail::label_extents(*this, shapes);
    std::size_t count = 1;
    Shape shape;
    for (const auto& entry : extents) count *= entry.second;
    for (const int label : output) shape.push_back(extents.at(label));
    Array64 y(shape, 0.0);
    for (std::size_t n = 0; n < count; ++n) {
        std::size_t rest = n;
        std::map<int, std::size_t> index;
        for (const auto& [label, extent] : extents) {
            index[label] = rest % extent;
            rest /= extent;
        }
        const auto place = [&](const Labels& labels, const Shape& in) {
            std::size_t at = 0;
            for (std::size_t axis = 0; axis < labels.size(); ++axis)
                at = at * in[axis] + (in[axis] == 1 ? 0 : index[labels[axis]]);
            return at;
        };
        double term = 1;
        for (std::size_t i = 0; i < x.size(); ++i) term *= x[i].data()[place(inputs[i], shapes[i])];
        y.data()[place(output, shape)] += term;
    }
    return y;
}

std::vector<Sample<Einsum>> Einsum::samples() {
    const auto sample = [](const char* subscripts, std::vector<Shape> shapes, std::uint64_t seed) {
        std::vector<Array64> x;
        for (const Shape& shape : shapes) x.push_back(uniform(shape, seed++));
        return Sample<Einsum>{detail::parse_subscripts(subscripts, shapes), x};
    };
    return {sample("ij,jk->ik", {{2, 3}, {3, 4}}, 1),
            sample("ij,kj->ki", {{2, 3}, {4, 3}}, 3),
            sample("bij,bkj->bik", {{2, 2, 3}, {2, 2, 3}}, 5),
            sample("ij,ij->", {{2, 3}, {2, 3}}, 7),
            sample("i,j->ji", {{2}, {3}}, 9),
            sample("ii->i", {{3, 3}}, 11),
            sample("ii", {{3, 3}}, 12),
            sample("...ij,...jk->...ik", {{2, 1, 2, 2}, {3, 2, 2}}, 13),
            sample("iji,jk->ki", {{2, 3, 2}, {3, 2}}, 15),
            sample("abc->cb", {{2, 3, 2}}, 17),
            sample("ijk,l->j", {{2, 3, 1}, {2}}, 18)};
}

Sample<Einsum> Einsum::random(Draw& draw) {
    std::map<int, std::size_t> extents;
    for (const int label : {'a', 'b', 'c', 'd'}) extents[label] = draw(0, 3);
    Einsum op{{}, {}, "random"};
    std::vector<Array64> x;
    Labels used;
    for (std::size_t i = 0, count = draw(1, 2); i < count; ++i) {
        Labels labels;
        Shape shape;
        for (std::size_t axis = 0, rank = draw(0, 3); axis < rank; ++axis) {
            labels.push_back('a' + static_cast<int>(draw(0, 3)));
            shape.push_back(draw(0, 4) == 0 ? 1 : extents[labels.back()]);
            for (std::size_t other = 0; other < axis; ++other) {
                if (labels[other] == labels[axis]) shape[axis] = shape[other];
            }
            used.push_back(labels.back());
        }
        op.inputs.push_back(labels);
        x.push_back(uniform(shape, draw.seed()));
    }
    for (const int label : used) {
        if (has(op.output, label) || draw.coin()) continue;
        op.output.insert(op.output.begin() + static_cast<std::ptrdiff_t>(draw(0, op.output.size())), label);
    }
    return {op, x};
}

template struct detail::Runner<Einsum>;

std::vector<OperationInfo> detail::einsum_operations() { return describe_family(EinsumOps{}); }

}  // namespace xtape

// How einsum reads its subscripts, and in which order it multiplies more than two inputs.
#include <xtape/autodiff/ops/einsum.hpp>

#include <algorithm>
#include <cctype>

namespace xtape {
namespace {

using Labels = Einsum::Labels;

// Labels of axes under an ellipsis lie above those of letters: first_hidden is the last axis, and so on backwards.
constexpr int first_hidden = 256;

bool has(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

[[noreturn]] void fail(const std::string& text, const std::string& wanted) {
    throw ConfigError("einsum: expected " + wanted + ", got \"" + text + "\"");
}

// One comma-separated part; `ellipsis` is where "..." stands, or -1.
struct Part {
    Labels labels;
    std::ptrdiff_t ellipsis = -1;
};

Part parse_part(const std::string& part, const std::string& text) {
    Part result;
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (part.compare(i, 3, "...") == 0 && result.ellipsis < 0) {
            result.ellipsis = static_cast<std::ptrdiff_t>(result.labels.size());
            i += 2;
        } else if (std::isalpha(static_cast<unsigned char>(part[i]))) {
            result.labels.push_back(part[i]);
        } else {
            fail(text, "letters, and \"...\" at most once an operand, as in \"...ij,jk->...ik\"");
        }
    }
    return result;
}

std::vector<Part> parse_list(const std::string& list, const std::string& text) {
    std::vector<Part> parts;
    for (std::size_t begin = 0;;) {
        const std::size_t comma = list.find(',', begin);
        parts.push_back(parse_part(list.substr(begin, comma == std::string::npos ? comma : comma - begin), text));
        if (comma == std::string::npos) return parts;
        begin = comma + 1;
    }
}

void insert_hidden(Part& part, std::size_t count) {
    Labels hidden;
    for (std::size_t i = count; i-- > 0;) hidden.push_back(first_hidden + static_cast<int>(i));
    part.labels.insert(part.labels.begin() + part.ellipsis, hidden.begin(), hidden.end());
}

// Letters that occur once, in alphabetical order.
Labels letters_used_once(const std::vector<Labels>& inputs) {
    std::map<int, int> uses;
    for (const Labels& labels : inputs) {
        for (const int label : labels) ++uses[label];
    }
    Labels once;
    for (const auto& [label, count] : uses) {
        if (count == 1 && label < first_hidden) once.push_back(label);
    }
    return once;
}

void check_output(const Einsum& op) {
    for (std::size_t i = 0; i < op.output.size(); ++i) {
        const int label = op.output[i];
        const bool known =
            std::any_of(op.inputs.begin(), op.inputs.end(), [&](const Labels& labels) { return has(labels, label); });
        const bool first =
            std::find(op.output.begin(), op.output.end(), label) - op.output.begin() == static_cast<std::ptrdiff_t>(i);
        if (!known || !first) fail(op.text, "output labels that differ and stand in an operand");
    }
}

}  // namespace

Einsum detail::parse_subscripts(const std::string& text, const std::vector<Shape>& shapes) {
    std::string plain = text;
    plain.erase(std::remove(plain.begin(), plain.end(), ' '), plain.end());
    const std::size_t arrow = plain.find("->");
    std::vector<Part> parts = parse_list(plain.substr(0, arrow), text);
    if (parts.size() != shapes.size()) fail(text, "subscripts of " + std::to_string(shapes.size()) + " operands");
    Einsum op{{}, {}, text};
    std::size_t hidden = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        Part& part = parts[i];
        const std::size_t named = part.labels.size(), rank = shapes[i].size();
        if (part.ellipsis < 0 ? rank != named : rank < named) {
            throw ShapeError("einsum: expected " + std::string(part.ellipsis < 0 ? "" : "at least ") +
                             std::to_string(named) + (named == 1 ? " axis" : " axes") + " for operand " +
                             std::to_string(i) + " of \"" + text + "\", got " + to_string(shapes[i]));
        }
        if (part.ellipsis >= 0) {
            insert_hidden(part, rank - named);
            hidden = std::max(hidden, rank - named);
        }
        op.inputs.push_back(part.labels);
    }
    Part output{letters_used_once(op.inputs), 0};
    if (arrow != std::string::npos) output = parse_part(plain.substr(arrow + 2), text);
    if (output.ellipsis >= 0) insert_hidden(output, hidden);
    op.output = output.labels;
    check_output(op);
    return op;
}

namespace {

// What is left to multiply.
template <class T>
struct Pending {
    BasicTensor<T> value;
    Labels labels;
};

// The labels of the product of two inputs that others, or the output, still need: first the shared ones, as a batched
// product leaves them.
template <class T>
Labels remaining(const std::vector<Pending<T>>& x, std::size_t i, std::size_t j, const Labels& output) {
    const auto wanted = [&](int label) {
        if (has(output, label)) return true;
        for (std::size_t other = 0; other < x.size(); ++other) {
            if (other != i && other != j && has(x[other].labels, label)) return true;
        }
        return false;
    };
    Labels result;
    const auto add = [&](const Labels& labels, auto condition) {
        for (const int label : labels) {
            if (condition(label) && wanted(label) && !has(result, label)) result.push_back(label);
        }
    };
    add(x[i].labels, [&](int label) { return has(x[j].labels, label); });
    add(x[i].labels, [](int) { return true; });
    add(x[j].labels, [](int) { return true; });
    return result;
}

// Multiply-adds of a product of two inputs.
template <class T>
double cost(const Pending<T>& a, const Pending<T>& b, const std::map<int, std::size_t>& extents) {
    double work = 1;
    for (const auto& [label, extent] : extents) {
        if (has(a.labels, label) || has(b.labels, label)) work *= static_cast<double>(extent);
    }
    return work;
}

template <class T>
BasicTensor<T> einsum_all(const Subscripts& subscripts, const std::vector<BasicTensor<T>>& x) {
    const Location at = subscripts.location();
    Einsum op;
    std::map<int, std::size_t> extents;
    std::vector<Pending<T>> pending;
    try {
        std::vector<Shape> shapes;
        for (const BasicTensor<T>& input : x) shapes.push_back(input.shape());
        op = detail::parse_subscripts(subscripts.text(), shapes);
        extents = detail::label_extents(op, shapes);
    } catch (Error& error) {
        error.set_location(at);
        throw;
    }
    for (std::size_t i = 0; i < x.size(); ++i) pending.push_back({x[i], op.inputs[i]});
    while (pending.size() > 2) {
        std::size_t first = 0, second = 1;
        double least = INFINITY;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            for (std::size_t j = i + 1; j < pending.size(); ++j) {
                const double work = cost(pending[i], pending[j], extents);
                if (work < least) {
                    least = work;
                    first = i;
                    second = j;
                }
            }
        }
        const Labels labels = remaining(pending, first, second, op.output);
        const Einsum pair{{pending[first].labels, pending[second].labels}, labels, op.text};
        pending[first] = {detail::call(pair, at, pending[first].value, pending[second].value), labels};
        pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(second));
    }
    if (pending.size() == 1) return detail::call(op, at, pending[0].value);
    return detail::call(Einsum{{pending[0].labels, pending[1].labels}, op.output, op.text}, at, pending[0].value,
                        pending[1].value);
}

}  // namespace

Tensor einsum(const Subscripts& subscripts, const std::vector<Tensor>& x) { return einsum_all(subscripts, x); }
Tensor64 einsum(const Subscripts& subscripts, const std::vector<Tensor64>& x) { return einsum_all(subscripts, x); }

}  // namespace xtape

// The operation suite: every operation of the catalogue against its own naive reference and against numerical differentiation.
// Nothing here names an operation, so nothing here changes when one is added.
#include <xtape/autodiff/catalogue.hpp>

#include <xtape/autodiff/functional.hpp>
#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <cstring>
#include <set>

using namespace xtape;

namespace {

using Inputs64 = std::vector<Array64>;

template <class T>
std::vector<BasicTensor<T>> tensors(const Inputs64& inputs) {
    std::vector<BasicTensor<T>> result;
    for (const Array64& input : inputs) result.emplace_back(BasicArray<T>(xt::cast<T>(input)));
    return result;
}

const auto& applied(const OperationSample& sample, float) { return sample.apply; }
const auto& applied(const OperationSample& sample, double) { return sample.apply64; }

// Largest |got - want| / (1 + |want|); infinite when shapes differ.
template <class T>
double distance(const BasicArray<T>& got, const Array64& want) {
    if (got.shape() != want.shape()) return INFINITY;
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double w = want.data()[i], d = std::abs(static_cast<double>(got.data()[i]) - w) / (1 + std::abs(w));
        worst = std::max(worst, std::isnan(d) ? INFINITY : d);
    }
    return worst;
}

template <class T>
bool same_bits(const BasicArray<T>& a, const BasicArray<T>& b) {
    return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// A function whose second derivatives do not vanish even where the operation is linear.
auto bent(const OperationSample& sample) {
    return [&sample](const std::vector<Tensor64>& x) {
        const Tensor64 y = sample.apply64(x);
        return y + square(y);
    };
}

// Step functions say that their derivative is 0 everywhere; then a check in which every gradient is zero has checked that.
bool flat(const OperationInfo& op) { return op.formula.ends_with(";  dx = 0"); }

// Value and gradients of a sample, the result contracted with ones.
template <class T>
std::vector<BasicArray<T>> value_and_gradients(const OperationInfo& op, const OperationSample& sample, const Inputs64& inputs,
                                               bool create_graph = false) {
    Tape tape;
    std::vector<BasicTensor<T>> x;
    for (const BasicTensor<T>& input : tensors<T>(inputs)) x.push_back(tape.watch(input));
    const BasicTensor<T> y = applied(sample, T())(x);
    std::vector<BasicArray<T>> result{y.value()};
    if (!op.differentiable) return result;
    const BasicTensor<T> seed(BasicArray<T>(y.shape(), T(1)));
    for (const auto& g : tape.gradients<T>(y, &seed, x, {.create_graph = create_graph})) result.push_back(g.value());
    return result;
}

// Inputs of any shapes within an operation's domain: the values of its first sample, over and over.
Inputs64 refilled(const OperationSample& sample, const std::vector<Shape>& shapes) {
    Inputs64 result;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const Array64& pool = sample.inputs[i];
        Array64 x = empty_array<double>(shapes[i]);
        for (std::size_t n = 0; n < x.size(); ++n) x.data()[n] = pool.data()[n % pool.size()];
        result.push_back(x);
    }
    return result;
}

// Shapes that broadcast together: each takes a random tail of a common shape, with random axes set to 1.
std::vector<Shape> broadcastable(std::size_t arity) {
    const auto rank = *rc::gen::inRange<std::size_t>(0, 4);
    Shape common(rank);
    for (std::size_t& extent : common) extent = *rc::gen::inRange<std::size_t>(0, 5);
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < arity; ++i) {
        const auto skip = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, rank + 1));
        Shape shape(common.begin() + skip, common.end());
        for (std::size_t& extent : shape) {
            if (*rc::gen::inRange(0, 3) == 0) extent = 1;
        }
        shapes.push_back(shape);
    }
    return shapes;
}

// All operations, or while one is being written those that XTAPE_OPERATIONS names: "gelu,silu".
std::vector<OperationInfo> chosen_operations() {
    const char* const wanted = std::getenv("XTAPE_OPERATIONS");
    std::vector<OperationInfo> chosen;
    for (const OperationInfo& op : all_operations()) {
        if (!wanted || ("," + std::string(wanted) + ",").find("," + op.name + ",") != std::string::npos) chosen.push_back(op);
    }
    return chosen;
}

// Random attributes and shapes, drawn and shrunk by rapidcheck.
sample::Draw rapidcheck_draw() {
    return sample::Draw([](std::size_t low, std::size_t high) { return *rc::gen::inRange(low, high + 1); });
}

// The float operation sees inputs rounded to float, and so must its reference.
double float_distance(const OperationSample& sample, const Inputs64& inputs) {
    Inputs64 rounded;
    for (const Tensor& x : tensors<float>(inputs)) rounded.emplace_back(xt::cast<double>(x.value()));
    return distance(sample.apply(tensors<float>(rounded)).value(), sample.reference(rounded));
}

template <class F>
void for_each_sample(F f) {
    for (const OperationInfo& op : chosen_operations()) {
        for (std::size_t i = 0; i < op.samples.size(); ++i) {
            const std::string what = op.name + ", sample " + std::to_string(i);
            CAPTURE(what);
            f(op, op.samples[i]);
        }
    }
}

}  // namespace

TEST_CASE("every operation has a name of its own, a formula and samples") {
    std::set<std::string> names;
    for (const OperationInfo& op : all_operations()) {
        CAPTURE(op.name);
        CHECK(names.insert(op.name).second);
        // "value;  derivatives": the two parts stand in docs and catalogue alike.
        CHECK(op.formula.find(" = ") != std::string::npos);
        CHECK(op.formula.find(";  ") != std::string::npos);
        CHECK(!op.samples.empty());
        CHECK(!op.signature.empty());
        CHECK(!op.family.empty());
        CHECK_MESSAGE((op.elementwise || op.composition || op.random), "no random shapes");
        const Tolerance usual;
        const bool looser = op.tolerance.value_float > usual.value_float || op.tolerance.value_double > usual.value_double ||
                            op.tolerance.gradient > usual.gradient;
        CHECK_MESSAGE((!looser || std::string(op.tolerance.reason) != ""), "a looser bound without its reason");
    }
    CHECK(names.size() == all_operations().size());
}

TEST_CASE("every operation agrees with its naive reference, in double and in float") {
    for_each_sample([](const OperationInfo& op, const OperationSample& sample) {
        const Array64 want = sample.reference(sample.inputs);
        CHECK(distance(sample.apply64(tensors<double>(sample.inputs)).value(), want) < op.tolerance.value_double);
        CHECK(float_distance(sample, sample.inputs) < op.tolerance.value_float);
    });
}

TEST_CASE("every operation's gradient passes gradcheck to 1e-7 in double") {
    for_each_sample([](const OperationInfo& op, const OperationSample& sample) {
        if (!op.differentiable) return;
        const GradcheckReport report = gradcheck(bent(sample), sample.inputs,
                                                 {.tolerance = op.tolerance.gradient, .allow_zero = flat(op)});
        CHECK_MESSAGE(report.ok, report.message);
    });
}

TEST_CASE("every operation's second derivative passes gradcheck to 1e-7 in double") {
    for_each_sample([](const OperationInfo& op, const OperationSample& sample) {
        if (!op.differentiable) return;
        const GradcheckReport report = gradcheck(bent(sample), sample.inputs,
                                                 {.order = 2, .tolerance = op.tolerance.gradient, .allow_zero = flat(op)});
        CHECK_MESSAGE(report.ok, report.message);
    });
}

TEST_CASE("a recorded replay gives the gradients of the fused one") {
    for_each_sample([](const OperationInfo& op, const OperationSample& sample) {
        const auto fused = value_and_gradients<double>(op, sample, sample.inputs);
        const auto recorded = value_and_gradients<double>(op, sample, sample.inputs, true);
        REQUIRE(fused.size() == recorded.size());
        for (std::size_t i = 0; i < fused.size(); ++i) CHECK(distance(fused[i], recorded[i]) < 1e-14);
    });
}

TEST_CASE("operations without a gradient leave nothing on the tape") {
    for_each_sample([](const OperationInfo& op, const OperationSample& sample) {
        if (op.differentiable) return;
        Tape tape;
        std::vector<Tensor64> x;
        for (const Tensor64& input : tensors<double>(sample.inputs)) x.push_back(tape.watch(input));
        const std::size_t before = tape.size();
        const Tensor64 y = sample.apply64(x);
        CHECK(tape.size() == before);
        CHECK_THROWS_AS(tape.backward(sum(y)), GraphError);
    });
}

TEST_CASE("elementwise operations broadcast any shapes, empty ones included, and so do their gradients") {
    for (const OperationInfo& op : chosen_operations()) {
        if (!op.elementwise) continue;
        const OperationSample& sample = op.samples[0];
        const bool good = rc::check(op.name + " on shapes that broadcast", [&] {
            const Inputs64 inputs = refilled(sample, broadcastable(sample.inputs.size()));
            for (const Array64& input : inputs) RC_LOG() << to_string(input.shape()) << ' ';
            const Array64 want = sample.reference(inputs);
            RC_ASSERT(distance(sample.apply64(tensors<double>(inputs)).value(), want) < op.tolerance.value_double);
            RC_ASSERT(float_distance(sample, inputs) < op.tolerance.value_float);
            if (!op.differentiable) return;
            // A few inputs may all lie where the gradient is zero; numeric and analytic must still agree on that.
            const GradcheckReport report = gradcheck(bent(sample), inputs, {.tolerance = op.tolerance.gradient, .allow_zero = true});
            RC_LOG() << report.message;
            RC_ASSERT(report.ok);
            const auto gradients = value_and_gradients<double>(op, sample, inputs);
            for (std::size_t i = 0; i < inputs.size(); ++i) RC_ASSERT(gradients[i + 1].shape() == inputs[i].shape());
        });
        CHECK_MESSAGE(good, op.name);
    }
}

TEST_CASE("other operations take random shapes and attributes, empty and single extents included, and so do their gradients") {
    for (const OperationInfo& op : chosen_operations()) {
        if (!op.random) continue;
        const bool good = rc::check(op.name + " on random shapes", [&] {
            sample::Draw draw = rapidcheck_draw();
            const OperationSample sample = op.random(draw);
            for (const Array64& input : sample.inputs) RC_LOG() << to_string(input.shape()) << ' ';
            const Array64 want = sample.reference(sample.inputs);
            RC_ASSERT(distance(sample.apply64(tensors<double>(sample.inputs)).value(), want) < op.tolerance.value_double);
            RC_ASSERT(float_distance(sample, sample.inputs) < op.tolerance.value_float);
            if (!op.differentiable) return;
            const GradcheckReport report =
                gradcheck(bent(sample), sample.inputs, {.tolerance = op.tolerance.gradient, .allow_zero = true});
            RC_LOG() << report.message;
            RC_ASSERT(report.ok);
            const auto fused = value_and_gradients<double>(op, sample, sample.inputs);
            const auto recorded = value_and_gradients<double>(op, sample, sample.inputs, true);
            for (std::size_t i = 0; i < fused.size(); ++i) RC_ASSERT(distance(fused[i], recorded[i]) < 1e-13);
        });
        CHECK_MESSAGE(good, op.name);
    }
}

TEST_CASE("an operand used twice receives both contributions") {
    for (const OperationInfo& op : chosen_operations()) {
        if (!op.elementwise || !op.differentiable || op.samples[0].inputs.size() != 2) continue;
        const OperationSample& sample = op.samples[0];
        const auto twice = [&](const Tensor64& x) {
            return sample.apply64({x, square(x)});
        };
        const GradcheckReport report = gradcheck(twice, {sample.inputs[1]});
        CHECK_MESSAGE(report.ok, op.name << ": " << report.message);
    }
}

TEST_CASE("other operations, too, take the same tensor twice") {
    std::size_t checked = 0;
    for_each_sample([&](const OperationInfo& op, const OperationSample& sample) {
        if (op.elementwise || !op.differentiable || sample.inputs.size() < 2) return;
        if (sample.inputs[0].shape() != sample.inputs[1].shape()) return;
        const Inputs64 rest(sample.inputs.begin() + 2, sample.inputs.end());
        const auto twice = [&](const Tensor64& x) {
            std::vector<Tensor64> all{x, x};
            for (const Array64& input : rest) all.emplace_back(input);
            return sample.apply64(all);
        };
        // What stands in the first place may be outside the domain of the second. A loss of x and x may be zero everywhere.
        try {
            const Array64 y = twice(sample.inputs[0]).value();
            if (!std::all_of(y.begin(), y.end(), [](double value) { return std::isfinite(value); })) return;
        } catch (const DataError&) {
            return;
        }
        const GradcheckReport report =
            gradcheck(twice, {sample.inputs[0]}, {.tolerance = op.tolerance.gradient, .allow_zero = true});
        CHECK_MESSAGE(report.ok, report.message);
        checked += report.analytic != 0;
    });
    if (!std::getenv("XTAPE_OPERATIONS")) CHECK(checked >= 10);
}

TEST_CASE("elementwise operations name themselves and all shapes when these do not broadcast") {
    for (const OperationInfo& op : chosen_operations()) {
        const std::size_t arity = op.samples[0].inputs.size();
        if (!op.elementwise || arity < 2) continue;
        std::vector<Shape> shapes(arity, Shape{2, 3});
        shapes[1] = Shape{2, 4};
        std::string got = "(2, 3)";
        for (std::size_t i = 1; i < arity; ++i) got += (i + 1 < arity ? ", " : " and ") + to_string(shapes[i]);
        const std::string text = op.name + ": expected shapes that broadcast together, got " + got;
        CHECK_THROWS_WITH_AS(op.samples[0].apply64(tensors<double>(refilled(op.samples[0], shapes))), text.c_str(), ShapeError);
    }
}

TEST_CASE("non-contiguous xtensor expressions are taken by value, in order") {
    for_each_sample([](const OperationInfo&, const OperationSample& sample) {
        std::vector<Tensor64> x;
        for (const Array64& input : sample.inputs) {
            const Array64 turned = xt::transpose(input);
            x.emplace_back(xt::transpose(turned));
        }
        CHECK(same_bits(sample.apply64(x).value(), sample.apply64(tensors<double>(sample.inputs)).value()));
    });
}

TEST_CASE("values and gradients have the same bits on 1, 2 and 4 threads") {
    const std::size_t before = threads();
    const auto compare = [](const OperationInfo& op, const OperationSample& sample, const Inputs64& inputs, auto scalar) {
        using T = decltype(scalar);
        set_threads(1);
        const auto one = value_and_gradients<T>(op, sample, inputs);
        for (const std::size_t count : {std::size_t{2}, std::size_t{4}}) {
            set_threads(count);
            const auto more = value_and_gradients<T>(op, sample, inputs);
            for (std::size_t i = 0; i < one.size(); ++i) CHECK(same_bits(one[i], more[i]));
        }
    };
    for (const OperationInfo& op : chosen_operations()) {
        CAPTURE(op.name);
        for (const OperationSample& sample : op.samples) {
            compare(op, sample, sample.inputs, float());
            if (!op.elementwise) continue;
            // Large enough to be cut into blocks: plain, and with row and column vectors beside a matrix.
            const std::size_t arity = sample.inputs.size();
            std::vector<Shape> plain(arity, Shape{100'001}), mixed(arity, Shape{301, 257});
            if (arity > 1) mixed[1] = Shape{257};
            if (arity > 2) mixed[2] = Shape{301, 1};
            compare(op, sample, refilled(sample, plain), float());
            compare(op, sample, refilled(sample, mixed), double());
        }
    }
    set_threads(before);
}

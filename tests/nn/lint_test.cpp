#include <xtape/nn/lint.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/dropout.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/nn/lambda.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/normalization.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

#include <iomanip>
#include <limits>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

using namespace xtape;
using nn::LintKind;

namespace {

const float infinity = std::numeric_limits<float>::infinity();

/// A classifier of 4 numbers into 3 classes in which nothing is wrong.
nn::Sequential good_model() {
    seed(11);
    return nn::Sequential{nn::Linear{4, 16}, nn::ReLU{}, nn::Linear{16, 16}, nn::Tanh{}, nn::Linear{16, 3}};
}

Array good_inputs() { return random::normal<float>({32, 4}, 0, 1, random::Stream(1, 2)); }

IndexArray good_labels() {
    IndexArray labels = IndexArray::from_shape({32});
    for (std::size_t i = 0; i < 32; ++i) labels(i) = static_cast<std::int64_t>(i % 3);
    return labels;
}

/// The lines of all findings of a kind, each "path: text".
std::vector<std::string> found(const nn::LintReport& report, LintKind kind) {
    std::vector<std::string> lines;
    for (const nn::LintFinding& finding : report.findings) {
        if (finding.kind == kind) lines.push_back(finding.path + ": " + finding.text);
    }
    return lines;
}

using Lines = std::vector<std::string>;

nn::Linear& linear_of(nn::Sequential& net, std::size_t i) { return dynamic_cast<nn::Linear&>(net[i]); }

}  // namespace

TEST_CASE("a sound model gives no finding") {
    nn::Sequential net = good_model();
    const nn::LintReport report = nn::lint(net, good_inputs(), good_labels());
    CHECK_MESSAGE(report.ok(), report.text());
    CHECK(report.text() == "lint: nothing found\n");
}

TEST_CASE("lint takes labels, any loss of the output, or a batch with a loss") {
    nn::Sequential net = good_model();
    const auto by_output =
        nn::lint(net, good_inputs(), [](const Tensor& y) { return nn::cross_entropy(y, good_labels()); });
    CHECK_MESSAGE(by_output.ok(), by_output.text());
    const std::tuple<Array, IndexArray> batch{good_inputs(), good_labels()};
    const auto by_batch = nn::lint(net, batch, nn::cross_entropy);
    CHECK_MESSAGE(by_batch.ok(), by_batch.text());
    const auto regression = nn::lint(net, std::pair(good_inputs(), Array(Shape{32, 3}, 1.f)), nn::mse);
    CHECK_MESSAGE(regression.ok(), regression.text());

    const data::TensorDataset set{good_inputs(), good_labels()};
    data::Loader loader{set, {.batch_size = 16}};
    const auto by_loader = nn::lint(net, *loader.begin(), nn::cross_entropy);
    CHECK_MESSAGE(by_loader.ok(), by_loader.text());

    nn::Sequential64 doubles{nn::Linear64{4, 3}};
    const auto in_double = nn::lint(doubles, random::normal<double>({32, 4}, 0, 1), good_labels());
    CHECK_MESSAGE(in_double.ok(), in_double.text());
}

TEST_CASE("a report prints a line for each finding") {
    nn::Sequential net = good_model();
    net.eval();
    std::ostringstream out;
    out << nn::lint(net, good_inputs() * 100.f, good_labels(), {.untrained = false, .saturated_share = 1.5});
    CHECK(out.str() ==
          "lint: 2 findings\n"
          "- is in evaluation mode: what it does in training alone, like dropout, is left out; call train()\n"
          "- the inputs have mean 4.24 and deviation 97.4; networks learn best from about 0 and 1\n");
}

TEST_CASE("a parameter that the loss does not depend on is found, unless it is frozen") {
    struct Forgetful : nn::Module {
        nn::Linear used{4, 3}, forgotten{4, 3};
        Tensor forward(const Tensor& x) override { return used(x); }
        void visit(nn::Visitor& v) override {
            v("used", used);
            v("forgotten", forgotten);
        }
    } model;
    CHECK(found(nn::lint(model, good_inputs(), good_labels()), LintKind::no_gradient) ==
          Lines{"forgotten.weight: gets no gradient: the loss does not depend on it",
                "forgotten.bias: gets no gradient: the loss does not depend on it"});
    model.forgotten.freeze();
    CHECK(nn::lint(model, good_inputs(), good_labels()).ok());
    model.unfreeze();
    // A loss that depends on nothing at all.
    const auto report = nn::lint(model, good_inputs(), [](const Tensor&) { return Tensor(1.f); });
    CHECK(found(report, LintKind::no_gradient).size() == 4);
}

TEST_CASE("a parameter whose gradient is exactly zero is found") {
    nn::Sequential net = good_model();
    linear_of(net, 4).weight.assign(nn::init::zeros({3, 16}));
    const auto report = nn::lint(net, good_inputs(), good_labels());
    CHECK(found(report, LintKind::zero_gradient) ==
          Lines{"0.weight: has a gradient that is exactly 0: this batch does not train it",
                "0.bias: has a gradient that is exactly 0: this batch does not train it",
                "2.weight: has a gradient that is exactly 0: this batch does not train it",
                "2.bias: has a gradient that is exactly 0: this batch does not train it"});
}

TEST_CASE("dead units of a relu are found with their share, layer by layer") {
    nn::Sequential net = good_model();
    linear_of(net, 0).bias->update([](Array& bias) {
        for (std::size_t i = 0; i < 8; ++i) bias(i) = -100.f;
    });
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::dead_relu) ==
          Lines{"1: 8 of 16 units (50%) of a relu are 0 for the whole batch and learn nothing from it"});
    CHECK(found(nn::lint(net, good_inputs(), good_labels(), {.dead_share = 0.6}), LintKind::dead_relu).empty());
    // Of four examples nobody can tell.
    const Array few = random::normal<float>({4, 4}, 0, 1, random::Stream(1, 2));
    CHECK(found(nn::lint(net, few, IndexArray{0, 1, 2, 0}), LintKind::dead_relu).empty());
}

TEST_CASE("the units of images are channels, those of sequences features, in functions as in layers") {
    struct Shifted : nn::Module {
        Parameter shift;
        explicit Shifted(Array by) : shift(std::move(by)) {}
        Tensor forward(const Tensor& x) override { return relu(x + shift); }
        void visit(nn::Visitor& v) override { v("shift", shift); }
    };
    const auto square_loss = [](const Tensor& y) { return sum(square(y)); };
    Array by_channel(Shape{2, 1, 1}, 0.f);
    by_channel(1, 0, 0) = -100.f;
    Shifted image{by_channel};
    CHECK(found(nn::lint(image, random::normal<float>({3, 2, 3, 3}, 0, 1), square_loss), LintKind::dead_relu) ==
          Lines{": 1 of 2 units (50%) of a relu are 0 for the whole batch and learn nothing from it"});
    Shifted sequence{Array{0.f, -100.f, 0.f, -100.f}};
    CHECK(found(nn::lint(sequence, random::normal<float>({3, 5, 4}, 0, 1), square_loss), LintKind::dead_relu) ==
          Lines{": 2 of 4 units (50%) of a relu are 0 for the whole batch and learn nothing from it"});
}

TEST_CASE("saturated tanh and sigmoid are found with their share") {
    nn::Sequential net = good_model();
    linear_of(net, 2).bias->assign(Array(Shape{16}, 50.f));
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::saturated) ==
          Lines{"3: 100% of the outputs of a tanh are saturated and let hardly any gradient through"});
    CHECK(found(nn::lint(net, good_inputs(), good_labels(), {.saturated_share = 1.5}), LintKind::saturated).empty());

    nn::Sequential sigmoid{nn::Linear{4, 3}, nn::Sigmoid{}};
    linear_of(sigmoid, 0).bias->assign(Array{-50.f, 50.f, 0.f});
    const auto target = [](const Tensor& y) { return mean(square(y)); };
    CHECK(found(nn::lint(sigmoid, good_inputs(), target), LintKind::saturated) ==
          Lines{"1: 67% of the outputs of a sigmoid are saturated and let hardly any gradient through"});
}

TEST_CASE("a softmax before a cross-entropy is found, in a layer or in a loss") {
    nn::Sequential net = good_model();
    net.append(nn::Lambda{[](const Tensor& x) { return softmax(x, 1); }, "Softmax"});
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::softmax_before_cross_entropy) ==
          Lines{"5: softmax before a cross-entropy, which applies softmax itself: give it the logits"});
    nn::Sequential plain = good_model();
    const auto twice = [](const Tensor& y) { return nn::cross_entropy(log_softmax(y, 1), good_labels()); };
    CHECK(found(nn::lint(plain, good_inputs(), twice), LintKind::softmax_before_cross_entropy) ==
          Lines{": log_softmax before a cross-entropy, which applies softmax itself: give it the logits"});
    const auto once = [](const Tensor& y) { return nn::mse(softmax(y, 1), Array(Shape{32, 3}, 1.f)); };
    CHECK(found(nn::lint(plain, good_inputs(), once), LintKind::softmax_before_cross_entropy).empty());
}

TEST_CASE("labels that are no classes of the logits are found, and other errors of a loss pass through") {
    nn::Sequential net = good_model();
    IndexArray labels = good_labels();
    labels(4) = 3;
    labels(9) = -1;
    const Lines wanted{
        ": 2 of 32 labels are outside 0 .. 2, the classes of the logits (32, 3); the first is 3 in row 4"};
    CHECK(found(nn::lint(net, good_inputs(), labels), LintKind::label_out_of_range) == wanted);
    CHECK(found(nn::lint(net, std::pair(good_inputs(), labels), nn::cross_entropy), LintKind::label_out_of_range) ==
          wanted);
    const auto loss = [](const Tensor&, const IndexArray&) -> Tensor { throw DataError("loss: not today"); };
    CHECK_THROWS_WITH_AS(nn::lint(net, std::pair(good_inputs(), good_labels()), loss), "loss: not today", DataError);
    CHECK_THROWS_AS(nn::lint(net, good_inputs(), IndexArray{0, 1}), ShapeError);
}

TEST_CASE("a first loss far from that of guessing is found, in both directions") {
    nn::Sequential net = good_model();
    linear_of(net, 4).bias->assign(Array{0.f, 9.f, 0.f});
    std::ostringstream loss;
    loss << std::setprecision(3) << nn::cross_entropy(net(good_inputs()), good_labels()).item();
    CHECK(
        found(nn::lint(net, good_inputs(), good_labels()), LintKind::initial_loss) ==
        Lines{": the loss is " + loss.str() +
              ", where guessing among 3 classes costs ln 3 = 1.1: the first logits are too large, or inputs and labels "
              "do not belong together"});
    CHECK(found(nn::lint(net, good_inputs(), IndexArray(Shape{32}, 1)), LintKind::initial_loss).size() == 1);
    CHECK(found(nn::lint(net, good_inputs(), good_labels(), {.untrained = false}), LintKind::initial_loss).empty());
}

TEST_CASE("a module in evaluation mode is found, unless all its parameters are frozen") {
    nn::Sequential net{nn::Sequential{nn::Linear{4, 8}, nn::Tanh{}}, nn::Linear{8, 3}};
    const std::string text =
        ": is in evaluation mode: what it does in training alone, like dropout, is left out; call train()";
    net[0].eval();
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::evaluation_mode) == Lines{"0" + text});
    net.eval();
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::evaluation_mode) == Lines{text});
    net.train();
    net[0].eval();
    net[0].freeze();
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::evaluation_mode).empty());
    net.train();
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::evaluation_mode).empty());
}

TEST_CASE("what is not finite is found where it arises: parameters, outputs, gradients") {
    nn::Sequential net = good_model();
    Array weight = linear_of(net, 2).weight.value();
    weight(3, 1) = infinity;
    linear_of(net, 2).weight.assign(weight);
    CHECK(found(nn::lint(net, good_inputs(), good_labels()), LintKind::non_finite) ==
          Lines{"2.weight: holds a NaN or an infinity", "2: makes a NaN or an infinity out of a finite input",
                ": the loss is not finite"});

    nn::Sequential logarithm{nn::Linear{4, 3}, nn::Lambda{[](const Tensor& x) { return log(x); }, "Log"}};
    CHECK(found(nn::lint(logarithm, good_inputs(), good_labels()), LintKind::non_finite) ==
          Lines{"1: makes a NaN or an infinity out of a finite input", ": the loss is not finite"});

    // sqrt has an infinite slope at 0.
    nn::Sequential root{nn::Linear{4, 1, {.bias = false}},
                        nn::Lambda{[](const Tensor& x) { return sqrt(abs(x) * 0.f); }}};
    const auto report = nn::lint(root, good_inputs(), [](const Tensor& y) { return sum(y); });
    CHECK(found(report, LintKind::non_finite) == Lines{"0.weight: has a gradient that holds a NaN or an infinity"});
}

TEST_CASE("batch normalization of a single example is found") {
    struct Normalized : nn::Module {
        Parameter weight{Array{1.f, 1.f}}, bias{Array{0.f, 0.f}};
        Tensor forward(const Tensor& x) override { return batch_norm(x, weight, bias).y; }
        void visit(nn::Visitor& v) override {
            v("weight", weight);
            v("bias", bias);
        }
    };
    nn::Sequential net{Normalized{}};
    const auto loss = [](const Tensor& y) { return sum(square(y)); };
    CHECK(found(nn::lint(net, random::normal<float>({1, 2, 4, 4}, 0, 1), loss), LintKind::batch_of_one) ==
          Lines{"0: normalises a batch of one by its own statistics; train with larger batches, or use layer or group "
                "normalization"});
    CHECK(found(nn::lint(net, random::normal<float>({2, 2, 4, 4}, 0, 1), loss), LintKind::batch_of_one).empty());
}

TEST_CASE("inputs that are far from standardised are found, but not indices") {
    nn::Sequential net = good_model();
    const auto scale = [&](const Array& x) { return found(nn::lint(net, x, good_labels()), LintKind::input_scale); };
    CHECK(scale(Array(good_inputs() + 20.f)).size() == 1);
    CHECK(scale(Array(good_inputs() * 0.001f)) ==
          Lines{": the inputs have mean 4.24e-05 and deviation 0.000974; networks learn best from about 0 and 1"});
    CHECK(scale(Array(xt::clip(good_inputs(), 0.f, 1.f))).empty());

    struct Embedded : nn::Module {
        Parameter table{random::normal<float>({100, 3}, 0, 1)};
        Tensor forward(const Tensor& x) override {
            IndexArray rows = IndexArray::from_shape({x.size()});
            for (std::size_t i = 0; i < x.size(); ++i) rows(i) = static_cast<std::int64_t>(x.value()(i));
            return embedding(table, rows);
        }
        void visit(nn::Visitor& v) override { v("table", table); }
    } embedded;
    const Array indices{90.f, 10.f, 50.f};
    const auto report = nn::lint(embedded, indices, IndexArray{0, 1, 2}, {.untrained = false});
    CHECK_MESSAGE(report.ok(), report.text());
}

TEST_CASE("lint leaves gradients, modes, buffers, random streams, names and hooks as they were") {
    struct Noisy : nn::Module {
        nn::Linear part{4, 3};
        Array mean{0.f};
        Tensor forward(const Tensor& x) override {
            mean = Array(mean + 1.f);
            return part(dropout(x, 0.5, random::next_stream()));
        }
        void visit(nn::Visitor& v) override {
            v("part", part);
            v.buffer("mean", mean);
        }
    };
    seed(3);
    nn::Sequential net{Noisy{}, nn::Tanh{}};
    auto& noisy = dynamic_cast<Noisy&>(net[0]);
    net[1].eval();
    {
        Tape tape;
        tape.backward(nn::cross_entropy(net(good_inputs()), good_labels()));
    }
    noisy.part.bias->zero_grad();
    noisy.part.weight.set_name("mine");
    const Array weight = noisy.part.weight.value(), gradient = noisy.part.weight.grad();
    const random::State streams = random::state();
    Tape tape;
    (void)nn::lint(net, good_inputs(), good_labels());
    CHECK_THROWS_AS(nn::lint(net, Array{{1.f}}, IndexArray{0}), ShapeError);
    CHECK(tape.size() == 0);
    CHECK(noisy.part.weight.value() == weight);
    CHECK(noisy.part.weight.grad() == gradient);
    CHECK_FALSE(noisy.part.bias->has_grad());
    CHECK(noisy.part.weight.name() == "mine");
    CHECK(noisy.mean == Array{1.f});
    CHECK(random::state() == streams);
    CHECK(net.training());
    CHECK_FALSE(net[1].training());
}

TEST_CASE("a model with batch normalization and dropout goes on after lint as it would have without") {
    seed(21);
    nn::Sequential net{nn::Linear{4, 16}, nn::BatchNorm1d{16}, nn::ReLU{}, nn::Dropout{0.5}, nn::Linear{16, 3}};
    nn::Sequential plain = net;
    const auto& norm = dynamic_cast<nn::BatchNorm1d&>(net[1]);
    const Array mean = norm.running_mean, variance = norm.running_var;
    const random::State streams = random::state();
    const auto report = nn::lint(net, good_inputs(), good_labels());
    CHECK_MESSAGE(report.ok(), report.text());
    CHECK(norm.running_mean == mean);
    CHECK(norm.running_var == variance);
    CHECK(norm.num_batches_tracked.data()[0] == 0);
    CHECK(random::state() == streams);
    const Array after = net(good_inputs()).value();
    random::set_state(streams);
    CHECK(after == plain(good_inputs()).value());
    // Alone, an example has no statistics: the layer says so.
    CHECK_THROWS_AS(nn::lint(net, Array(Shape{1, 4}, 1.f), IndexArray{0}), ShapeError);
}

TEST_CASE("a wrong input is the model's own error, and a loss of many elements the tape's") {
    nn::Sequential net = good_model();
    try {
        (void)nn::lint(net, Array{{1.f}}, IndexArray{0});
        FAIL("nothing was thrown");
    } catch (const ShapeError& error) {
        CHECK(error.layer() == "0 (Linear 4->16)");
    }
    CHECK_THROWS_AS(nn::lint(net, good_inputs(), [](const Tensor& y) { return y; }), GraphError);
}

#include <xtape/nn/summary.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/convolution.hpp>
#include <xtape/nn/dropout.hpp>
#include <xtape/nn/lazy.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/normalization.hpp>
#include <xtape/nn/pooling.hpp>
#include <xtape/nn/reshape.hpp>
#include <xtape/nn/sequential.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace xtape;

namespace {

const nn::SummaryRow& row(const nn::Summary& summary, const std::string& path) {
    const auto found =
        std::find_if(summary.rows.begin(), summary.rows.end(), [&](const auto& each) { return each.path == path; });
    if (found == summary.rows.end()) throw std::runtime_error("no row " + path);
    return *found;
}

/// A layer of a user: a convolution and a product of matrices of its own, buffers, an idle part, and noise in training.
struct Cell : nn::Module {
    Parameter kernel{Array(Shape{4, 1, 3, 3}, 0.1f)};
    nn::Linear out{4, 3};
    nn::Linear idle{5, 5};
    Array mean{0.f, 0.f, 0.f, 0.f};
    IndexArray steps{std::int64_t{0}};
    int evaluated = 0;

    Tensor forward(const Tensor& x) override {
        mean = Array(mean + 1.f);
        steps(0) += 1;
        evaluated += training() ? 0 : 1;
        const Tensor y = flatten(max_pool2d(relu(conv2d(x, kernel)), 4), 1) + random::next_stream().uniform() * 0.f;
        return out(matmul(y, Array(Shape{4, 4}, 1.f)));
    }
    void visit(nn::Visitor& v) override {
        v("kernel", kernel);
        v("out", out);
        v("idle", idle);
        v.buffer("mean", mean);
        v.buffer("steps", steps);
    }
};

}  // namespace

TEST_CASE("a summary has a row for each module: output, parameters, multiply-adds, and their totals") {
    nn::Sequential net{nn::Linear{8, 16}, nn::ReLU{}, nn::Sequential{nn::Linear{16, 4, {.bias = false}}, nn::Tanh{}}};
    const nn::Summary summary = nn::summary(net, {32, 8});
    REQUIRE(summary.rows.size() == 6);
    CHECK(summary.rows[0].path == "");
    CHECK(summary.rows[0].layer == "Sequential");
    CHECK(summary.rows[0].output == Shape{32, 4});
    CHECK(summary.rows[0].parameters == 0);
    CHECK(summary.rows[0].multiply_adds == 0);
    CHECK(row(summary, "0").layer == "Linear 8->16");
    CHECK(row(summary, "0").output == Shape{32, 16});
    CHECK(row(summary, "0").parameters == 8 * 16 + 16);
    CHECK(row(summary, "0").trainable == 8 * 16 + 16);
    CHECK(row(summary, "0").parameter_bytes == 4 * (8 * 16 + 16));
    CHECK(row(summary, "0").multiply_adds == 32 * 8 * 16);
    CHECK(row(summary, "1").parameters == 0);
    CHECK(row(summary, "2.0").multiply_adds == 32 * 16 * 4);
    CHECK(row(summary, "2").multiply_adds == 0);
    CHECK(summary.input == Shape{32, 8});
    CHECK(summary.output == Shape{32, 4});
    CHECK(summary.parameters == net.parameter_count());
    CHECK(summary.trainable == net.parameter_count());
    CHECK(summary.frozen() == 0);
    CHECK(summary.buffers == 0);
    CHECK(summary.parameter_bytes == 4 * net.parameter_count());
    CHECK(summary.multiply_adds == 32 * (8 * 16 + 16 * 4));
    // Kept: the input for the first weight, relu's output (which is the second product's input), tanh's output.
    CHECK(summary.activation_bytes == 4 * 32 * (8 + 16 + 4));
}

TEST_CASE("what a user's own module computes counts for it, and a part that it does not call has no output") {
    Cell cell;
    const nn::Summary summary = nn::summary(cell, {2, 1, 6, 6});
    CHECK(summary.rows[0].multiply_adds == 2 * 4 * 4 * 4 * 9 + 2 * 4 * 4);
    CHECK(summary.rows[0].parameters == 36);
    CHECK(row(summary, "out").multiply_adds == 2 * 4 * 3);
    CHECK(row(summary, "idle").calls == 0);
    CHECK(row(summary, "idle").parameters == 30);
    CHECK(summary.parameters == 36 + 15 + 30);
    CHECK(summary.buffers == 5);
    CHECK(summary.buffer_bytes == 4 * 4 + 8);
}

TEST_CASE("a summary leaves modes, buffers, gradients, names, random streams and tapes as they were") {
    seed(5);
    nn::Sequential net{Cell{}, nn::Tanh{}};
    auto& cell = dynamic_cast<Cell&>(net[0]);
    net[1].eval();
    const Array x(Shape{2, 1, 6, 6}, 1.f);
    {
        Tape tape;
        tape.backward(sum(net(x)));
    }
    const Array gradient = cell.kernel.grad(), mean = cell.mean;
    cell.out.bias->zero_grad();
    cell.kernel.set_name("mine");
    const random::State streams = random::state();

    Tape tape;
    const std::size_t records = tape.size();
    (void)nn::summary(net, {2, 1, 6, 6});
    CHECK(tape.size() == records);
    CHECK(cell.evaluated == 1);
    CHECK(net.training());
    CHECK(net[0].training());
    CHECK_FALSE(net[1].training());
    CHECK(cell.mean == mean);
    CHECK(cell.steps(0) == 1);
    CHECK(cell.kernel.grad() == gradient);
    CHECK_FALSE(cell.out.bias->has_grad());
    CHECK(cell.kernel.name() == "mine");
    CHECK(random::state() == streams);
    // No hook is left behind: a second summary counts each call once.
    CHECK(row(nn::summary(net, {2, 1, 6, 6}), "0").calls == 1);
}

TEST_CASE("a model of layers with running statistics and random numbers is summarised without a trace") {
    seed(8);
    nn::Sequential net{nn::Conv2d{1, 8, 3, {.padding = 1}}, nn::BatchNorm2d{8}, nn::ReLU{}, nn::MaxPool2d{2},
                       nn::Flatten{},                       nn::Dropout{0.1},   nn::Linear{8 * 4 * 4, 10}};
    const auto& norm = dynamic_cast<nn::BatchNorm2d&>(net[1]);
    const Array mean = norm.running_mean;
    const random::State streams = random::state();
    const nn::Summary summary = nn::summary(net, {32, 1, 8, 8});
    CHECK(norm.running_mean == mean);
    CHECK(norm.num_batches_tracked.data()[0] == 0);
    CHECK(random::state() == streams);
    CHECK(row(summary, "0").output == Shape{32, 8, 8, 8});
    CHECK(row(summary, "0").multiply_adds == 32 * 8 * 64 * 9);
    CHECK(row(summary, "3").output == Shape{32, 8, 4, 4});
    CHECK(row(summary, "6").multiply_adds == 32 * 128 * 10);
    CHECK(summary.buffers == 8 + 8 + 1);
    CHECK(summary.parameters == 8 * 9 + 8 + 16 + 1280 + 10);
}

TEST_CASE("layers that wait for their first input get it from a summary") {
    nn::Sequential net{nn::LazyLinear{16}, nn::Tanh{}, nn::LazyLinear{4}};
    const nn::Summary summary = nn::summary(net, {32, 8});
    CHECK(summary.parameters == 8 * 16 + 16 + 16 * 4 + 4);
    CHECK(summary.output == Shape{32, 4});
    CHECK(net.parameter_count() == summary.parameters);
}

TEST_CASE("frozen parameters count as such, and need no activations to be kept") {
    nn::Sequential net{nn::Linear{8, 16}, nn::ReLU{}, nn::Linear{16, 4}};
    net[0].freeze();
    const nn::Summary summary = nn::summary(net, {32, 8});
    CHECK(summary.parameters == net.parameter_count());
    CHECK(summary.trainable == 16 * 4 + 4);
    CHECK(summary.frozen() == 8 * 16 + 16);
    CHECK(row(summary, "0").trainable == 0);
    CHECK(summary.multiply_adds == 32 * (8 * 16 + 16 * 4));
    CHECK(summary.activation_bytes == 4 * 32 * 16);
}

TEST_CASE("a module that is shared has one row, with its parameters once and its calls together") {
    struct Twice : nn::Module {
        nn::Linear part{4, 4};
        ParameterRef tied = part.weight;
        Tensor forward(const Tensor& x) override { return part(part(x)); }
        void visit(nn::Visitor& v) override {
            v("part", part);
            v("same", part);
            v("tied", tied);
        }
    } twice;
    const nn::Summary summary = nn::summary(twice, {3, 4});
    REQUIRE(summary.rows.size() == 2);
    CHECK(summary.parameters == 20);
    // The model shows the weight itself too, and comes first.
    CHECK(summary.rows[0].parameters == 16);
    CHECK(summary.rows[1].parameters == 4);
    CHECK(summary.rows[1].calls == 2);
    CHECK(summary.multiply_adds == 2 * 3 * 4 * 4);
}

TEST_CASE("a wrong shape is the model's own error, with the layer and the place of the call") {
    nn::Sequential net{nn::Linear{8, 16}, nn::Linear{16, 4}};
    const unsigned line = __LINE__ + 1;
    const auto call = [&] { (void)nn::summary(net, {32, 9}); };
    CHECK_THROWS_WITH_AS(
        call(),
        ("0 (Linear 8->16): linear: expected input (..., in), weight (out, in), bias (out), got (32, 9), "
         "(16, 8), (16) (at summary_test.cpp:" +
         std::to_string(line) + ")")
            .c_str(),
        ShapeError);
    CHECK(net.training());
    CHECK(row(nn::summary(net, {32, 8}), "0").calls == 1);
}

TEST_CASE("a summary prints as a table of aligned columns with the totals below") {
    nn::Sequential net{nn::Linear{784, 256}, nn::ReLU{}, nn::Linear{256, 10}};
    std::ostringstream out;
    out << nn::summary(net, {64, 784});
    CHECK(out.str() ==
          "module   layer               output  parameters  multiply-adds\n"
          "--------------------------------------------------------------\n"
          "(model)  Sequential        (64, 10)\n"
          "0        Linear 784->256  (64, 256)     200,960     12,845,056\n"
          "1        ReLU             (64, 256)\n"
          "2        Linear 256->10    (64, 10)       2,570        163,840\n"
          "--------------------------------------------------------------\n"
          "total                                   203,530     13,008,896\n"
          "parameters  203,530 trainable, 0 frozen: 795.0 KiB\n"
          "kept for a backward of (64, 784): about 260.0 KiB\n");
}

TEST_CASE("frozen parameters, buffers and idle modules show in the table") {
    Cell cell;
    cell.out.freeze();
    // Kept: input 144 B, what relu makes 256 B, the product's operands 16 B and 64 B, and its result 16 B. The frozen
    // weight is kept too, but there anyway.
    CHECK(nn::summary(cell, {1, 1, 6, 6}).text() ==
          "module   layer            output  parameters  trainable  multiply-adds\n"
          "----------------------------------------------------------------------\n"
          "(model)  Cell             (1, 3)          36         36            592\n"
          "out      Linear 4->3      (1, 3)          15          0             12\n"
          "idle     Linear 5->5  not called          30         30\n"
          "----------------------------------------------------------------------\n"
          "total                                     81         66            604\n"
          "parameters  66 trainable, 15 frozen: 324 B\n"
          "buffers     5: 24 B\n"
          "kept for a backward of (1, 1, 6, 6): about 496 B\n");
}

TEST_CASE("long paths keep their end, long descriptions their beginning, and a line has at most 100 columns") {
    nn::Summary summary;
    nn::SummaryRow deep;
    deep.path = "encoder.layers.11.attention.self.projections.query.normalisation.weight_holder";
    deep.layer = "TransformerEncoderLayer 768 features, 12 heads, 3072 hidden, dropout 0.1, gelu, norm first";
    deep.output = {32, 512, 768};
    deep.calls = 12;
    deep.parameters = 7087872;
    deep.multiply_adds = 116e9;
    summary.rows = {deep};
    const std::string text = summary.text();
    CHECK(text.find("weight_holder  Transformer") != std::string::npos);
    CHECK(text.find("...") != std::string::npos);
    CHECK(text.find("(32, 512, 768) x12   7,087,872  116,000,000,000\n") != std::string::npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("a summary works in double precision") {
    nn::Linear64 layer{3, 2};
    const nn::Summary summary = nn::summary(layer, {5, 3});
    CHECK(summary.parameter_bytes == 8 * 8);
    CHECK(summary.activation_bytes == 8 * 15);
}

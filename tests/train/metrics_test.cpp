#include <xtape/train/metrics.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/nn/linear.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace xtape;

namespace {

// Gives back its input and notes how it was called.
template <class T>
struct Echo : nn::BasicModule<T> {
    std::vector<std::size_t> batches;
    bool was_training = false, was_recorded = false, fails = false;

    BasicTensor<T> forward(const BasicTensor<T>& x) override {
        batches.push_back(x.shape()[0]);
        was_training |= this->training();
        was_recorded |= Tape::current() && Tape::current()->recording();
        if (fails) throw std::runtime_error("no");
        return x;
    }
};

// Five rows of three outputs; the largest stand at 0, 1, 2, 0, 1.
Array outputs() { return {{3.f, 1.f, 2.f}, {1.f, 5.f, 2.f}, {0.f, 1.f, 2.f}, {9.f, 1.f, 2.f}, {3.f, 4.f, 2.f}}; }

data::TensorDataset dataset() { return {outputs(), IndexArray{0, 1, 1, 0, 2}, 3}; }

struct Points {
    std::size_t size() const { return 5; }
    Array get(std::size_t i) const { return {static_cast<float>(i), 1.f}; }
};

}  // namespace

TEST_CASE("argmax gives the lowest position of the largest element along the last axis") {
    CHECK(train::argmax(outputs()) == IndexArray{0, 1, 2, 0, 1});
    CHECK(train::argmax(Array64{1., 7., 7., 0.})() == 1);
    CHECK(train::argmax(Array{{{1.f, 2.f}, {2.f, 1.f}}, {{3.f, 3.f}, {0.f, 1.f}}}) == IndexArray{{1, 0}, {0, 1}});
    CHECK(train::argmax(empty_array<float>({0, 3})).shape() == Shape{0});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(train::argmax(Array{{1.f, nan, nan, 5.f}, {nan, 9.f, 9.f, 9.f}}) == IndexArray{1, 0});
    CHECK_THROWS_WITH_AS(train::argmax(empty_array<float>({2, 0}), Location{}),
                         "argmax: expected a last axis with at least one element, got (2, 0)", ShapeError);
}

TEST_CASE("accuracy is the share of items whose largest output is that of the label") {
    Echo<float> model;
    CHECK(train::accuracy(model, dataset()) == 0.6);
    Echo<double> model64;
    CHECK(train::accuracy(model64, dataset()) == 0.6);
}

TEST_CASE("evaluation runs in batches, in evaluation mode and without recording") {
    Echo<float> model;
    Tape tape;
    const Tensor watched = tape.watch(Array{1.f});
    train::accuracy(model, dataset(), {.batch_size = 2});
    CHECK(model.batches == std::vector<std::size_t>{2, 2, 1});
    CHECK_FALSE(model.was_training);
    CHECK_FALSE(model.was_recorded);
    CHECK(model.training());
    CHECK(tape.recording());
    CHECK(tape.size() == 1);
}

TEST_CASE("after an exception the model is in its old mode and the tape records again") {
    Echo<float> model;
    model.fails = true;
    Tape tape;
    CHECK_THROWS_WITH_AS(train::accuracy(model, dataset()), "no", std::runtime_error);
    CHECK(model.training());
    CHECK(tape.recording());
}

TEST_CASE("predict gives the outputs of all items in order") {
    Echo<float> model;
    CHECK(train::predict(model, dataset(), {.batch_size = 2}) == outputs());
    nn::Linear64 layer{2, 1, {.bias = false}};
    layer.weight.assign(Array64{{2., 3.}});
    const Array64 expected = train::predict(layer, Points{}, {.batch_size = 3});
    REQUIRE(expected.shape() == Shape{5, 1});
    for (std::size_t i = 0; i < 5; ++i) CHECK(expected(i, 0) == 2. * static_cast<double>(i) + 3);
}

TEST_CASE("outputs that do not fit the items are errors") {
    struct Summed : nn::Module {
        Tensor forward(const Tensor& x) override { return sum(x); }
    } summed;
    struct Growing : nn::Module {
        Tensor forward(const Tensor& x) override { return broadcast_to(sum(x), {2, ++calls}); }
        std::size_t calls = 0;
    } growing;
    Echo<float> echo;
    CHECK_THROWS_WITH_AS(train::predict(summed, Points{}, {}, Location{}),
                         "predict: expected outputs (5, ...) for 5 items, got ()", ShapeError);
    CHECK_THROWS_WITH_AS(
        train::predict(growing, Points{}, {.batch_size = 2}, Location{}),
        "predict: expected outputs of one shape in all batches, got (2, 2) after outputs for an array (5, 1)",
        ShapeError);
    CHECK_THROWS_WITH_AS(train::accuracy(summed, dataset(), {}, Location{}),
                         "accuracy: expected outputs (N, C) of at least 2 classes and labels (N), got () and (5)",
                         ShapeError);
    const data::TensorDataset one_column(empty_array<float>({2, 1}), IndexArray{0, 0});
    CHECK_THROWS_WITH_AS(train::accuracy(echo, one_column, {}, Location{}),
                         "accuracy: expected outputs (N, C) of at least 2 classes and labels (N), got (2, 1) and (2)",
                         ShapeError);
}

TEST_CASE("labels that the outputs have no column for are an error with the row") {
    Echo<float> model;
    const data::TensorDataset odd(outputs(), IndexArray{0, 1, 2, 3, 0});
    CHECK_THROWS_WITH_AS(train::accuracy(model, odd, {.batch_size = 2}, Location{}),
                         "accuracy: expected labels in 0 .. 2, got 3 at row 3", DataError);
}

TEST_CASE("an empty data set cannot be evaluated") {
    Echo<float> model;
    const data::TensorDataset nothing = dataset().subset({});
    CHECK_THROWS_WITH_AS(train::accuracy(model, nothing, {}, Location{}),
                         "accuracy: expected a data set with at least one item, got an empty one", ConfigError);
    CHECK_THROWS_WITH_AS(train::predict(model, nothing, {}, Location{}),
                         "predict: expected a data set with at least one item, got an empty one", ConfigError);
}

TEST_CASE("a confusion matrix counts labels by row and predictions by column") {
    const IndexArray expected{{2, 0, 0}, {0, 1, 1}, {0, 1, 0}};
    Echo<float> model;
    CHECK(train::confusion_matrix(model, dataset(), {.batch_size = 2}) == expected);
    CHECK(train::confusion_matrix(IndexArray{0, 1, 1, 0, 2}, IndexArray{0, 1, 2, 0, 1}) == expected);
    CHECK(train::confusion_matrix(IndexArray{0}, IndexArray{0}, 2) == IndexArray{{1, 0}, {0, 0}});
    CHECK(train::confusion_matrix(IndexArray::from_shape({0}), IndexArray::from_shape({0})).shape() == Shape{0, 0});
}

TEST_CASE("numbers that are no classes are errors with the row") {
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(train::confusion_matrix(IndexArray{0, 2}, IndexArray{0, 1}, 2, nowhere),
                         "confusion_matrix: expected labels in 0 .. 1, got 2 at row 1", DataError);
    CHECK_THROWS_WITH_AS(train::confusion_matrix(IndexArray{0, 1}, IndexArray{-1, 1}, 0, nowhere),
                         "confusion_matrix: expected predictions in 0 .. 1, got -1 at row 0", DataError);
    CHECK_THROWS_WITH_AS(train::confusion_matrix(IndexArray{0, 1}, IndexArray{0}, 0, nowhere),
                         "confusion_matrix: expected labels (N) and predictions (N), got (2) and (1)", ShapeError);
}

TEST_CASE("a confusion matrix is written as an aligned table") {
    const IndexArray matrix{{12, 0, 4}, {0, 1, 0}, {0, 0, 0}};
    CHECK(train::confusion_table(matrix) ==
          "label   0   1   2  recognised\n"
          "    0  12   0   4      75.0 %\n"
          "    1   0   1   0     100.0 %\n"
          "    2   0   0   0           -\n");
    CHECK(train::confusion_table(matrix, {"cat", "dog", "elephant"}) ==
          "   label       cat       dog  elephant  recognised\n"
          "     cat        12         0         4      75.0 %\n"
          "     dog         0         1         0     100.0 %\n"
          "elephant         0         0         0           -\n");
    CHECK_THROWS_WITH_AS(train::confusion_table(matrix, {"cat"}, Location{}),
                         "confusion_table: expected a matrix (C, C) and C names or none, got (3, 3) and 1 names",
                         ShapeError);
}

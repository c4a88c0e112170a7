#include "files/support.hpp"

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/files/npz.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/safetensors.hpp>
#include <xtape/nn/activation.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace xtape;

namespace {

// Parameters, buffers of both kinds, and parts: what a network with batch normalisation has.
template <class T>
struct Normalised : nn::BasicModule<T> {
    nn::BasicLinear<T> linear{3, 2};
    BasicArray<T> running_mean{T(0.5), T(-0.5)};
    IndexArray steps{std::int64_t{7}};

    BasicTensor<T> forward(const BasicTensor<T>& x) override { return linear(x) - running_mean; }
    void visit(nn::BasicVisitor<T>& v) override {
        v("linear", linear);
        v.buffer("running_mean", running_mean);
        v.buffer("steps", steps);
    }
    std::string describe() const override { return "Normalised"; }
};

// One parameter under two names, as in a language model.
struct Tied : nn::Module {
    nn::Linear encoder{2, 2, {.bias = false}};
    ParameterRef decoder = encoder.weight;

    Tensor forward(const Tensor& x) override { return encoder(x); }
    void visit(nn::Visitor& v) override {
        v("encoder", encoder);
        v("decoder", decoder);
    }
    std::string describe() const override { return "Tied"; }
};

nn::Sequential make_net() { return nn::Sequential{nn::Linear{4, 8}, nn::Tanh{}, nn::Linear{8, 3}}; }

bool same(const Array& a, const Array& b) {
    return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

// All parameters and buffers as bytes.
template <class T>
std::vector<std::vector<std::byte>> content(nn::BasicModule<T>& module) {
    std::vector<std::vector<std::byte>> all;
    for (const files::StoredArray& array : nn::state(module)) all.emplace_back(array.bytes.begin(), array.bytes.end());
    return all;
}

std::vector<std::string> names(const std::vector<files::StoredArray>& state) {
    std::vector<std::string> result;
    for (const files::StoredArray& array : state) result.push_back(array.name);
    return result;
}

const files::StoredArray& entry(const std::vector<files::StoredArray>& state, const std::string& name) {
    return *std::find_if(state.begin(), state.end(), [&](auto& array) { return array.name == name; });
}

}  // namespace

TEST_CASE("a saved and loaded network agrees to the last bit, in both formats") {
    const support::TemporaryFolder folder;
    seed(7);
    const Array x{{0.1f, -0.2f, 0.3f, 1.f}, {5.f, 0.f, -1.f, 2.f}};
    for (const char* name : {"net.safetensors", "net.npz"}) {
        nn::Sequential net = make_net(), copy = make_net();
        CHECK_FALSE(same(net(x).value(), copy(x).value()));
        nn::save(net, folder.path() / name);
        const nn::LoadReport report = nn::load(copy, folder.path() / name);
        CHECK(same(net(x).value(), copy(x).value()));
        CHECK(content(net) == content(copy));
        CHECK(report.complete());
        CHECK(report.loaded == std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"});
        CHECK(report.text() == "4 loaded");
    }
}

TEST_CASE("a file has the names and layouts of PyTorch") {
    const support::TemporaryFolder folder;
    nn::Sequential net{nn::Sequential{nn::Linear{2, 3}, nn::ReLU{}}, nn::Linear{3, 1, {.bias = false}}};
    nn::save(net, folder.path() / "net.safetensors");
    const files::Safetensors file = files::read_safetensors(folder.path() / "net.safetensors");
    CHECK(file.metadata == std::map<std::string, std::string>{{"format", "pt"}});
    CHECK(names(file.arrays) == std::vector<std::string>{"0.0.weight", "0.0.bias", "1.weight"});
    CHECK(file.arrays[0].shape == Shape{3, 2});  // (out, in)
    CHECK(file.arrays[0].element == files::Element::float32);
    nn::save(net, folder.path() / "net.npz");
    CHECK(names(files::read_npz(folder.path() / "net.npz")) == names(file.arrays));
}

TEST_CASE("buffers are saved and loaded like parameters") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "net.safetensors";
    Normalised<float> net, other;
    CHECK(names(nn::state(net)) == std::vector<std::string>{"linear.weight", "linear.bias", "running_mean", "steps"});
    net.running_mean = Array{3.f, 4.f};
    net.steps(0) = 11;
    nn::save(net, path);
    CHECK(entry(files::read_safetensors(path).arrays, "steps").element == files::Element::int64);
    nn::load(other, path);
    CHECK(other.running_mean == Array{3.f, 4.f});
    CHECK(other.steps == IndexArray{11});
    CHECK(content(net) == content(other));
}

TEST_CASE("float and double networks load each other's files") {
    const support::TemporaryFolder folder;
    Normalised<float> single;
    Normalised<double> wide;
    wide.linear.weight.assign(Array64{{0.1, 0.2, 0.3}, {1. / 3, -2., 0.}});
    nn::save(wide, folder.path() / "wide.safetensors");
    nn::load(single, folder.path() / "wide.safetensors");
    CHECK(single.linear.weight.value() == Array{{0.1f, 0.2f, 0.3f}, {1.f / 3, -2.f, 0.f}});
    nn::save(single, folder.path() / "single.npz");
    nn::load(wide, folder.path() / "single.npz");
    CHECK(wide.linear.weight.value()(0, 0) == static_cast<double>(0.1f));
}

TEST_CASE("half-precision weights are read") {
    nn::Linear layer{2, 1};
    // 1.5 and -2 as float16 and as bfloat16.
    const support::Bytes half = support::bytes({0x00, 0x3e, 0x00, 0xc0}), brain = support::bytes({0xc0, 0x3f});
    nn::load(layer, std::vector<files::StoredArray>{{"weight", files::Element::float16, {1, 2}, half},
                                                    {"bias", files::Element::bfloat16, {1}, brain}});
    CHECK(layer.weight.value() == Array{{1.5f, -2.f}});
    CHECK(layer.bias->value() == Array{1.5f});
}

TEST_CASE("a state in memory does not change with the module and brings it back") {
    seed(1);
    nn::Sequential net = make_net();
    const auto before = content(net);
    const std::vector<files::StoredArray> best = nn::state(net);
    for (auto parameter : net.parameters())
        parameter.update([](Array& value) { std::fill(value.begin(), value.end(), 0.f); });
    CHECK(content(net) != before);
    nn::load(net, best);
    CHECK(content(net) == before);
}

TEST_CASE("strict loading names all that is missing, unexpected and of another shape, and changes nothing") {
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "other.safetensors").string();
    nn::Sequential saved{nn::Linear{3, 4}, nn::Tanh{}, nn::Tanh{}, nn::Linear{4, 2}};
    nn::save(saved, path);
    nn::Sequential net{nn::Linear{4, 3}, nn::Tanh{}, nn::Linear{3, 2}};
    const auto before = content(net);
    CHECK_THROWS_WITH_AS(
        nn::load(net, path),
        (path + ": expected the state of Sequential, got 2 missing: \"2.weight\", \"2.bias\"; 2 unexpected: "
                "\"3.weight\", \"3.bias\"; 2 of another shape: \"0.weight\" (expected (3, 4), got (4, 3)), \"0.bias\" "
                "(expected (3), got (4))")
            .c_str(),
        DataError);
    CHECK(content(net) == before);
}

TEST_CASE("partial loading takes what fits and reports the rest") {
    seed(3);
    nn::Sequential saved{nn::Linear{4, 3}, nn::Tanh{}, nn::Linear{3, 5}};
    nn::Sequential net{nn::Linear{4, 3}, nn::Tanh{}, nn::Linear{3, 2}, nn::Linear{2, 2, {.bias = false}}};
    const Array head = static_cast<nn::Linear&>(net[2]).weight.value();
    std::vector<files::StoredArray> state = nn::state(saved);
    state.push_back(files::stored("extra", head));
    const nn::LoadReport report = nn::load(net, state, {.strict = false});
    CHECK(report.loaded == std::vector<std::string>{"0.weight", "0.bias"});
    CHECK(report.missing == std::vector<std::string>{"3.weight"});
    CHECK(report.unexpected == std::vector<std::string>{"extra"});
    REQUIRE(report.misshaped.size() == 2);
    CHECK(report.misshaped[0].name == "2.weight");
    CHECK(report.misshaped[0].wanted == Shape{2, 3});
    CHECK(report.misshaped[0].found == Shape{5, 3});
    CHECK_FALSE(report.complete());
    CHECK(report.text() ==
          "1 missing: \"3.weight\"; 1 unexpected: \"extra\"; 2 of another shape: \"2.weight\" (expected (2, 3), got "
          "(5, 3)), \"2.bias\" (expected (2), got (5))");
    CHECK(same(static_cast<nn::Linear&>(net[0]).weight.value(), static_cast<nn::Linear&>(saved[0]).weight.value()));
    CHECK(same(static_cast<nn::Linear&>(net[2]).weight.value(), head));
}

TEST_CASE("partial loading of a file in which nothing fits is an error") {
    nn::Linear layer{2, 2, {.bias = false}};
    const Array other{1.f};
    CHECK_THROWS_WITH_AS(
        nn::load(layer, std::vector{files::stored("w", other)}, {.strict = false}, "x"),
        "x: expected at least one entry that fits Linear 2->2, got 1 missing: \"weight\"; 1 unexpected: \"w\"",
        DataError);
}

TEST_CASE("entries are renamed by a function or by their beginnings") {
    nn::Sequential net = make_net();
    std::vector<files::StoredArray> state = nn::state(net);
    for (files::StoredArray& array : state) array.name = "model.layers." + array.name;
    const Array ignored{1.f};
    state.push_back(files::stored("optimizer.step", ignored));
    nn::Sequential copy = make_net();
    CHECK_THROWS_AS(nn::load(copy, state), DataError);
    nn::load(copy, state,
             {.rename = nn::rename_prefixes({{"model.layers.", ""}, {"model.", "unused."}, {"optimizer.step", ""}})});
    CHECK(content(copy) == content(net));

    nn::Sequential other = make_net();
    nn::load(other, state, {.rename = [](const std::string& name) {
                 return name.starts_with("model.layers.") ? name.substr(13) : std::string();
             }});
    CHECK(content(other) == content(net));
}

TEST_CASE("two entries for one name are an error") {
    nn::Linear layer{1, 1, {.bias = false}};
    const Array value(Shape{1, 1}, 2.f);
    const std::vector<files::StoredArray> state{files::stored("a.weight", value), files::stored("weight", value)};
    CHECK_THROWS_WITH_AS(nn::load(layer, state, {.rename = nn::rename_prefixes({{"a.", ""}})}, "x"),
                         "x: expected one entry for \"weight\", got \"a.weight\" and \"weight\"", DataError);
}

TEST_CASE("a shared parameter is saved once and loaded under any of its names") {
    const Array value{{1.f, 2.f}, {3.f, 4.f}}, other{{1.f, 2.f}, {3.f, 5.f}};
    Tied tied;
    CHECK(names(nn::state(tied)) == std::vector<std::string>{"encoder.weight"});
    nn::load(tied, std::vector{files::stored("decoder", value)});
    CHECK(tied.encoder.weight.value() == value);
    nn::load(tied, std::vector{files::stored("encoder.weight", other), files::stored("decoder", other)});
    CHECK(tied.encoder.weight.value() == other);
    CHECK_THROWS_WITH_AS(
        nn::load(tied, std::vector{files::stored("encoder.weight", value), files::stored("decoder", other)}),
        "state: expected equal values for the shared \"encoder.weight\", got others in \"encoder.weight\" and "
        "\"decoder\"",
        DataError);
    CHECK(tied.encoder.weight.value() == other);
}

TEST_CASE("a module inside itself can be saved and loaded") {
    struct Loop : nn::Module {
        Parameter weight{Array{1.f}};
        Tensor forward(const Tensor& x) override { return x; }
        void visit(nn::Visitor& v) override {
            v("self", *this);
            v("weight", weight);
        }
    } loop, other;
    loop.weight.assign(Array{5.f});
    nn::load(other, nn::state(loop));
    CHECK(other.weight.value() == Array{5.f});
}

TEST_CASE("a number that cannot be converted leaves every parameter as it was") {
    nn::Linear layer{1, 2};
    const auto before = content(layer);
    const Array64 weight{{1.}, {2.}}, bias{0., 1e300};
    CHECK_THROWS_AS(nn::load(layer, std::vector{files::stored("weight", weight), files::stored("bias", bias)}, {}, "x"),
                    DataError);
    CHECK(content(layer) == before);
}

TEST_CASE("a damaged file is an error that names it and changes nothing") {
    const support::TemporaryFolder folder;
    nn::Sequential net = make_net();
    const auto before = content(net);
    for (const char* name : {"net.safetensors", "net.npz"}) {
        const auto path = folder.path() / name;
        nn::save(net, path);
        support::Bytes file = files::read_file(path);
        file.resize(file.size() - 1);
        folder.write(name, file);
        CHECK_THROWS_AS(nn::load(net, path), DataError);
        CHECK(content(net) == before);
        std::filesystem::remove(path);
        CHECK_THROWS_WITH_AS(nn::load(net, path), (path.string() + ": cannot read: No such file or directory").c_str(),
                             IoError);
    }
}

TEST_CASE("a file name with another ending is refused before anything is read or written") {
    const support::TemporaryFolder folder;
    nn::Linear layer{1, 1};
    const std::string path = (folder.path() / "net.pt").string();
    const std::string text = "state: expected a file name that ends with .safetensors or .npz, got \"" + path + "\"";
    CHECK_THROWS_WITH_AS(nn::save(layer, path), text.c_str(), ConfigError);
    CHECK_THROWS_WITH_AS(nn::load(layer, path), text.c_str(), ConfigError);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the handles of optimizers stay valid and a tape that needs old values refuses to go on") {
    nn::Linear layer{1, 1, {.bias = false}};
    const ParameterRef handle = layer.weight;
    const Array value(Shape{1, 1}, 2.f);
    Tape tape;
    const Tensor loss = sum(square(layer(Array{{3.f}})));
    nn::load(layer, std::vector{files::stored("weight", value)});
    CHECK(handle.value() == value);
    CHECK_THROWS_AS(tape.backward(loss), GraphError);
}

TEST_CASE("a module without parameters has an empty state") {
    const support::TemporaryFolder folder;
    nn::Tanh layer;
    CHECK(nn::state(layer).empty());
    nn::save(layer, folder.path() / "tanh.safetensors");
    CHECK(nn::load(layer, folder.path() / "tanh.safetensors").complete());
    nn::save(layer, folder.path() / "tanh.npz");
    CHECK(nn::load(layer, folder.path() / "tanh.npz").complete());
}

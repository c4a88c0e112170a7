// What a tape tells of its records: bytes kept, and the graph as text.
#include <xtape/autodiff/tape.hpp>

#include <xtape/autodiff/ops.hpp>

#include "autodiff/support.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace xtape;

namespace {

const OperationSummary& row(const TapeSummary& summary, const std::string& name) {
    for (const OperationSummary& r : summary.operations) {
        if (r.name == name) return r;
    }
    throw std::runtime_error("no operation " + name);
}

std::size_t row_elements(const Tape& tape, const std::string& name) { return row(tape.summary(), name).elements; }

}  // namespace

TEST_CASE("a summary counts kept arrays once and parameters apart, with a mode and without") {
    for (const TapeOptions options : {TapeOptions{}, TapeOptions{.check_finite = true}, TapeOptions{.profile = true}}) {
        Parameter w(Array(Shape{8, 4}, 0.5F), "w"), b(Array(Shape{8}, 1.F), "b");
        Tape tape{options};
        const Tensor x = tape.watch(Array(Shape{2, 4}, 1.F));
        const Tensor h = tanh(linear(x, w, b));             // linear keeps x and w, tanh its result
        const Tensor y = square(h) * Array(Shape{8}, 2.F);  // square keeps h once more, multiply both of its operands
        const Tensor loss = sum(y);
        const TapeSummary before = tape.summary();
        CHECK(row(before, "linear").kept_bytes == 4 * 8);
        CHECK(row(before, "linear").elements == 16);
        CHECK(row(before, "tanh").kept_bytes == 4 * 16);
        CHECK(row(before, "square").kept_bytes == 0);
        CHECK(row(before, "square").shared_bytes == 4 * 16);
        CHECK(row(before, "multiply").kept_bytes == 4 * (16 + 8));
        CHECK(row(before, "sum").kept_bytes == 0);
        CHECK(row(before, "sum").elements == 1);
        CHECK(before.live_bytes == 4 * (8 + 16 + 16 + 8));
        CHECK(before.peak_bytes == before.live_bytes);
        CHECK(before.parameter_bytes == 4 * 32);
        CHECK(before.record_bytes == std::size_t{1} << 16);
        CHECK(before.total().kept_bytes == before.live_bytes);
        CHECK(before.total().count == 5);
        CHECK(before.records == 5);
        CHECK(before.parameters == 2);
        CHECK(before.watched == 1);
        CHECK(before.freed == 0);
        if (!before.profiled) {
            CHECK(before.operations[0].name == "multiply");
            CHECK(before.operations[1].name == "tanh");
            CHECK(before.operations[2].name == "linear");
        }

        tape.backward(loss);
        const TapeSummary after = tape.summary();
        CHECK(after.live_bytes == 0);
        CHECK(after.parameter_bytes == 0);
        CHECK(after.records == 0);
        CHECK(after.freed == 5);
        CHECK(after.parameters == 2);
        const bool observed = options.check_finite || options.profile;
        CHECK(after.observed == observed);
        CHECK(after.peak_bytes == (observed ? before.live_bytes : 0));
        CHECK(after.total().kept_bytes == (observed ? before.live_bytes : 0));
        CHECK(after.total().count == (observed ? 5 : 0));
    }
}

TEST_CASE("arrays that a kept part of the tape still needs stay live, each until its last holder is freed") {
    for (const TapeOptions options : {TapeOptions{}, TapeOptions{.check_finite = true}}) {
        Tape tape{options};
        const Tensor x = tape.watch(Array(Shape{10}, 1.F));
        const Tensor h = exp(x);          // keeps h
        const Tensor y = sum(square(h));  // square keeps it too
        const Tensor z = sum(sin(h));     // and sin
        CHECK(tape.summary().live_bytes == 40);
        (void)tape.gradient(y, h);  // frees sum and square
        CHECK(tape.summary().live_bytes == 40);
        CHECK(tape.summary().freed == 2);
        (void)tape.gradient(z, h, {.keep = true});
        CHECK(tape.summary().live_bytes == 40);
        (void)tape.gradient(z, x);
        CHECK(tape.summary().live_bytes == 0);
    }
}

TEST_CASE("double and float arrays are counted by their bytes") {
    Tape tape;
    const Tensor64 x = tape.watch(Array64(Shape{10}, 1.0));
    const Tensor y = tape.watch(Array(Shape{10}, 1.F));
    (void)square(x);
    CHECK(tape.summary().live_bytes == 80);
    (void)square(y);
    CHECK(tape.summary().live_bytes == 120);
    CHECK(row(tape.summary(), "square").count == 2);
}

TEST_CASE("records too large for a chunk count as memory of the tape") {
    Tape tape;
    CHECK(tape.summary().record_bytes == 0);
    const Tensor x = tape.watch(Array{1.F});
    (void)concat(std::vector<Tensor>(5000, x));
    CHECK(tape.summary().record_bytes > 5000 * 24);
}

TEST_CASE("dot draws operations with their shapes, parameters by name, and the shapes that flow between them") {
    Parameter w(Array(Shape{3, 4}, 0.5F), "hidden.weight");
    Parameter64 other(Array64(Shape{2}, 0.5), "other");
    Tape tape;
    const Tensor x = tape.watch(Array(Shape{2, 4}, 1.F));
    const Tensor y = linear(x, w) + Array{{1.F}, {2.F}};
    const Tensor z = sum(y * y);
    (void)other.tensor();
    (void)tape.watch(Tensor64(3.0));
    CHECK(tape.dot() ==
          "digraph tape {\n"
          "    node [shape=box];\n"
          "    n0 [label=\"watched\\n(2, 4)\", shape=ellipse, style=filled, fillcolor=lightblue];\n"
          "    n1 [label=\"hidden.weight\\n(3, 4)\", shape=ellipse, style=filled, fillcolor=lightyellow];\n"
          "    n2 [label=\"linear\\n(2, 3)\"];\n"
          "    n3 [label=\"add\\n(2, 3)\"];\n"
          "    n4 [label=\"multiply\\n(2, 3)\"];\n"
          "    n5 [label=\"sum\\n()\"];\n"
          "    n6 [label=\"other\\n(2)\", shape=ellipse, style=filled, fillcolor=lightyellow];\n"
          "    n7 [label=\"watched\\n()\", shape=ellipse, style=filled, fillcolor=lightblue];\n"
          "    n0 -> n2 [label=\"(2, 4)\"];\n"
          "    n1 -> n2 [label=\"(3, 4)\"];\n"
          "    n2 -> n3 [label=\"(2, 3)\"];\n"
          "    n3 -> n4 [label=\"(2, 3)\"];\n"
          "    n3 -> n4 [label=\"(2, 3)\"];\n"
          "    n4 -> n5 [label=\"(2, 3)\"];\n"
          "}\n");
    CHECK(Tape{}.dot() == "digraph tape {\n    node [shape=box];\n}\n");
}

TEST_CASE("the shape of a broadcast result that nothing has used is worked out") {
    Tape tape;
    const Tensor row = tape.watch(Array(Shape{1, 3}, 1.F)), column = tape.watch(Array(Shape{2, 1}, 1.F));
    (void)(row + column);
    CHECK(tape.dot().find("n2 [label=\"add\\n(2, 3)\"];") != std::string::npos);
    CHECK(row_elements(tape, "add") == 6);
}

TEST_CASE("dot says what it leaves out, and draws freed records that others name") {
    Tape tape;
    const Tensor x = tape.watch(Array{1.F});
    const Tensor h = exp(x);
    const Tensor y = sin(h), z = cos(y);
    (void)tape.gradient(y, x);
    CHECK(tape.dot() ==
          "digraph tape {\n"
          "    node [shape=box];\n"
          "    note [label=\"2 replayed and freed\", shape=note];\n"
          "    n0 [label=\"watched\\n(1)\", shape=ellipse, style=filled, fillcolor=lightblue];\n"
          "    n3 [label=\"cos\\n(1)\"];\n"
          "    n2 [label=\"freed\", style=dashed];\n"
          "    n2 -> n3 [label=\"(1)\"];\n"
          "}\n");
    CHECK(tape.dot({.max_nodes = 1}) ==
          "digraph tape {\n"
          "    node [shape=box];\n"
          "    note [label=\"2 replayed and freed\\n1 more not drawn (max_nodes = 1)\", shape=note];\n"
          "    n0 [label=\"watched\\n(1)\", shape=ellipse, style=filled, fillcolor=lightblue];\n"
          "}\n");
    CHECK(tape.dot({.max_nodes = 0}).find("2 more not drawn (max_nodes = 0)") != std::string::npos);
    Tensor chain = z;
    for (int i = 0; i < 1000; ++i) chain = chain + 1.F;
    const std::string text = tape.dot();
    CHECK(text.find("702 more not drawn (max_nodes = 300)") != std::string::npos);
    CHECK(text.find("n303 ") == std::string::npos);
}

TEST_CASE("names that would end a Graphviz string are escaped, and dot, when it is installed, reads the text") {
    Parameter p(Array{1.F}, "a \"quoted\" \\name\\\nof two lines <b>&amp;");
    Tape tape;
    const Tensor y = sum(square(p));
    const std::string text = tape.dot();
    CHECK(text.find("n0 [label=\"a \\\"quoted\\\" \\\\name\\\\ of two lines <b>&amp;\\n(1)\", ") != std::string::npos);
    if (std::system("dot -V >/dev/null 2>&1") != 0) {
        MESSAGE("dot is not installed: its reading of the text is not tested");
        return;
    }
    const std::string path = "inspect_tape_test.dot";
    std::ofstream(path) << text;
    CHECK(std::system(("dot -Tsvg -o /dev/null " + path).c_str()) == 0);
    std::remove(path.c_str());
}

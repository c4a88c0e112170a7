// Writes the pages of docs/ that are made from the operation list: `pages derivatives`, `pages parity`.
#include <xtape/autodiff/catalogue.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

namespace {

using xtape::OperationInfo;

// Inside a table a bar ends the cell, in code as well.
std::string cell(std::string text) {
    for (std::size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) text.insert(i, 1, '\\');
    return text;
}

std::string code(const std::string& text) { return "`" + cell(text) + "`"; }

// "y = tanh(x);  dx = g (1 - y^2)" is a value and its derivatives.
std::pair<std::string, std::string> parts(const std::string& formula) {
    const std::size_t end = formula.find(";  ");
    if (end == std::string::npos) return {formula, ""};
    return {formula.substr(0, end), formula.substr(end + 3)};
}

std::string derivatives(const OperationInfo& op) {
    if (!op.differentiable) return "none: a constant";
    std::string text = parts(op.formula).second, cells;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(";  "), text.size());
        cells += (cells.empty() ? "" : "<br>") + code(text.substr(0, end));
        text.erase(0, std::min(end + 3, text.size()));
    }
    return cells;
}

std::string kept(const OperationInfo& op) {
    if (!op.differentiable) return "–";
    if (op.composition) return "as its parts";
    const std::size_t arity = op.samples.front().inputs.size();
    std::string text;
    if (op.keep.input_bits == ~0u) {
        text = arity == 1 ? "input" : "inputs";
    } else {
        for (std::size_t i = 0; i < 32; ++i) {
            if (op.keep.keeps_input(i)) text += fmt::format("{}input {}", text.empty() ? "" : ", ", i);
        }
    }
    if (op.keep.output_bit) text += text.empty() ? "output" : ", output";
    return text.empty() ? "shapes" : text;
}

std::string checked(const OperationInfo& op) {
    if (!op.differentiable) return "value";
    const double exponent = std::floor(std::log10(op.tolerance.gradient) + 1e-9);
    return fmt::format("order 2, {:.0f}e{:.0f}", op.tolerance.gradient / std::pow(10, exponent), exponent);
}

std::string remarks(const OperationInfo& op) {
    std::string text = cell(op.domain);
    for (const std::string& more : {op.kinks, std::string(op.tolerance.reason)}) {
        if (!more.empty()) text += (text.empty() ? "" : "<br>") + cell(more);
    }
    return text.empty() ? "everywhere" : text;
}

void write_derivatives() {
    const auto& operations = xtape::all_operations();
    fmt::print(
        "# Every operation and its derivatives\n\n"
        "This page is made from the operations themselves and compared with them by the test suite; `{}` writes it anew.\n\n"
        "`y` is the result, `g` the gradient that arrives at it, `dx` what the operation adds to the gradient of `x`; where an operand was\n"
        "broadcast, its gradient is summed over the repetitions. *Keeps* says what stays in memory until the backward pass. Every formula\n"
        "stands once in the code, in `autodiff/ops/`, and serves every order of differentiation; *checked* says up to which order and to which\n"
        "relative error it is compared with numerical differentiation in double. All values are compared with a naive reference, on random\n"
        "shapes, in float and in double, and have the same bits on 1, 2 and 4 threads. [parity.md](parity.md) compares with PyTorch.\n\n"
        "{} operations.\n",
        "build/release/tests/docs/pages derivatives > docs/derivatives.md", operations.size());
    std::string family;
    for (const OperationInfo& op : operations) {
        if (op.family != family) {
            family = op.family;
            fmt::print("\n## {}\n\n| operation | value | derivatives | domain, singular points, kinks | keeps | checked |\n"
                       "|---|---|---|---|---|---|\n", family);
        }
        fmt::print("| {} | {} | {} | {} | {} | {} |\n", code(op.signature.empty() ? op.name : op.signature), code(parts(op.formula).first),
                   derivatives(op), remarks(op), kept(op), checked(op));
    }
}

std::string what_is_compared(const nlohmann::json& row) {
    const auto& recorded = row.at("double");
    if (recorded.contains("path")) return "path";
    std::string text = recorded.contains("gradients") ? "value, gradients" : "value";
    if (recorded.contains("buffers") && !recorded.at("buffers").empty()) text += ", buffers";
    if (row.contains("train") && !row.at("train").get<bool>()) text += "; in evaluation mode";
    return text;
}

void write_parity() {
    std::set<std::string> compared;
    std::string tables, layer_tables;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(XTAPE_GOLDEN_DIR)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::size_t count = 0;
    std::string version;
    for (const auto& path : files) {
        std::ifstream file(path);
        const auto golden = nlohmann::json::parse(file);
        version = golden.at("torch").get<std::string>();
        const bool layers = golden.at("cases").at(0).contains("state");
        std::string& table = layers ? layer_tables : tables;
        table += fmt::format("\n{} {}\n\n| {} | PyTorch | compared |\n|---|---|---|\n", layers ? "###" : "##", path.stem().string(),
                             layers ? "layer" : "operation");
        for (const auto& row : golden.at("cases")) {
            const auto name = row.at("name").get<std::string>();
            if (!layers) compared.insert(name.substr(0, name.find(':')));
            table += fmt::format("| {} | {} | {} |\n", cell(name), code(row.at("torch").get<std::string>()), what_is_compared(row));
            ++count;
        }
    }
    std::string rest;
    for (const OperationInfo& op : xtape::all_operations()) {
        if (compared.count(op.name) == 0) rest += (rest.empty() ? "" : ", ") + code(op.name);
    }
    fmt::print(
        "# Agreement with PyTorch\n\n"
        "Made from the recorded numbers and compared by the test suite; `{}` writes it anew.\n\n"
        "`tests/parity/generate` runs PyTorch {} (Debian's python3-torch) on the cases of `tests/parity/cases` and records values and gradients\n"
        "in float and in double, of layers also the gradients of their parameters and their buffers afterwards, of optimizers and schedules the\n"
        "path over some 20 steps. The tests `parity.*` ask xtape for the same numbers: float to 1.3e-6 relative plus 1e-5 absolute, double to\n"
        "1e-7. {} cases.\n{}",
        "build/release/tests/docs/pages parity > docs/parity.md", version, count, tables);
    if (!rest.empty()) {
        fmt::print("\n## Not compared\n\nPyTorch has no such function, or it is a helper of a derivative that is compared: {}.\n", rest);
    }
    fmt::print("\n## Layers\n\nState, under PyTorch's names, and inputs are the recorded ones.\n{}", layer_tables);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string page = argc == 2 ? argv[1] : "";
    if (page == "derivatives") {
        write_derivatives();
    } else if (page == "parity") {
        write_parity();
    } else {
        std::cerr << "usage: pages derivatives|parity\n";
        return 2;
    }
    return 0;
}

#include "parity/parity.hpp"
#include "parity/golden.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

namespace parity {
namespace {

using namespace xtape;
using nlohmann::json;

json read(const std::string& family) {
    const std::string path = std::string(XTAPE_GOLDEN_DIR) + "/" + family + ".json";
    std::ifstream file(path);
    REQUIRE_MESSAGE(file.good(), path << " is missing: run tests/parity/generate " << family);
    return json::parse(file);
}

double number(const json& value) {
    if (value.is_number()) return value.get<double>();
    const auto text = value.get<std::string>();
    const double inf = std::numeric_limits<double>::infinity();
    return text == "inf" ? inf : text == "-inf" ? -inf : std::numeric_limits<double>::quiet_NaN();
}

template <class T>
void check_case(const json& golden, const json& wanted, const Function<T>& f) {
    Tape tape;
    std::vector<BasicTensor<T>> x;
    // Both precisions start from the same floats.
    for (const json& input : golden.at("inputs"))
        x.push_back(tape.watch(BasicArray<T>(xt::cast<T>(golden_array<float>(input)))));
    const BasicTensor<T> y = f(x);
    compare("value", y.value(), golden_array<T>(wanted.at("value")));
    if (!wanted.contains("gradients")) return;
    const BasicTensor<T> seed(golden_weights<T>(y.shape()));
    const auto gradients = tape.gradients<T>(y, &seed, x, {});
    for (std::size_t i = 0; i < x.size(); ++i) {
        compare("gradient of input " + std::to_string(i), gradients[i].value(), golden_array<T>(wanted.at("gradients")[i]));
    }
}

void check_names(const json& golden, const std::vector<std::string>& names) {
    std::set<std::string> recorded, written;
    for (const json& row : golden.at("cases")) recorded.insert(row.at("name").get<std::string>());
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(written.insert(name).second);
        CHECK_MESSAGE(recorded.count(name) == 1, "no such case in the golden file");
    }
    for (const std::string& name : recorded)
        CHECK_MESSAGE(written.count(name) == 1, name << ": recorded, but not compared");
}

}  // namespace

void check(const std::string& family, const std::vector<Case>& cases) {
    const json golden = read(family);
    std::vector<std::string> names;
    for (const Case& one : cases) names.push_back(one.name);
    check_names(golden, names);
    for (const json& row : golden.at("cases")) {
        const auto name = row.at("name").get<std::string>();
        CAPTURE(name);
        const auto match = std::find_if(cases.begin(), cases.end(), [&](const Case& one) { return one.name == name; });
        if (match == cases.end()) continue;
        check_case<float>(row, row.at("float"), match->of_float);
        check_case<double>(row, row.at("double"), match->of_double);
    }
}

json golden_cases(const std::string& family, const std::vector<std::string>& names) {
    json golden = read(family);
    check_names(golden, names);
    return golden.at("cases");
}

template <class T>
BasicArray<T> golden_array(const json& entry) {
    const auto extents = entry.at("shape").get<std::vector<std::size_t>>();
    return golden_array<T>(entry.at("data"), Shape(extents.begin(), extents.end()));
}

template <class T>
BasicArray<T> golden_array(const json& numbers, const Shape& shape) {
    BasicArray<T> result = empty_array<T>(shape);
    REQUIRE(numbers.size() == result.size());
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = static_cast<T>(number(numbers[i]));
    return result;
}

template <class T>
BasicArray<T> golden_weights(const Shape& shape) {
    BasicArray<T> weights = empty_array<T>(shape);
    for (std::size_t k = 0; k < weights.size(); ++k) {
        weights.data()[k] = static_cast<T>((static_cast<int>(7 * k % 11) - 5) / 4.0);
    }
    return weights;
}

template <class T>
void compare(const std::string& what, const BasicArray<T>& got, const BasicArray<T>& wanted) {
    const double relative = sizeof(T) == 4 ? 1.3e-6 : 1e-7, absolute = sizeof(T) == 4 ? 1e-5 : 1e-7;
    CAPTURE(what);
    REQUIRE(to_string(got.shape()) == to_string(wanted.shape()));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double g = static_cast<double>(got.data()[i]), w = static_cast<double>(wanted.data()[i]);
        if (g == w || (std::isnan(g) && std::isnan(w))) continue;
        CHECK_MESSAGE(std::abs(g - w) <= absolute + relative * std::abs(w),
                      "element " << i << ": got " << g << ", PyTorch " << w);
    }
}

template <class T>
void compare_step(std::size_t step, const BasicArray<T>& got, const json& wanted) {
    compare("step " + std::to_string(step), got, golden_array<T>(wanted, got.shape()));
}

template Array golden_array(const json&);
template Array64 golden_array(const json&);
template IndexArray golden_array(const json&);
template Array golden_array(const json&, const Shape&);
template Array64 golden_array(const json&, const Shape&);
template Array golden_weights(const Shape&);
template Array64 golden_weights(const Shape&);
template void compare(const std::string&, const Array&, const Array&);
template void compare(const std::string&, const Array64&, const Array64&);
template void compare_step(std::size_t, const Array&, const json&);
template void compare_step(std::size_t, const Array64&, const json&);

}  // namespace parity

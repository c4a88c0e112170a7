// Numbers recorded from scikit-learn by tests/analysis/record, and the points they were found for.
#pragma once

#include <xtape/data/digits.hpp>

#include <xtape/autodiff/parallel.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace golden {

inline const nlohmann::json& group(const std::string& name) {
    static const nlohmann::json all = nlohmann::json::parse(std::ifstream(XTAPE_GOLDEN_DIR "/digits.json"));
    return all.at(name);
}

/// The first `count` of the digits, (count, 64); all of them for 0.
template <class T>
xtape::BasicArray<T> digits(std::size_t count = 0) {
    const xtape::Array all = xtape::data::digits().features();
    xtape::BasicArray<T> some = xtape::empty_array<T>({count == 0 ? all.shape()[0] : count, 64});
    std::copy_n(all.data(), some.size(), some.data());
    return some;
}

/// What f gives on 1, 2 and 4 threads.
template <class F>
auto on_threads(const F& f) {
    const std::size_t before = xtape::threads();
    std::vector<decltype(f())> results;
    for (const std::size_t count : {1U, 2U, 4U}) {
        xtape::set_threads(count);
        results.push_back(f());
    }
    xtape::set_threads(before);
    return results;
}

}  // namespace golden

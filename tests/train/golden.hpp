// Numbers recorded from scikit-learn by tests/train/record_metrics.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace golden {

inline const nlohmann::json& cases(const std::string& group) {
    static const nlohmann::json all = nlohmann::json::parse(std::ifstream(XTAPE_GOLDEN_DIR "/metrics.json"));
    return all.at(group);
}

template <class T>
xtape::BasicArray<T> array(const nlohmann::json& numbers, const xtape::Shape& shape) {
    xtape::BasicArray<T> result = xtape::empty_array<T>(shape);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = numbers.at(i).get<T>();
    return result;
}

template <class T>
xtape::BasicArray<T> vector(const nlohmann::json& numbers) {
    return array<T>(numbers, {numbers.size()});
}

}  // namespace golden

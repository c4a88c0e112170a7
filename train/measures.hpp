// How an epoch's numbers come about.
#pragma once

#include <xtape/train/history.hpp>
#include <xtape/train/metric.hpp>

#include <vector>

namespace xtape::train::detail {

/// A mean over the items (or steps) of an epoch.
struct Mean {
    double sum = 0, weight = 0;

    void add(double value, double share) {
        sum += value * share;
        weight += share;
    }
    double value() const { return sum / weight; }
};

inline Better better_of(const Metric& metric) { return metric.larger_is_better() ? Better::larger : Better::smaller; }

/// What the metrics have measured.
inline std::vector<Measure> values_of(const std::vector<Metric>& metrics) {
    std::vector<Measure> values;
    for (const Metric& metric : metrics) values.push_back({metric.name(), metric.value(), better_of(metric)});
    return values;
}

}  // namespace xtape::train::detail

#include <xtape/train/fit.hpp>
#include <xtape/train/measures.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace xtape::train {

double Evaluation::operator[](std::string_view name) const {
    std::vector<std::string> names;
    for (const Measure& measure : measures_) {
        if (measure.name == name) return measure.value;
        names.push_back(measure.name);
    }
    throw ConfigError(fmt::format("Evaluation: expected one of {}, got \"{}\"", detail::joined(names), name));
}

namespace detail {

template <class T>
std::vector<Measure> measure(nn::BasicModule<T>& model, Feed<T>& feed, std::vector<Metric>& metrics, Location at) {
    const EvaluationPass<T> pass("evaluate", model, feed.size(), at);
    for (Metric& metric : metrics) metric.reset();
    Mean loss;
    feed.begin();
    while (feed.next()) {
        const BasicTensor<T> outputs = feed.forward(model);
        loss.add(static_cast<double>(feed.loss(outputs).item()), static_cast<double>(feed.items()));
        for (Metric& metric : metrics) feed.measure(metric, outputs);
    }
    std::vector<Measure> measures{{"loss", loss.value(), Better::smaller}};
    std::ranges::move(values_of(metrics), std::back_inserter(measures));
    return measures;
}

template std::vector<Measure> measure(nn::Module&, Feed<float>&, std::vector<Metric>&, Location);
template std::vector<Measure> measure(nn::Module64&, Feed<double>&, std::vector<Metric>&, Location);

}  // namespace detail

}  // namespace xtape::train

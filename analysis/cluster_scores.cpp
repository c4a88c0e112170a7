#include <xtape/analysis/cluster_scores.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace xtape::analysis {
namespace {

// How many points each class, each cluster and each pair of them has. Ordered, so that sums have one order.
struct Contingency {
    std::map<std::int64_t, double> labels, clusters;
    std::map<std::pair<std::int64_t, std::int64_t>, double> both;  // (cluster, label)
    double points = 0;

    Contingency(const char* caller, const IndexArray& label, const IndexArray& cluster, Location at) {
        if (label.dimension() != 1 || label.shape() != cluster.shape()) {
            throw ShapeError(std::string(caller) + ": expected labels (N) and clusters (N), got " + to_string(label.shape()) +
                                 " and " + to_string(cluster.shape()),
                             at);
        }
        for (std::size_t i = 0; i < label.size(); ++i) {
            ++labels[label.data()[i]];
            ++clusters[cluster.data()[i]];
            ++both[{cluster.data()[i], label.data()[i]}];
        }
        points = static_cast<double>(label.size());
    }
};

double entropy(const std::map<std::int64_t, double>& counts, double points) {
    double sum = 0;
    for (const auto& [name, count] : counts) sum -= count / points * std::log(count / points);
    return sum;
}

double pairs(double count) { return count * (count - 1) / 2; }

double pairs(const std::map<std::int64_t, double>& counts) {
    double sum = 0;
    for (const auto& [name, count] : counts) sum += pairs(count);
    return sum;
}

}  // namespace

double purity(const IndexArray& labels, const IndexArray& clusters, Location at) {
    const Contingency table("purity", labels, clusters, at);
    std::map<std::int64_t, double> commonest;
    for (const auto& [pair, count] : table.both) commonest[pair.first] = std::max(commonest[pair.first], count);
    double right = 0;
    for (const auto& [cluster, count] : commonest) right += count;
    return right / table.points;
}

double normalized_mutual_information(const IndexArray& labels, const IndexArray& clusters, Location at) {
    const Contingency table("normalized_mutual_information", labels, clusters, at);
    if (table.labels.size() <= 1 && table.clusters.size() <= 1) return 1;
    double mutual = 0;
    for (const auto& [pair, count] : table.both) {
        const double expected = table.clusters.at(pair.first) * table.labels.at(pair.second) / table.points;
        mutual += count / table.points * std::log(count / expected);
    }
    if (mutual <= std::numeric_limits<double>::epsilon()) return 0;
    return 2 * mutual / (entropy(table.labels, table.points) + entropy(table.clusters, table.points));
}

double adjusted_rand_index(const IndexArray& labels, const IndexArray& clusters, Location at) {
    const Contingency table("adjusted_rand_index", labels, clusters, at);
    double together = 0;
    for (const auto& [pair, count] : table.both) together += pairs(count);
    const double of_labels = pairs(table.labels), of_clusters = pairs(table.clusters);
    if (together == of_labels && together == of_clusters) return 1;
    const double expected = of_labels * of_clusters / pairs(table.points), most = (of_labels + of_clusters) / 2;
    return (together - expected) / (most - expected);
}

}  // namespace xtape::analysis

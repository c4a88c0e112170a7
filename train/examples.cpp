#include <xtape/train/examples.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xtape::train::detail {
namespace {

std::vector<double> probabilities(const double* row, std::size_t classes) {
    std::vector<double> p(row, row + classes);
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    const bool already = std::abs(sum - 1) < 1e-3 && std::ranges::all_of(p, [](double x) { return x >= 0 && x <= 1; });
    if (already) return p;
    const double highest = *std::ranges::max_element(p);
    double total = 0;
    for (double& x : p) total += x = std::exp(x - highest);
    for (double& x : p) x /= total;
    return p;
}

// Puts an example into a list that is sorted by `before` and no longer than `most`.
template <class Make, class Before>
void keep(std::vector<Example>& list, std::size_t most, double probability, const Make& make, Before before) {
    if (most == 0 || (list.size() == most && !before(probability, list.back().probability))) return;
    const auto place = std::ranges::find_if(list, [&](const Example& e) { return before(probability, e.probability); });
    list.insert(place, make());
    if (list.size() > most) list.pop_back();
}

}  // namespace

bool Examples::image_shape(const Shape& item, Shape& image) const {
    const auto [height, width] = options_.image;
    if (item.size() == 1 && height * width > 0 && height * width == item[0]) {
        image = {height, width};
        return true;
    }
    const bool colored = item.size() == 3 && (item[0] == 1 || item[0] == 3);
    if (item.size() != 2 && !colored) return false;
    image = colored && item[0] == 1 ? Shape{item[1], item[2]} : item;
    return true;
}

void Examples::add(const Array64& outputs, const Array64& inputs, const IndexArray& labels) {
    Shape shape;
    if (!image_shape(Shape(inputs.shape().begin() + 1, inputs.shape().end()), shape)) return;
    const std::size_t classes = outputs.shape()[1], size = element_count(shape);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::vector<double> p = probabilities(outputs.data() + i * classes, classes);
        const std::int64_t label = labels.data()[i];
        const std::int64_t prediction = std::ranges::max_element(p) - p.begin();
        const double probability = p[static_cast<std::size_t>(label)];
        const auto make = [&] {
            Array64 image = empty_array<double>(shape);
            std::copy_n(inputs.data() + i * size, size, image.data());
            return Example{probability, label, prediction, std::move(image)};
        };
        if (prediction == label) {
            keep(best_, options_.examples, probability, make, std::greater<>{});
        } else {
            keep(worst_, options_.examples, probability, make, std::less<>{});
        }
    }
}

}  // namespace xtape::train::detail

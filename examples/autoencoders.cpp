#include "autoencoders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace examples {

using namespace xtape;

std::string there_and_back(std::vector<std::size_t> widths) {
    for (std::size_t i = widths.size() - 1; i > 0; --i) widths.push_back(widths[i - 1]);
    return fmt::format("{}", fmt::join(widths, "-"));
}

Array reconstructed(nn::Module& net, const Array& images) {
    return sigmoid(Tensor(train::predict(net, data::ArrayDataset{images}))).value();
}

Array projected(const Array& train, std::size_t components, const Array& images) {
    const analysis::Pca pca = analysis::pca(train, {.components = components});
    return pca.inverse_transform(pca.transform(images));
}

Array one_of_each(const data::TensorDataset& set) {
    const IndexArray& labels = set.labels();
    std::vector<std::int64_t> rows;
    for (std::size_t k = 0; k < set.classes(); ++k) {
        const auto found = std::find(labels.begin(), labels.end(), static_cast<std::int64_t>(k));
        if (found != labels.end()) rows.push_back(found - labels.begin());
    }
    return set.subset(rows).features();
}

Outcome error(int number, const std::string& name, const std::string& metric, const std::string& reported, double goal,
              double reached) {
    return {.number = number,
            .name = name,
            .metric = metric,
            .reported = reported,
            .goal = goal,
            .reached = reached,
            .unit = "",
            .better = train::Better::smaller};
}

void picture(Study& study, const std::string& title, const std::string& name, const std::vector<ImageRow>& rows) {
    const std::size_t columns = rows.at(0).images.shape()[0];
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(rows[0].images.shape()[1])));
    Array all = empty_array<float>(Shape{rows.size() * columns, side, side});
    std::vector<std::string> captions;
    float* to = all.data();
    for (const ImageRow& row : rows) {
        // Gray runs from 0 to 1 in every picture, whatever a projection does.
        to = std::transform(row.images.begin(), row.images.end(), to, [](float v) { return std::clamp(v, 0.f, 1.f); });
        captions.push_back(row.caption);
        captions.resize(captions.size() + columns - 1);
    }
    std::vector<std::string> names;
    for (const ImageRow& row : rows) names.push_back(row.caption);
    study.picture(title, name + ".png", fmt::format("from above: {}", fmt::join(names, ", ")),
                  [&](const std::filesystem::path& file) {
                      train::write_image_grid(file, all, {.title = title, .captions = captions, .columns = columns});
                  });
}

}  // namespace examples

#include <xtape/data/set_files.hpp>
#include <xtape/data/usps.hpp>

#include <utility>

namespace xtape::data {

namespace {

TensorDataset read_part(const std::filesystem::path& file, UspsOptions options) {
    UspsRows rows = read_usps(file);
    if (options.unit_range) {
        for (float& value : rows.features) value = (value + 1.f) / 2.f;
    }
    if (options.image) rows.features.reshape(Shape{rows.labels.size(), 1, 16, 16});
    return {std::move(rows.features), std::move(rows.labels), 10};
}

}  // namespace

Usps usps(const std::filesystem::path& folder, UspsOptions options) {
    const auto paths = detail::find_files({"usps",
                                           {{"zip.train", "usps_train.csv"}, {"zip.test", "usps_test.csv"}},
                                           "https://hastie.su.domains/ElemStatLearn/data.html"},
                                          folder);
    return {read_part(paths[0], options), read_part(paths[1], options)};
}

}  // namespace xtape::data

#include <xtape/data/csv.hpp>
#include <xtape/data/insurance.hpp>
#include <xtape/data/set_files.hpp>

#include <system_error>
#include <utility>

namespace xtape::data {

namespace {

CategoryOptions given(std::vector<std::string> names) { return {.names = std::move(names)}; }

}  // namespace

Insurance insurance(const std::filesystem::path& file_or_folder) {
    std::filesystem::path file = file_or_folder;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) {
        const detail::KnownSet set = {
            "insurance", {{"insurance.csv"}}, "https://github.com/stedy/Machine-Learning-with-R-datasets"};
        file = detail::find_files(set, file_or_folder).front();
    }
    const Table table = read_csv(file);
    Features features =
        table.features({"age", Column::index("sex", given({"female", "male"})), "bmi", "children",
                        Column::index("smoker", given({"no", "yes"})),
                        Column::one_hot("region", given({"northeast", "northwest", "southeast", "southwest"}))});
    return {std::move(features.values), table.features({"charges"}).values, std::move(features.names)};
}

}  // namespace xtape::data

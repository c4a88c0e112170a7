#include <xtape/autodiff/error.hpp>
#include <xtape/data/npz.hpp>
#include <xtape/files/npz.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <vector>

namespace xtape::data {

namespace {

const files::StoredArray& find(const std::vector<files::StoredArray>& arrays, const std::string& name,
                               const std::string& file) {
    const auto found =
        std::find_if(arrays.begin(), arrays.end(), [&](const auto& array) { return array.name == name; });
    if (found != arrays.end()) return *found;
    std::string names;
    for (const files::StoredArray& array : arrays) {
        names += (names.empty() ? "" : ", ") + files::detail::in_quotes(array.name);
    }
    throw DataError(file + ": expected an array " + files::detail::in_quotes(name) + ", got " +
                    (names.empty() ? "none" : names));
}

}  // namespace

TensorDataset load_npz(const std::filesystem::path& path, const std::string& features, const std::string& labels,
                       std::size_t classes, Location at) {
    const std::vector<files::StoredArray> arrays = files::read_npz(path);
    const std::string file = path.string();
    return {files::to_array<float>(find(arrays, features, file), file),
            files::to_array<std::int64_t>(find(arrays, labels, file), file), classes, at};
}

}  // namespace xtape::data

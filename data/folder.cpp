#include <xtape/data/folder.hpp>

#include <cstdlib>
#include <system_error>

namespace xtape::data {

std::filesystem::path data_folder(const std::string& option, const std::string& name) {
    std::filesystem::path folder = option;
    if (folder.empty()) {
        if (const char* variable = std::getenv("XTAPE_DATA")) folder = variable;
    }
    if (folder.empty()) return folder;
    std::error_code ignored;
    const std::filesystem::path inside = folder / name;
    return std::filesystem::is_directory(inside, ignored) ? inside : folder;
}

}  // namespace xtape::data

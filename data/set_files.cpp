#include <xtape/autodiff/error.hpp>
#include <xtape/data/set_files.hpp>

#include <system_error>

namespace xtape::data::detail {

namespace {

[[noreturn]] void fail(const KnownSet& set, const std::string& got) {
    const bool one = set.files.size() == 1;
    std::string wanted;
    for (const auto& names : set.files) {
        wanted += wanted.empty() ? " " : ", ";
        for (const std::string& name : names) wanted += (name == names.front() ? "" : " or ") + name + ".gz";
    }
    throw IoError(set.name + ": expected a folder with the file" + (one ? "" : "s") + wanted +
                  " (or the same without .gz), got " + got + ". " + (one ? "It" : "They") + " can be had from " +
                  set.source + "; scripts/get-data " + set.name + " DIR fetches " + (one ? "it" : "them") +
                  " into DIR/" + set.name +
                  ". Name the folder with --data DIR or in the environment variable XTAPE_DATA");
}

std::filesystem::path find_file(const std::vector<std::string>& names, const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const std::string& name : names) {
        for (const char* ending : {"", ".gz"}) {
            std::filesystem::path path = folder / (name + ending);
            if (std::filesystem::is_regular_file(path, ignored)) return path;
        }
    }
    return {};
}

}  // namespace

std::vector<std::filesystem::path> find_files(const KnownSet& set, const std::filesystem::path& folder) {
    if (folder.empty()) fail(set, "no folder");
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        fail(set, "\"" + folder.string() + "\", which is not a folder");
    const std::filesystem::path own = folder / set.name;
    const bool has_own = std::filesystem::is_directory(own, ignored);
    std::vector<std::filesystem::path> paths;
    std::string missing;
    for (const auto& names : set.files) {
        paths.push_back(find_file(names, has_own ? own : folder));
        if (paths.back().empty()) missing += (missing.empty() ? "" : ", ") + names.front();
    }
    if (!missing.empty()) fail(set, "\"" + (has_own ? own : folder).string() + "\" without " + missing);
    return paths;
}

}  // namespace xtape::data::detail

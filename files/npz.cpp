#include <xtape/autodiff/error.hpp>
#include <xtape/files/npy.hpp>
#include <xtape/files/npz.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/text.hpp>
#include <xtape/files/zip.hpp>

#include <memory>
#include <string_view>

namespace xtape::files {

namespace {

constexpr std::string_view ending = ".npy";

}  // namespace

std::vector<StoredArray> read_npz(std::span<const std::byte> bytes, const std::string& name) {
    std::vector<StoredArray> arrays;
    for (const ZipMember& member : read_zip(bytes, name)) {
        const std::string where = name + ": " + detail::in_quotes(member.name);
        if (!member.name.ends_with(ending)) throw DataError(where + ": expected a member that ends with .npy");
        ZipContent content = unzip(member, name);
        StoredArray array = read_npy(content.bytes, where);
        if (!array.owner) array.owner = std::move(content.owner);
        array.name = member.name.substr(0, member.name.size() - ending.size());
        arrays.push_back(std::move(array));
    }
    return arrays;
}

std::vector<StoredArray> read_npz(const std::filesystem::path& path) {
    const auto content = std::make_shared<const std::vector<std::byte>>(read_file(path));
    std::vector<StoredArray> arrays = read_npz(*content, path.string());
    for (StoredArray& array : arrays) {
        if (!array.owner) array.owner = content;
    }
    return arrays;
}

void write_npz(const std::filesystem::path& path, std::span<const StoredArray> arrays) {
    std::vector<std::vector<std::byte>> headers;
    headers.reserve(arrays.size());
    std::vector<ZipSource> members;
    for (const StoredArray& array : arrays) {
        headers.push_back(npy_header(array));
        members.push_back({array.name + std::string(ending), {headers.back(), array.bytes}});
    }
    write_zip(path, members);
}

}  // namespace xtape::files

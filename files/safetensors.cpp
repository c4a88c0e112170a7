#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/safetensors.hpp>
#include <xtape/files/safetensors_header.hpp>
#include <xtape/files/text.hpp>
#include <xtape/files/write.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <set>

namespace xtape::files {

namespace {

constexpr std::size_t prefix_bytes = 8;

[[noreturn]] void fail(const std::string& file, const std::string& wanted, const std::string& got) {
    throw DataError(file + ": expected " + wanted + ", got " + got);
}

// The header's JSON.
std::span<const std::byte> cut_header(std::span<const std::byte> bytes, const std::string& file) {
    if (bytes.size() < prefix_bytes) {
        fail(file, "a safetensors file of at least 8 bytes", std::to_string(bytes.size()) + " bytes");
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), prefix_bytes);
    if (length > max_safetensors_header) {
        fail(file, "a safetensors header of at most " + std::to_string(max_safetensors_header) + " bytes",
             "a length of " + std::to_string(length) + " at byte 0");
    }
    if (length > bytes.size() - prefix_bytes) {
        fail(file, "a safetensors header of " + std::to_string(length) + " bytes",
             std::to_string(bytes.size() - prefix_bytes) + " bytes at byte 8");
    }
    const auto json = bytes.subspan(prefix_bytes, length);
    if (json.empty() || json[0] != std::byte{'{'}) {
        fail(file, "a safetensors header that starts with \"{\"",
             json.empty() ? "none at byte 8" : "byte " + std::to_string(std::to_integer<int>(json[0])) + " at byte 8");
    }
    return json;
}

void check_size(const detail::SafetensorsEntry& entry, std::size_t data_bytes, const std::string& file) {
    const std::string where = file + ": " + detail::in_quotes(entry.name);
    const auto [begin, end] = entry.offsets;
    const std::string offsets = "data_offsets [" + std::to_string(begin) + ", " + std::to_string(end) + "]";
    const std::string type =
        std::string(detail::safetensors_name(entry.element)) + " of shape " + to_string(entry.shape);
    if (begin > end || end > data_bytes) {
        fail(where, "data_offsets that rise and end within the " + std::to_string(data_bytes) + " bytes of data",
             offsets);
    }
    const auto bytes = checked_byte_count(entry.shape, entry.element);
    if (!bytes) fail(where, "a shape whose bytes can be counted", type);
    if (*bytes != end - begin) {
        fail(where, std::to_string(*bytes) + " bytes for " + type, std::to_string(end - begin) + " (" + offsets + ")");
    }
}

// Arrays lie one after the other and fill the data.
void check_cover(const std::vector<detail::SafetensorsEntry>& entries, std::size_t data_bytes,
                 const std::string& file) {
    std::size_t end = 0;
    for (const auto& entry : entries) {
        if (entry.offsets[0] != end) {
            fail(file + ": " + detail::in_quotes(entry.name), "data_offsets that continue at " + std::to_string(end),
                 std::to_string(entry.offsets[0]) + (entry.offsets[0] < end ? " (arrays overlap)" : " (a hole)"));
        }
        end = entry.offsets[1];
    }
    if (end != data_bytes) {
        fail(file, std::to_string(end) + " bytes of data as the header tells", std::to_string(data_bytes));
    }
}

}  // namespace

Safetensors read_safetensors(std::span<const std::byte> bytes, const std::string& name) {
    const auto json = cut_header(bytes, name);
    const auto data = bytes.subspan(prefix_bytes + json.size());
    detail::SafetensorsHeader header = detail::parse_safetensors_header(json, name);
    for (const auto& entry : header.entries) check_size(entry, data.size(), name);
    std::stable_sort(header.entries.begin(), header.entries.end(),
                     [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
    check_cover(header.entries, data.size(), name);

    Safetensors result{{}, std::move(header.metadata)};
    result.arrays.reserve(header.entries.size());
    for (auto& entry : header.entries) {
        const auto [begin, end] = entry.offsets;
        result.arrays.push_back(
            {std::move(entry.name), entry.element, std::move(entry.shape), data.subspan(begin, end - begin)});
    }
    return result;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
    const auto content = std::make_shared<const std::vector<std::byte>>(read_file(path));
    Safetensors result = read_safetensors(*content, path.string());
    for (StoredArray& array : result.arrays) array.owner = content;
    return result;
}

std::vector<std::size_t> safetensors_order(std::span<const StoredArray> arrays) {
    std::vector<std::size_t> order(arrays.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return byte_count(arrays[a].element) > byte_count(arrays[b].element);
    });
    return order;
}

std::vector<std::byte> safetensors_header(std::span<const StoredArray> arrays,
                                          const std::map<std::string, std::string>& metadata) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    if (!metadata.empty()) json["__metadata__"] = metadata;
    std::set<std::string> names{"__metadata__"};
    std::size_t offset = 0;
    for (const std::size_t i : safetensors_order(arrays)) {
        const StoredArray& array = arrays[i];
        if (!names.insert(array.name).second) {
            throw ConfigError("safetensors: expected names that differ and are not \"__metadata__\", got " +
                              detail::in_quotes(array.name));
        }
        const std::size_t end = offset + array.bytes.size();
        json[array.name] = {{"dtype", detail::safetensors_name(array.element)},
                            {"shape", std::vector<std::size_t>(array.shape.begin(), array.shape.end())},
                            {"data_offsets", {offset, end}}};
        offset = end;
    }

    std::string text;
    try {
        text = json.dump();
    } catch (const nlohmann::json::exception&) {
        throw ConfigError("safetensors: expected names and strings in UTF-8, got another encoding");
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts at a multiple of 8, as its widest numbers need
    if (text.size() > max_safetensors_header) {
        throw ConfigError("safetensors: expected a header of at most " + std::to_string(max_safetensors_header) +
                          " bytes, got " + std::to_string(text.size()));
    }
    const std::uint64_t length = text.size();
    std::vector<std::byte> header(prefix_bytes + text.size());
    std::memcpy(header.data(), &length, prefix_bytes);
    std::memcpy(header.data() + prefix_bytes, text.data(), text.size());
    return header;
}

void write_safetensors(const std::filesystem::path& path, std::span<const StoredArray> arrays,
                       const std::map<std::string, std::string>& metadata) {
    const std::vector<std::byte> header = safetensors_header(arrays, metadata);
    std::vector<std::span<const std::byte>> parts{header};
    for (const std::size_t i : safetensors_order(arrays)) parts.push_back(arrays[i].bytes);
    write_atomically(path, parts);
}

}  // namespace xtape::files

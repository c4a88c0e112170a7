#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/safetensors.hpp>
#include <xtape/files/write.hpp>
#include <xtape/train/snapshot.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <span>
#include <type_traits>

namespace xtape::train {
namespace {

using Bytes = std::span<const std::byte>;

// The digits stand in the header as "xtape.crc32":"89abcdef"; inside of other strings quotation marks are escaped.
constexpr std::string_view checksum_key = "xtape.crc32";
constexpr std::string_view checksum_start = "\"xtape.crc32\":\"";
constexpr std::string_view no_checksum = "00000000";
constexpr std::string_view text_prefix = "text ";

unsigned long add_to_checksum(unsigned long checksum, Bytes bytes) {
    return crc32_z(checksum, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

// Where the digits of the checksum begin; the end of the bytes when there are none.
std::size_t digits_position(Bytes bytes) {
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const std::string_view header(text, bytes.size());
    const std::size_t found = header.find(checksum_start);
    if (found == std::string_view::npos) return bytes.size();
    const std::size_t digits = found + checksum_start.size();
    return digits + no_checksum.size() <= bytes.size() ? digits : bytes.size();
}

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

files::StoredArray stored(const std::string& name, const Snapshot::Value& value) {
    return std::visit(
        [&](const auto& held) {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
                return files::StoredArray{};
            } else {
                return files::stored(name, held);
            }
        },
        value);
}

void verify(Bytes bytes, const std::string& file) {
    const std::size_t digits = digits_position(bytes);
    if (digits == bytes.size()) throw DataError(file + ": expected a file with the checksum \"xtape.crc32\", found none");
    unsigned long checksum = add_to_checksum(crc32_z(0, nullptr, 0), bytes.first(digits));
    checksum = add_to_checksum(checksum, bytes_of(no_checksum));
    checksum = add_to_checksum(checksum, bytes.subspan(digits + no_checksum.size()));
    const std::string_view found(reinterpret_cast<const char*>(bytes.data()) + digits, no_checksum.size());
    const std::string wanted = fmt::format("{:08x}", checksum);
    if (found != wanted) {
        throw DataError(fmt::format("{}: the file is damaged: its content has the checksum {}, and another is written in it",
                                    file, wanted));
    }
}

}  // namespace

void Snapshot::insert(const std::string& name, Value value) {
    if (!values_.emplace(name, std::move(value)).second) {
        throw ConfigError("snapshot: expected names that differ, got \"" + name + "\" twice");
    }
}

void Snapshot::put_number(const std::string& name, double number) {
    Array64 array = empty_array<double>({});
    array.data()[0] = number;
    insert(name, std::move(array));
}

void Snapshot::put_count(const std::string& name, std::uint64_t count) {
    IndexArray array = empty_array<std::int64_t>({});
    array.data()[0] = std::bit_cast<std::int64_t>(count);
    insert(name, std::move(array));
}

void Snapshot::put_all(const std::string& prefix, const Snapshot& other) {
    for (const auto& [name, value] : other.values_) insert(prefix + name, value);
}

const Snapshot::Value& Snapshot::at(const std::string& name, const char* kind) const {
    const auto found = values_.find(name);
    if (found == values_.end()) {
        throw DataError(fmt::format("{}: expected {} \"{}\", found none", source_, kind, name));
    }
    return found->second;
}

template <class T>
const BasicArray<T>& Snapshot::array(const std::string& name) const {
    constexpr const char* kind = std::is_same_v<T, float>    ? "an array of float32"
                                 : std::is_same_v<T, double> ? "an array of float64"
                                                             : "an array of int64";
    const auto* held = std::get_if<BasicArray<T>>(&at(name, kind));
    if (!held) throw DataError(fmt::format("{}: expected {} \"{}\", found something else of that name", source_, kind, name));
    return *held;
}

double Snapshot::number(const std::string& name) const {
    const Array64& held = array<double>(name);
    if (held.dimension() != 0) {
        throw DataError(fmt::format("{}: expected a number \"{}\", found an array of shape {}", source_, name,
                                    to_string(held.shape())));
    }
    return held.data()[0];
}

std::uint64_t Snapshot::count(const std::string& name) const {
    const IndexArray& held = array<std::int64_t>(name);
    if (held.dimension() != 0) {
        throw DataError(fmt::format("{}: expected a count \"{}\", found an array of shape {}", source_, name,
                                    to_string(held.shape())));
    }
    return std::bit_cast<std::uint64_t>(held.data()[0]);
}

const std::string& Snapshot::text(const std::string& name) const {
    const auto* held = std::get_if<std::string>(&at(name, "a text"));
    if (!held) throw DataError(fmt::format("{}: expected a text \"{}\", found something else of that name", source_, name));
    return *held;
}

Snapshot Snapshot::part(std::string_view prefix) const {
    Snapshot result;
    result.source_ = source_;
    for (auto entry = values_.lower_bound(std::string(prefix)); entry != values_.end() && entry->first.starts_with(prefix);
         ++entry) {
        result.insert(entry->first.substr(prefix.size()), entry->second);
    }
    return result;
}

void Snapshot::save(const std::filesystem::path& path) const {
    std::vector<files::StoredArray> arrays;
    std::map<std::string, std::string> metadata{{std::string(checksum_key), std::string(no_checksum)}};
    for (const auto& [name, value] : values_) {
        if (const auto* text = std::get_if<std::string>(&value)) {
            metadata.emplace(std::string(text_prefix) + name, *text);
        } else {
            arrays.push_back(stored(name, value));
        }
    }
    std::vector<std::byte> header = files::safetensors_header(arrays, metadata);
    std::vector<Bytes> parts{header};
    for (const std::size_t i : files::safetensors_order(arrays)) parts.push_back(arrays[i].bytes);

    unsigned long checksum = crc32_z(0, nullptr, 0);
    for (const Bytes part : parts) checksum = add_to_checksum(checksum, part);
    const std::string digits = fmt::format("{:08x}", checksum);
    std::ranges::copy(bytes_of(digits), header.begin() + static_cast<std::ptrdiff_t>(digits_position(header)));
    files::write_atomically(path, parts);
}

Snapshot Snapshot::load(const std::filesystem::path& path) {
    const std::vector<std::byte> bytes = files::read_file(path);
    verify(bytes, path.string());
    const files::Safetensors file = files::read_safetensors(bytes, path.string());
    Snapshot result;
    result.source_ = path.string();
    for (const files::StoredArray& array : file.arrays) {
        switch (array.element) {
            case files::Element::float32:
                result.put(array.name, files::to_array<float>(array, path.string()));
                break;
            case files::Element::float64:
                result.put(array.name, files::to_array<double>(array, path.string()));
                break;
            case files::Element::int64:
                result.put(array.name, files::to_array<std::int64_t>(array, path.string()));
                break;
            default:
                throw DataError(fmt::format("{}: expected arrays of float32, float64 and int64, found \"{}\" of {}",
                                            path.string(), array.name, files::name_of(array.element)));
        }
    }
    for (const auto& [key, text] : file.metadata) {
        if (key.starts_with(text_prefix)) result.put_text(key.substr(text_prefix.size()), text);
    }
    return result;
}

template const Array& Snapshot::array<float>(const std::string&) const;
template const Array64& Snapshot::array<double>(const std::string&) const;
template const IndexArray& Snapshot::array<std::int64_t>(const std::string&) const;

}  // namespace xtape::train

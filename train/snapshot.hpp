// What it takes to go on where a run was: named arrays, numbers and texts, in memory or in a file that tells when it is damaged.
#pragma once

#include <xtape/autodiff/array.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace xtape::train {

/// Values under their names ("optimizer.0.mean"). Names are UTF-8 and differ.
class Snapshot {
public:
    using Value = std::variant<Array, Array64, IndexArray, std::string>;

    /// Throw ConfigError for a name that is taken.
    void put(const std::string& name, Array array) { insert(name, std::move(array)); }
    void put(const std::string& name, Array64 array) { insert(name, std::move(array)); }
    void put(const std::string& name, IndexArray array) { insert(name, std::move(array)); }
    void put_number(const std::string& name, double number);
    void put_count(const std::string& name, std::uint64_t count);
    void put_text(const std::string& name, std::string text) { insert(name, std::move(text)); }
    /// Everything of another snapshot, each name behind `prefix`.
    void put_all(const std::string& prefix, const Snapshot& other);

    /// Throw DataError when there is no value of that name and kind.
    template <class T>
    const BasicArray<T>& array(const std::string& name) const;
    double number(const std::string& name) const;
    std::uint64_t count(const std::string& name) const;
    const std::string& text(const std::string& name) const;
    bool has(const std::string& name) const { return values_.contains(name); }
    /// The values whose names begin with `prefix`, without it.
    Snapshot part(std::string_view prefix) const;

    const std::map<std::string, Value>& values() const { return values_; }

    /// Writes a safetensors file, texts in its metadata, with a checksum (CRC-32 of the whole file, its own digits taken
    /// as zeros). All or nothing and durable, as files::write_atomically, and throws as that does.
    void save(const std::filesystem::path& path) const;
    /// Throws DataError when the file is damaged in any byte, or is none that save() wrote; IoError when it cannot be read.
    static Snapshot load(const std::filesystem::path& path);

private:
    void insert(const std::string& name, Value value);
    const Value& at(const std::string& name, const char* kind) const;

    std::map<std::string, Value> values_;
    std::string source_ = "snapshot";  // in error messages
};

extern template const Array& Snapshot::array<float>(const std::string&) const;
extern template const Array64& Snapshot::array<double>(const std::string&) const;
extern template const IndexArray& Snapshot::array<std::int64_t>(const std::string&) const;

}  // namespace xtape::train

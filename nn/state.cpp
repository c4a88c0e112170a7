#include <xtape/files/npz.hpp>
#include <xtape/files/safetensors.hpp>
#include <xtape/files/text.hpp>
#include <xtape/nn/state.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

namespace xtape::nn {
namespace {

using files::StoredArray;
using files::detail::in_quotes;

// A parameter or buffer of the module.
template <class T>
struct Slot {
    std::string name;
    std::variant<BasicParameterRef<T>, BasicArray<T>*, IndexArray*> holder;

    const Shape& shape() const {
        return std::visit([](const auto& h) -> const Shape& { return array_of(h).shape(); }, holder);
    }
    StoredArray view() const {
        return std::visit([&](const auto& h) { return files::stored(name, array_of(h)); }, holder);
    }
    const void* identity() const {
        return std::visit([](const auto& h) -> const void* { return identity_of(h); }, holder);
    }

    static const BasicArray<T>& array_of(const BasicParameterRef<T>& parameter) { return parameter.value(); }
    template <class N>
    static const BasicArray<N>& array_of(BasicArray<N>* array) {
        return *array;
    }
    static const void* identity_of(const BasicParameterRef<T>& parameter) { return parameter.shared_state().get(); }
    static const void* identity_of(const void* array) { return array; }
};

template <class T>
std::vector<Slot<T>> slots_of(BasicModule<T>& module) {
    std::vector<Slot<T>> slots;
    for (auto& [name, parameter] : module.named_parameters()) slots.push_back({name, parameter});
    for (auto& [name, buffer] : module.named_buffers()) {
        std::visit([&, &n = name](auto* array) { slots.push_back({n, array}); }, buffer);
    }
    return slots;
}

// Every path that leads to a parameter or buffer; of a shared one there are several.
template <class T>
class AllPaths final : public BasicVisitor<T> {
public:
    explicit AllPaths(BasicModule<T>& root) { enter(root); }

    std::vector<std::pair<std::string, const void*>> paths;

private:
    void on_module(std::string_view name, BasicModule<T>& module) override {
        // A module inside itself has no end of paths.
        if (std::find(inside_.begin(), inside_.end(), &module) != inside_.end()) return;
        const std::size_t length = prefix_.size();
        prefix_ += std::string(name) + ".";
        enter(module);
        prefix_.resize(length);
    }
    void on_parameter(std::string_view name, BasicParameterRef<T>& parameter) override {
        paths.emplace_back(prefix_ + std::string(name), Slot<T>::identity_of(parameter));
    }
    void on_buffer(std::string_view name, BasicBuffer<T> buffer) override {
        const auto* array = std::visit([](auto* a) -> const void* { return a; }, buffer);
        paths.emplace_back(prefix_ + std::string(name), array);
    }
    void enter(BasicModule<T>& module) {
        inside_.push_back(&module);
        module.visit(*this);
        inside_.pop_back();
    }

    std::string prefix_;
    std::vector<BasicModule<T>*> inside_;
};

bool same(const StoredArray& a, const StoredArray& b) {
    return a.element == b.element && a.shape == b.shape &&
           std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
}

// Which entry is for which slot, and what that leaves over.
struct Match {
    std::vector<const StoredArray*> entries;  // for each slot; null: none, or of another shape
    LoadReport report;
};

template <class T>
Match match(BasicModule<T>& module, const std::vector<Slot<T>>& slots, std::span<const StoredArray> state,
            const Rename& rename, const std::string& file) {
    std::unordered_map<const void*, std::size_t> numbers;
    for (std::size_t i = 0; i < slots.size(); ++i) numbers[slots[i].identity()] = i;
    std::unordered_map<std::string, std::size_t> slot_of;
    for (const auto& [path, identity] : AllPaths<T>(module).paths) slot_of.emplace(path, numbers.at(identity));

    Match match{std::vector<const StoredArray*>(slots.size()), {}};
    std::map<std::string, std::string> origins;  // new name: name in the file
    for (const StoredArray& entry : state) {
        const std::string name = rename ? rename(entry.name) : entry.name;
        if (name.empty()) continue;
        if (const auto [other, fresh] = origins.emplace(name, entry.name); !fresh) {
            throw DataError(file + ": expected one entry for " + in_quotes(name) + ", got " + in_quotes(other->second) +
                            " and " + in_quotes(entry.name));
        }
        const auto found = slot_of.find(name);
        if (found == slot_of.end()) {
            match.report.unexpected.push_back(entry.name);
            continue;
        }
        const StoredArray*& place = match.entries[found->second];
        if (place && !same(*place, entry)) {
            throw DataError(file + ": expected equal values for the shared " + in_quotes(slots[found->second].name) +
                            ", got others in " + in_quotes(place->name) + " and " + in_quotes(entry.name));
        }
        place = &entry;
    }

    for (std::size_t i = 0; i < slots.size(); ++i) {
        const StoredArray*& entry = match.entries[i];
        if (!entry) {
            match.report.missing.push_back(slots[i].name);
        } else if (entry->shape != slots[i].shape()) {
            match.report.misshaped.push_back({slots[i].name, slots[i].shape(), entry->shape});
            entry = nullptr;
        } else {
            match.report.loaded.push_back(slots[i].name);
        }
    }
    return match;
}

// A value on its way into its slot: made first, for all slots, because this may fail; put in afterwards, which does not.
template <class T>
struct Pending {
    detail::ParameterState<T>* parameter = nullptr;
    detail::Ref<detail::Value<T>> value;
    std::variant<std::monostate, std::pair<BasicArray<T>*, BasicArray<T>>, std::pair<IndexArray*, IndexArray>> buffer;

    Pending(const BasicParameterRef<T>& into, const StoredArray& entry, const std::string& file)
        : parameter(into.shared_state().get()), value(detail::Value<T>::create(files::to_array<T>(entry, file))) {}
    template <class N>
    Pending(BasicArray<N>* into, const StoredArray& entry, const std::string& file)
        : buffer(std::pair(into, files::to_array<N>(entry, file))) {}

    void put() noexcept {
        if (parameter) {
            ++parameter->version;
            parameter->value = std::move(value);
        } else {
            std::visit([](auto& b) { put_buffer(b); }, buffer);
        }
    }
    static void put_buffer(std::monostate) {}
    template <class N>
    static void put_buffer(const std::pair<BasicArray<N>*, BasicArray<N>>& b) {
        std::copy_n(b.second.data(), b.second.size(), b.first->data());
    }
};

enum class Format { safetensors, npz };

Format format_of(const std::filesystem::path& path) {
    const std::string ending = path.extension().string();
    if (ending == ".safetensors") return Format::safetensors;
    if (ending == ".npz") return Format::npz;
    throw ConfigError("state: expected a file name that ends with .safetensors or .npz, got " +
                      in_quotes(path.string()));
}

std::string listed(const std::vector<std::string>& names, const char* what) {
    std::string text = std::to_string(names.size()) + " " + what;
    for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? ": " : ", ") + names[i];
    return text;
}

std::vector<std::string> all_in_quotes(const std::vector<std::string>& names) {
    std::vector<std::string> result;
    for (const std::string& name : names) result.push_back(in_quotes(name));
    return result;
}

}  // namespace

Rename rename_prefixes(std::vector<std::pair<std::string, std::string>> prefixes) {
    return [prefixes = std::move(prefixes)](const std::string& name) {
        for (const auto& [from, to] : prefixes) {
            if (name.starts_with(from)) return to + name.substr(from.size());
        }
        return name;
    };
}

std::string LoadReport::text() const {
    std::vector<std::string> parts;
    if (!missing.empty()) parts.push_back(listed(all_in_quotes(missing), "missing"));
    if (!unexpected.empty()) parts.push_back(listed(all_in_quotes(unexpected), "unexpected"));
    if (!misshaped.empty()) {
        std::vector<std::string> names;
        for (const auto& [name, wanted, found] : misshaped) {
            names.push_back(in_quotes(name) + " (expected " + to_string(wanted) + ", got " + to_string(found) + ")");
        }
        parts.push_back(listed(names, "of another shape"));
    }
    if (parts.empty()) return std::to_string(loaded.size()) + " loaded";
    std::string text = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) text += "; " + parts[i];
    return text;
}

template <class T>
std::vector<StoredArray> state(BasicModule<T>& module) {
    std::vector<StoredArray> result;
    for (const Slot<T>& slot : slots_of(module)) {
        StoredArray array = slot.view();
        auto copy = std::make_shared<std::vector<std::byte>>(array.bytes.begin(), array.bytes.end());
        array.bytes = *copy;
        array.owner = std::move(copy);
        result.push_back(std::move(array));
    }
    return result;
}

template <class T>
void save(BasicModule<T>& module, const std::filesystem::path& path) {
    const Format format = format_of(path);
    std::vector<StoredArray> views;
    for (const Slot<T>& slot : slots_of(module)) views.push_back(slot.view());
    if (format == Format::safetensors) {
        files::write_safetensors(path, views, {{"format", "pt"}});
    } else {
        files::write_npz(path, views);
    }
}

template <class T>
LoadReport load(BasicModule<T>& module, const std::filesystem::path& path, const LoadOptions& options) {
    const bool safetensors = format_of(path) == Format::safetensors;
    const std::vector<StoredArray> arrays = safetensors ? files::read_safetensors(path).arrays : files::read_npz(path);
    return load(module, arrays, options, path.string());
}

template <class T>
LoadReport load(BasicModule<T>& module, std::span<const StoredArray> state, const LoadOptions& options,
                const std::string& name) {
    const std::vector<Slot<T>> slots = slots_of(module);
    Match found = match(module, slots, state, options.rename, name);
    if (options.strict && !found.report.complete()) {
        throw DataError(name + ": expected the state of " + module.describe() + ", got " + found.report.text());
    }
    if (found.report.loaded.empty() && !slots.empty()) {
        throw DataError(name + ": expected at least one entry that fits " + module.describe() + ", got " +
                        found.report.text());
    }
    std::vector<Pending<T>> pending;
    pending.reserve(slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (const StoredArray* entry = found.entries[i]) {
            std::visit([&](const auto& holder) { pending.emplace_back(holder, *entry, name); }, slots[i].holder);
        }
    }
    for (Pending<T>& value : pending) value.put();
    return std::move(found.report);
}

template std::vector<StoredArray> state(BasicModule<float>&);
template std::vector<StoredArray> state(BasicModule<double>&);
template void save(BasicModule<float>&, const std::filesystem::path&);
template void save(BasicModule<double>&, const std::filesystem::path&);
template LoadReport load(BasicModule<float>&, const std::filesystem::path&, const LoadOptions&);
template LoadReport load(BasicModule<double>&, const std::filesystem::path&, const LoadOptions&);
template LoadReport load(BasicModule<float>&, std::span<const StoredArray>, const LoadOptions&, const std::string&);
template LoadReport load(BasicModule<double>&, std::span<const StoredArray>, const LoadOptions&, const std::string&);

}  // namespace xtape::nn

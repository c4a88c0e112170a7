#include <xtape/autodiff/random.hpp>
#include <xtape/nn/state.hpp>
#include <xtape/train/resume.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <typeinfo>

namespace xtape::train::detail {

template <class T>
Snapshot module_state(nn::BasicModule<T>& module) {
    Snapshot snapshot;
    for (const files::StoredArray& stored : nn::state(module)) {
        if (stored.element == files::Element::int64) {
            snapshot.put(stored.name, files::to_array<std::int64_t>(stored, "model"));
        } else {
            snapshot.put(stored.name, files::to_array<T>(stored, "model"));
        }
    }
    return snapshot;
}

template <class T>
void load_module_state(nn::BasicModule<T>& module, const Snapshot& state) {
    std::vector<files::StoredArray> arrays;
    for (const auto& [name, value] : state.values()) {
        std::visit(
            [&, &n = name](const auto& held) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
                    arrays.push_back(files::stored(n, held));
                }
            },
            value);
    }
    nn::load(module, arrays, {}, "checkpoint");
}

template <class T>
Snapshot to_snapshot(const optim::BasicState<T>& state) {
    Snapshot snapshot;
    for (const auto& [name, array] : state.arrays) snapshot.put("array." + name, array);
    for (const auto& [name, number] : state.numbers) snapshot.put_number("number." + name, number);
    return snapshot;
}

template <class T>
optim::BasicState<T> optimizer_state(const Snapshot& snapshot) {
    optim::BasicState<T> state;
    const Snapshot arrays = snapshot.part("array."), numbers = snapshot.part("number.");
    for (const auto& [name, value] : arrays.values()) state.arrays.emplace_back(name, arrays.array<T>(name));
    for (const auto& [name, value] : numbers.values()) state.numbers.emplace_back(name, numbers.number(name));
    return state;
}

namespace {

// The numbers of a loader's state, under their names; a member more does not compile.
template <class State, class F>
void for_each_number(State& state, const F& f) {
    auto& [epoch, begun, batch, seed, stream, rows, batch_size, checksum] = state;
    f("epoch", epoch);
    f("begun", begun);
    f("batch", batch);
    f("seed", seed);
    f("stream", stream);
    f("rows", rows);
    f("batch_size", batch_size);
    f("checksum", checksum);
}

}  // namespace

Snapshot to_snapshot(const data::LoaderState& state) {
    Snapshot snapshot;
    for_each_number(state, [&](const char* name, std::uint64_t number) { snapshot.put_count(name, number); });
    return snapshot;
}

data::LoaderState loader_state(const Snapshot& snapshot) {
    data::LoaderState state;
    for_each_number(state, [&]<class N>(const char* name, N& number) { number = static_cast<N>(snapshot.count(name)); });
    return state;
}

Snapshot random_state() {
    const random::State state = random::state();
    Snapshot snapshot;
    snapshot.put_count("seed", state.seed);
    snapshot.put_count("next_stream", state.next_stream);
    return snapshot;
}

void set_random_state(const Snapshot& snapshot) {
    random::set_state({snapshot.count("seed"), snapshot.count("next_stream")});
}

Array64 to_array(const std::vector<double>& values) {
    Array64 array = empty_array<double>({values.size()});
    std::ranges::copy(values, array.data());
    return array;
}

std::vector<double> to_vector(const Array64& array) { return {array.data(), array.data() + array.size()}; }

std::string text_of(const Snapshot& snapshot, const std::string& name) {
    const auto found = snapshot.values().find(name);
    if (found == snapshot.values().end()) return "none";
    if (const auto* text = std::get_if<std::string>(&found->second)) return *text;
    if (std::holds_alternative<IndexArray>(found->second)) return fmt::format("{}", snapshot.count(name));
    return fmt::format("{}", snapshot.number(name));
}

std::vector<std::string> callback_names(const std::vector<std::shared_ptr<CallbackHooks>>& callbacks) {
    std::vector<std::string> names;
    std::map<std::string, std::size_t> count;
    for (const auto& callback : callbacks) {
        const CallbackHooks& hooks = *callback;
        const std::string name = typeid(hooks).name();
        names.push_back(fmt::format("{}.{}", name, count[name]++));
    }
    return names;
}

namespace {
constexpr std::string_view prefix = "step-", suffix = ".ckpt";
constexpr std::size_t digits = 10;  // names in order of their numbers

bool is_checkpoint(const std::string& name) {
    if (name.size() < prefix.size() + digits + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) return false;
    return std::all_of(name.begin() + prefix.size(), name.end() - suffix.size(), [](char c) { return c >= '0' && c <= '9'; });
}
}  // namespace

std::string checkpoint_name(std::uint64_t steps) { return fmt::format("{}{:0{}}{}", prefix, steps, digits, suffix); }

std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (is_checkpoint(entry->path().filename().string())) found.push_back(entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        throw IoError(fmt::format("{}: the folder cannot be read: {}", folder.string(), error.message()));
    }
    std::ranges::sort(found, [](const auto& a, const auto& b) {
        const std::string x = a.filename().string(), y = b.filename().string();
        return x.size() != y.size() ? x.size() > y.size() : x > y;
    });
    return found;
}

std::optional<Snapshot> find_checkpoint(const std::filesystem::path& path) {
    if (std::filesystem::is_regular_file(path)) return Snapshot::load(path);
    const std::vector<std::filesystem::path> files = checkpoints_in(path);
    for (const std::filesystem::path& file : files) {
        try {
            return Snapshot::load(file);
        } catch (const DataError& error) {
            fmt::print(stderr, "warning: {}\nwarning: going on from the checkpoint before it\n", error.message());
        }
    }
    if (files.empty()) return std::nullopt;
    throw DataError(fmt::format("{}: expected an undamaged checkpoint, found {} damaged ones", path.string(), files.size()));
}

template Snapshot module_state(nn::Module&);
template Snapshot module_state(nn::Module64&);
template void load_module_state(nn::Module&, const Snapshot&);
template void load_module_state(nn::Module64&, const Snapshot&);
template Snapshot to_snapshot(const optim::State&);
template Snapshot to_snapshot(const optim::State64&);
template optim::State optimizer_state(const Snapshot&);
template optim::State64 optimizer_state(const Snapshot&);

}  // namespace xtape::train::detail

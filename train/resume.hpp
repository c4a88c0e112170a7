// The pieces of an exact checkpoint, and where the newest one is.
#pragma once

#include <xtape/data/loader.hpp>
#include <xtape/nn/module.hpp>
#include <xtape/optim/state.hpp>
#include <xtape/train/callback.hpp>
#include <xtape/train/snapshot.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtape::train::detail {

/// Parameters and buffers under their paths, as copies.
template <class T>
Snapshot module_state(nn::BasicModule<T>& module);
/// Throws DataError, and changes nothing, for the state of another model.
template <class T>
void load_module_state(nn::BasicModule<T>& module, const Snapshot& state);

template <class T>
Snapshot to_snapshot(const optim::BasicState<T>& state);
template <class T>
optim::BasicState<T> optimizer_state(const Snapshot& snapshot);

Snapshot to_snapshot(const data::LoaderState& state);
data::LoaderState loader_state(const Snapshot& snapshot);

/// The process-wide seed and stream.
Snapshot random_state();
void set_random_state(const Snapshot& snapshot);

Array64 to_array(const std::vector<double>& values);
std::vector<double> to_vector(const Array64& array);

/// What a snapshot holds of a number, count or text, for a message; "none" when there is none.
std::string text_of(const Snapshot& snapshot, const std::string& name);

/// A name for each callback that is the same in another process: its class and which of that class it is.
std::vector<std::string> callback_names(const std::vector<std::shared_ptr<CallbackHooks>>& callbacks);

/// "step-0000000120.ckpt".
std::string checkpoint_name(std::uint64_t steps);
/// The checkpoints of a folder, newest first; none when the folder does not exist.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder);

/// The snapshot of a file, or the newest undamaged one of a folder; a damaged one is named on standard error. Nothing for a
/// folder without checkpoints, or that does not exist. Throws DataError when all are damaged, IoError as Snapshot::load.
std::optional<Snapshot> find_checkpoint(const std::filesystem::path& path);

}  // namespace xtape::train::detail

// The state of a module as named arrays: in files that PyTorch and NumPy open too, or in memory.
#pragma once

#include <xtape/files/stored_array.hpp>
#include <xtape/nn/module.hpp>

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace xtape::nn {

/// Gives an entry of a file the name that the module has for it; an empty name leaves the entry out.
using Rename = std::function<std::string(const std::string& name)>;

/// The first of these beginnings that a name has is replaced by the other text, which may be empty:
/// `rename_prefixes({{"model.encoder.", "encoder."}, {"model.", ""}})`. Other names stay.
Rename rename_prefixes(std::vector<std::pair<std::string, std::string>> prefixes);

struct LoadOptions {
    /// Every parameter and buffer must be there with its shape, and nothing else. Otherwise what fits in name and shape
    /// is loaded and the report tells the rest.
    bool strict = true;
    Rename rename = {};
};

/// What became of the entries of a file.
struct LoadReport {
    struct Misshaped {
        std::string name;
        Shape wanted, found;
    };

    std::vector<std::string> loaded;      ///< of the module, in its order
    std::vector<std::string> missing;     ///< of the module, in its order
    std::vector<std::string> unexpected;  ///< of the file, as they stand there
    std::vector<Misshaped> misshaped;     ///< of the module, in its order

    bool complete() const { return missing.empty() && unexpected.empty() && misshaped.empty(); }

    /// `1 missing: "0.bias"; 1 of another shape: "0.weight" (expected (2, 3), got (3, 2))`; "4 loaded" when complete.
    std::string text() const;
};

/// Every parameter and buffer under its path, parameters first. The arrays are copies and do not change with the module.
template <class T>
std::vector<files::StoredArray> state(BasicModule<T>& module);

/// Writes the state to a file in the format of the name's ending: .safetensors (with the metadata "format": "pt", as
/// PyTorch's own files have) or .npz. Names and layouts are PyTorch's. All or nothing and durable, as
/// files::write_atomically; the same state gives the same bytes. Throws ConfigError for another ending, IoError when the
/// file cannot be written.
template <class T>
void save(BasicModule<T>& module, const std::filesystem::path& path);

/// Gives parameters and buffers the values of a file that save, PyTorch (safetensors) or NumPy (npz) wrote. Numbers of
/// any floating-point kind are rounded to T. An entry under a second name of a shared parameter is read like one under
/// its first; if a file has both they must agree.
///
/// Nothing is changed unless everything is well. Throws DataError when the file is damaged, holds numbers that T cannot
/// hold, has two entries for one name, or: strict and not complete, with all that is missing, unexpected or of another
/// shape; not strict and without any entry that fits. Throws IoError when the file cannot be read, ConfigError for
/// another ending.
template <class T>
LoadReport load(BasicModule<T>& module, const std::filesystem::path& path, const LoadOptions& options = {});

/// The same from arrays in memory, for example those of state(); `name` stands for the file in error messages.
template <class T>
LoadReport load(BasicModule<T>& module, std::span<const files::StoredArray> state, const LoadOptions& options = {},
                const std::string& name = "state");

extern template std::vector<files::StoredArray> state(BasicModule<float>&);
extern template std::vector<files::StoredArray> state(BasicModule<double>&);
extern template void save(BasicModule<float>&, const std::filesystem::path&);
extern template void save(BasicModule<double>&, const std::filesystem::path&);
extern template LoadReport load(BasicModule<float>&, const std::filesystem::path&, const LoadOptions&);
extern template LoadReport load(BasicModule<double>&, const std::filesystem::path&, const LoadOptions&);
extern template LoadReport load(BasicModule<float>&, std::span<const files::StoredArray>, const LoadOptions&,
                                const std::string&);
extern template LoadReport load(BasicModule<double>&, std::span<const files::StoredArray>, const LoadOptions&,
                                const std::string&);

}  // namespace xtape::nn

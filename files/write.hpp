// Whole files out of memory: all of it or nothing, whatever happens.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>

namespace xtape::files {

/// Replaces the content of a file, or makes it, with the parts one after the other. At every moment, also when the
/// process is killed or the power fails, the path names the old content (or nothing) or the new one: the parts go into a
/// temporary file in the same folder (".NAME.xtape-<number>.tmp"), which is brought to the disk (fsync) before it is renamed,
/// and the folder after that. When this returns, the new content survives a power failure. The file's mode is kept; of a
/// symbolic link the file it leads to is replaced. Temporary files that killed processes left of the same path are
/// removed; those of processes at work are not: several may save to one path, the last one wins.
///
/// Throws IoError with the path and the system's words (disk full, folder not writable, ...), with the temporary
/// removed and the old content in place; or, with the new content in place, when only the folder cannot be brought to
/// the disk. Throws IoError when the path names something else than a regular file.
void write_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> content);

namespace detail {

/// What write_atomically asks of the system; the names, arguments and results are those of POSIX. Tests make each call
/// fail in turn.
class FileSystem {
public:
    virtual ~FileSystem() = default;
    virtual int open(const char* path, int flags, mode_t mode);
    virtual int lock(int file);  ///< flock(file, LOCK_EX)
    virtual int change_mode(int file, mode_t mode);
    virtual ssize_t write(int file, const void* data, std::size_t size);
    virtual int sync(int file);
    virtual int close(int file);
    virtual int rename(const char* from, const char* to);
    virtual int remove(const char* path);
};

void write_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts,
                      FileSystem& system);

}  // namespace detail

}  // namespace xtape::files

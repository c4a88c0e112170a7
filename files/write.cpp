#include <xtape/autodiff/error.hpp>
#include <xtape/files/write.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace xtape::files {

namespace detail {

int FileSystem::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
int FileSystem::lock(int file) { return ::flock(file, LOCK_EX); }
int FileSystem::change_mode(int file, mode_t mode) { return ::fchmod(file, mode); }
ssize_t FileSystem::write(int file, const void* data, std::size_t size) { return ::write(file, data, size); }
int FileSystem::sync(int file) { return ::fsync(file); }
int FileSystem::close(int file) { return ::close(file); }
int FileSystem::rename(const char* from, const char* to) { return std::rename(from, to); }
int FileSystem::remove(const char* path) { return ::unlink(path); }

}  // namespace detail

namespace {

using detail::FileSystem;
using Path = std::filesystem::path;

[[noreturn]] void fail(const Path& path, const char* what, int error) {
    throw IoError(path.string() + ": cannot " + what + ": " + std::generic_category().message(error));
}

// Calls again while signals interrupt.
template <class F>
auto again(F&& call) {
    while (true) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

Path folder_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

// What all temporary files of a path begin with. Names longer than the system allows are cut.
std::string temporary_prefix(const Path& path) {
    constexpr std::size_t most = 200;
    return "." + path.filename().string().substr(0, most) + ".xtape-";
}

// The file that is to be replaced, and its mode if it exists.
struct Target {
    Path path;
    std::optional<mode_t> mode;
};

Target find_target(const Path& given) {
    Target target{given, {}};
    struct stat status = {};
    if (::lstat(given.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
        std::error_code error;
        target.path = std::filesystem::weakly_canonical(given, error);
        if (error) fail(given, "follow the link", error.value());
    }
    if (::stat(target.path.c_str(), &status) != 0) return target;
    if (!S_ISREG(status.st_mode)) {
        throw IoError(given.string() + ": expected a regular file or none, got " +
                      (S_ISDIR(status.st_mode) ? "a folder" : "a device, pipe or socket"));
    }
    target.mode = status.st_mode & 07777;
    return target;
}

// A file in the target's folder that is locked while it is written, and removed unless it has been renamed.
class Temporary {
public:
    Temporary(const Target& target, const Path& given, FileSystem& system) : given_(given), system_(system) {
        static std::atomic<unsigned> counter{0};
        while (true) {
            path_ = folder_of(target.path) / (temporary_prefix(target.path) + std::to_string(::getpid()) + "-" +
                                              std::to_string(counter++) + ".tmp");
            constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
            file_ = again([&] { return system_.open(path_.c_str(), flags, 0666); });
            if (file_ < 0 && errno == EEXIST) continue;  // of a killed process that had this one's number
            if (file_ < 0) fail(given_, "make a temporary file beside it", errno);
            if (still_there()) break;
            system_.close(file_);
        }
    }

    ~Temporary() {
        if (file_ >= 0) system_.close(file_);
        if (!renamed_) system_.remove(path_.c_str());
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    void set_mode(mode_t mode) { check(system_.change_mode(file_, mode), "keep its mode"); }

    void write(std::span<const std::byte> part) {
        while (!part.empty()) {
            const ssize_t count = again([&] { return system_.write(file_, part.data(), part.size()); });
            if (count < 0) fail(given_, "write", errno);
            if (count == 0) fail(given_, "write", ENOSPC);
            part = part.subspan(static_cast<std::size_t>(count));
        }
    }

    void finish() {
        check(again([&] { return system_.sync(file_); }), "write");
        // Some file systems report a full disk or quota only here. After an interruption the file is closed as well.
        const int result = system_.close(std::exchange(file_, -1));
        if (result != 0 && errno != EINTR) fail(given_, "write", errno);
    }

    void rename_to(const Path& path) {
        check(system_.rename(path_.c_str(), path.c_str()), "replace");
        renamed_ = true;
    }

private:
    // Another process may have taken the file for a dead one's before it was locked.
    bool still_there() {
        again([&] { return system_.lock(file_); });  // without locks nobody removes it
        struct stat status = {};
        return ::fstat(file_, &status) == 0 && status.st_nlink > 0;
    }

    void check(int result, const char* what) const {
        if (result != 0) fail(given_, what, errno);
    }

    const Path& given_;
    FileSystem& system_;
    Path path_;
    int file_ = -1;
    bool renamed_ = false;
};

// Removes temporary files of the path that nobody holds locked: their writers are dead.
void sweep(const Path& path) {
    const std::string prefix = temporary_prefix(path);
    std::error_code error;
    std::filesystem::directory_iterator entry(folder_of(path), error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(prefix) || !name.ends_with(".tmp")) continue;
        const std::string number = name.substr(prefix.size(), name.size() - prefix.size() - 4);
        if (number.empty() || number.find_first_not_of("0123456789-") != std::string::npos) continue;
        const int file = ::open(entry->path().c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (file < 0) continue;
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
        ::close(file);
    }
}

void sync_folder(const Path& path, const Path& given, FileSystem& system) {
    const int folder =
        again([&] { return system.open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
    if (folder < 0) fail(given, "bring the folder to the disk", errno);
    const int result = again([&] { return system.sync(folder); });
    const int error = errno;
    system.close(folder);
    // EINVAL: a file system on which folders cannot be synchronised.
    if (result != 0 && error != EINVAL) fail(given, "bring the folder to the disk", error);
}

}  // namespace

void detail::write_atomically(const Path& path, std::span<const std::span<const std::byte>> parts, FileSystem& system) {
    const Target target = find_target(path);
    sweep(target.path);
    {
        Temporary temporary(target, path, system);
        if (target.mode) temporary.set_mode(*target.mode);
        for (const std::span<const std::byte> part : parts) temporary.write(part);
        temporary.finish();
        temporary.rename_to(target.path);
    }
    sync_folder(target.path, path, system);
}

void write_atomically(const Path& path, std::span<const std::span<const std::byte>> parts) {
    FileSystem system;
    detail::write_atomically(path, parts, system);
}

void write_atomically(const Path& path, std::span<const std::byte> content) {
    write_atomically(path, std::span(&content, 1));
}

}  // namespace xtape::files

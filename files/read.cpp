#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace xtape::files {

namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int number) : number_(number) {}
    ~FileDescriptor() {
        if (number_ >= 0) ::close(number_);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int number() const { return number_; }

private:
    int number_;
};

[[noreturn]] void fail(const std::filesystem::path& path) {
    throw IoError(path.string() + ": cannot read: " + std::generic_category().message(errno));
}

const char* kind(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

}  // namespace

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
    // O_NONBLOCK: opening a pipe that nobody writes to must not wait before its kind is known.
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status = {};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) fail(path);
    if (!S_ISREG(status.st_mode)) {
        throw IoError(path.string() + ": expected a regular file, got " + kind(status.st_mode));
    }

    const auto check_size = [&](std::size_t size) {
        if (size > max_bytes) {
            throw IoError(path.string() + ": expected at most " + std::to_string(max_bytes) + " bytes, got more");
        }
    };
    check_size(static_cast<std::size_t>(status.st_size));

    // One byte more than the size the system tells, so that the end is seen without growing; the size is only a hint,
    // since a file may change under the reader.
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size) + 1);
    std::size_t filled = 0;
    while (true) {
        check_size(filled);
        if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
        const ssize_t count = ::read(file.number(), bytes.data() + filled, bytes.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(path);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
}

}  // namespace xtape::files

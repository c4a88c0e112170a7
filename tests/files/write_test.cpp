#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/write.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>

using namespace xtape;
using support::bytes;
using support::Bytes;

namespace {

std::set<std::string> names_in(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

// Lets the system do it, except that call number `failing` fails with `error`, or, of a write, does only half when
// there is no error; or fails only once (EINTR).
class Faulty : public files::detail::FileSystem {
public:
    Faulty(int failing, int error) : failing_(failing), error_(error) {}

    std::string failed;  // the name of the call that failed

    int open(const char* path, int flags, mode_t mode) override {
        return fails("open") ? -1 : FileSystem::open(path, flags, mode);
    }
    int change_mode(int file, mode_t mode) override {
        return fails("change_mode") ? -1 : FileSystem::change_mode(file, mode);
    }
    ssize_t write(int file, const void* data, std::size_t size) override {
        if (fails("write")) {
            if (error_ != 0) return -1;
            size = (size + 1) / 2;
        }
        return FileSystem::write(file, data, size);
    }
    int sync(int file) override { return fails("sync") ? -1 : FileSystem::sync(file); }
    int close(int file) override {
        const int result = FileSystem::close(file);
        return fails("close") ? -1 : result;
    }
    int rename(const char* from, const char* to) override {
        return fails("rename") ? -1 : FileSystem::rename(from, to);
    }

private:
    bool fails(const char* call) {
        if (calls_++ != failing_) return false;
        failed = call;
        errno = error_;
        return true;
    }

    int calls_ = 0, failing_, error_;
};

// What happens when call number `failing` of a save over an old file fails; empty when there was no such call.
struct Outcome {
    std::string call, message;
    Bytes content;
    std::set<std::string> names;
};

Outcome save_with_fault(int failing, int error) {
    const support::TemporaryFolder folder;
    const auto path = folder.write("model", bytes("old"));
    Faulty system(failing, error);
    Outcome outcome;
    const Bytes first = bytes("new "), second = bytes("content");
    const std::span<const std::byte> parts[] = {first, second};
    try {
        files::detail::write_atomically(path, parts, system);
    } catch (const IoError& failure) {
        outcome.message = failure.what();
        outcome.message.erase(0, path.string().size());
    }
    outcome.call = system.failed;
    outcome.content = files::read_file(path);
    outcome.names = names_in(folder.path());
    return outcome;
}

// Runs f in a child process; whether it ended with 0.
template <class F>
bool succeeds_in_child(F&& f) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(f() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The message of a save that fails.
std::string failure_of(const std::filesystem::path& path, const Bytes& content) {
    try {
        files::write_atomically(path, content);
    } catch (const IoError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a file is made or replaced, and nothing else stays in its folder") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "model";
    files::write_atomically(path, bytes("one"));
    CHECK(files::read_file(path) == bytes("one"));
    const Bytes large(3'000'000, std::byte{7}), rest = bytes("rest");
    const std::span<const std::byte> parts[] = {large, {}, rest};
    files::write_atomically(path, parts);
    CHECK(files::read_file(path) == support::operator+(large, rest));
    files::write_atomically(path, Bytes{});
    CHECK(files::read_file(path).empty());
    CHECK(names_in(folder.path()) == std::set<std::string>{"model"});
}

TEST_CASE("a save into the current folder needs no folder in its path") {
    const support::TemporaryFolder folder;
    CHECK(succeeds_in_child([&] {
        std::filesystem::current_path(folder.path());
        files::write_atomically("model", bytes("here"));
        return true;
    }));
    CHECK(files::read_file(folder.path() / "model") == bytes("here"));
}

TEST_CASE("a replaced file keeps its mode, a new one has the usual one") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "model";
    const auto mode = [&] {
        struct stat status = {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        return status.st_mode & 07777;
    };
    const mode_t mask = ::umask(022);
    files::write_atomically(path, bytes("one"));
    ::umask(mask);
    CHECK(mode() == 0644);
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    files::write_atomically(path, bytes("two"));
    CHECK(mode() == 0640);
}

TEST_CASE("of a symbolic link the file is replaced, not the link") {
    const support::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "runs");
    const auto file = folder.write("runs/1", bytes("old"));
    std::filesystem::create_symlink("runs/1", folder.path() / "latest");
    files::write_atomically(folder.path() / "latest", bytes("new"));
    CHECK(std::filesystem::is_symlink(folder.path() / "latest"));
    CHECK(files::read_file(file) == bytes("new"));
    CHECK(names_in(folder.path() / "runs") == std::set<std::string>{"1"});
}

TEST_CASE("whichever call fails, the old file stays, the temporary goes, and the message has the system's words") {
    const std::vector<std::pair<std::string, std::string>> expected{
        {"open", ": cannot make a temporary file beside it: No space left on device"},
        {"change_mode", ": cannot keep its mode: No space left on device"},
        {"write", ": cannot write: No space left on device"},
        {"write", ": cannot write: No space left on device"},
        {"sync", ": cannot write: No space left on device"},
        {"close", ": cannot write: No space left on device"},
        {"rename", ": cannot replace: No space left on device"},
    };
    for (std::size_t k = 0; k < expected.size(); ++k) {
        INFO("call ", k);
        const Outcome outcome = save_with_fault(static_cast<int>(k), ENOSPC);
        CHECK(outcome.call == expected[k].first);
        CHECK(outcome.message == expected[k].second);
        CHECK(outcome.content == bytes("old"));
        CHECK(outcome.names == std::set<std::string>{"model"});
    }
}

TEST_CASE("when only the folder cannot be brought to the disk the new file is in place and the error says so") {
    for (const int call : {7, 8}) {
        const Outcome outcome = save_with_fault(call, EIO);
        CHECK(outcome.call == (call == 7 ? "open" : "sync"));
        CHECK(outcome.message == ": cannot bring the folder to the disk: Input/output error");
        CHECK(outcome.content == bytes("new content"));
        CHECK(outcome.names == std::set<std::string>{"model"});
    }
    CHECK(save_with_fault(8, EINVAL).message.empty());  // a file system on which this cannot be asked for
    CHECK(save_with_fault(10, EIO).call.empty());       // that were all: 9 closes the folder
}

TEST_CASE("an interrupted call is made again, and of a short write the rest is written") {
    for (int call = 0; call < 10; ++call) {
        // fchmod and rename are not interrupted by signals.
        if (call == 1 || call == 6) continue;
        INFO("call ", call);
        const Outcome outcome = save_with_fault(call, EINTR);
        CHECK_FALSE(outcome.call.empty());
        CHECK(outcome.message.empty());
        CHECK(outcome.content == bytes("new content"));
        CHECK(outcome.names == std::set<std::string>{"model"});
    }
    for (const int call : {2, 3}) {
        const Outcome outcome = save_with_fault(call, 0);
        CHECK(outcome.call == "write");
        CHECK(outcome.content == bytes("new content"));
    }
}

TEST_CASE("a full device is an error and the old file stays") {
    struct Full : files::detail::FileSystem {
        // The temporary's name exists; what is written goes to a device that the system says is full.
        int open(const char* path, int flags, mode_t mode) override {
            const int file = FileSystem::open(path, flags, mode);
            if ((flags & O_CREAT) == 0) return file;
            FileSystem::close(file);
            return FileSystem::open("/dev/full", O_WRONLY | O_CLOEXEC, 0);
        }
        int change_mode(int, mode_t) override { return 0; }
    } system;
    const support::TemporaryFolder folder;
    const auto path = folder.write("model", bytes("old"));
    const Bytes content(100, std::byte{1});
    const std::span<const std::byte> part = content;
    CHECK_THROWS_WITH_AS(files::detail::write_atomically(path, std::span(&part, 1), system),
                         (path.string() + ": cannot write: No space left on device").c_str(), IoError);
    CHECK(files::read_file(path) == bytes("old"));
    CHECK(names_in(folder.path()) == std::set<std::string>{"model"});
}

TEST_CASE("a limit on the size of files is an error and the old file stays") {
    const support::TemporaryFolder folder;
    const auto path = folder.write("model", bytes("old"));
    CHECK(succeeds_in_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{65536, 65536};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return failure_of(path, Bytes(100'000)) == path.string() + ": cannot write: File too large";
    }));
    CHECK(files::read_file(path) == bytes("old"));
    CHECK(names_in(folder.path()) == std::set<std::string>{"model"});
}

TEST_CASE("a folder that cannot be written to is an error and the old file stays") {
    const support::TemporaryFolder folder;
    const auto path = folder.write("model", bytes("old"));
    REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
    CHECK(succeeds_in_child([&] {
        if (::geteuid() == 0 && ::seteuid(65534) != 0) return false;  // root may write everywhere
        return failure_of(path, bytes("new")) ==
               path.string() + ": cannot make a temporary file beside it: Permission denied";
    }));
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    CHECK(files::read_file(path) == bytes("old"));
    CHECK(names_in(folder.path()) == std::set<std::string>{"model"});
}

TEST_CASE("what cannot be replaced is refused by name") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK(failure_of(path, {}) == path + ": expected a regular file or none, got a folder");
    CHECK(failure_of("/dev/full", bytes("x")) ==
          "/dev/full: expected a regular file or none, got a device, pipe or socket");
    CHECK(failure_of(path + "/none/model", {}) ==
          path + "/none/model: cannot make a temporary file beside it: No such file or directory");
    std::filesystem::create_symlink("loop", folder.path() / "loop");
    CHECK(failure_of(path + "/loop", {}) == path + "/loop: cannot follow the link: Too many levels of symbolic links");
}

TEST_CASE("temporary files of dead processes go with the next save, those of live ones and other files stay") {
    const support::TemporaryFolder folder;
    folder.write(".model.xtape-4194305-0.tmp", bytes("half a mod"));
    folder.write(".model.xtape-17-3.tmp", bytes("being written"));
    folder.write(".model.xtape-notes.tmp", bytes("mine"));
    folder.write(".model2.xtape-17-3.tmp", bytes("of another file"));
    const int live = ::open((folder.path() / ".model.xtape-17-3.tmp").c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(::flock(live, LOCK_EX) == 0);
    files::write_atomically(folder.path() / "model", bytes("new"));
    ::close(live);
    CHECK(names_in(folder.path()) ==
          std::set<std::string>{"model", ".model.xtape-17-3.tmp", ".model.xtape-notes.tmp", ".model2.xtape-17-3.tmp"});
}

TEST_CASE("a temporary file left under the number of this process does not stop a save") {
    const support::TemporaryFolder folder;
    struct Taken : files::detail::FileSystem {
        int refusals = 3;
        int open(const char* path, int flags, mode_t mode) override {
            if (refusals-- <= 0) return FileSystem::open(path, flags, mode);
            errno = EEXIST;
            return -1;
        }
    } system;
    const Bytes content = bytes("new");
    const std::span<const std::byte> part = content;
    files::detail::write_atomically(folder.path() / "model", std::span(&part, 1), system);
    CHECK(names_in(folder.path()) == std::set<std::string>{"model"});
}

TEST_CASE("a temporary file that was swept before it could be locked is made again") {
    const support::TemporaryFolder folder;
    struct Swept : files::detail::FileSystem {
        std::filesystem::path folder;
        int locks = 0;
        int lock(int file) override {
            if (locks++ == 0) {
                for (const std::string& name : names_in(folder)) std::filesystem::remove(folder / name);
            }
            return FileSystem::lock(file);
        }
    } system;
    system.folder = folder.path();
    const Bytes content = bytes("new");
    const std::span<const std::byte> part = content;
    files::detail::write_atomically(folder.path() / "model", std::span(&part, 1), system);
    CHECK(system.locks == 2);
    CHECK(files::read_file(folder.path() / "model") == bytes("new"));
}

TEST_CASE("the longest name that the system allows can be saved to") {
    const support::TemporaryFolder folder;
    const std::string name(255, 'm');
    files::write_atomically(folder.path() / name, bytes("new"));
    files::write_atomically(folder.path() / name, bytes("newer"));
    CHECK(names_in(folder.path()) == std::set<std::string>{name});
}

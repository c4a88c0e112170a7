#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace xtape;

TEST_CASE("a file is read whole") {
    const support::TemporaryFolder folder;
    CHECK(files::read_file(folder.write("empty", {})).empty());
    support::Bytes content;
    for (unsigned i = 0; i < 100000; ++i) content.push_back(static_cast<std::byte>(i * 7));
    CHECK(files::read_file(folder.write("content", content)) == content);
}

TEST_CASE("a file whose size the system does not tell is read whole") {
    // Files in /proc tell size 0.
    const support::Bytes content = files::read_file("/proc/self/status");
    CHECK(content.size() > 100);
    CHECK(content.back() == std::byte{'\n'});
}

TEST_CASE("what cannot be read is named with the system's words") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK_THROWS_WITH_AS(files::read_file(folder.path() / "none"),
                         (path + "/none: cannot read: No such file or directory").c_str(), IoError);
    CHECK_THROWS_WITH_AS(files::read_file(folder.path()), (path + ": expected a regular file, got a folder").c_str(),
                         IoError);
    folder.write("content", support::Bytes(11));
    CHECK(files::read_file(folder.path() / "content", 11).size() == 11);
    CHECK_THROWS_WITH_AS(files::read_file(folder.path() / "content", 10),
                         (path + "/content: expected at most 10 bytes, got more").c_str(), IoError);
    CHECK_THROWS_WITH_AS(files::read_file("/dev/zero"), "/dev/zero: expected a regular file, got a device", IoError);
}

TEST_CASE("a pipe is refused at once, though nobody writes to it") {
    const support::TemporaryFolder folder;
    const std::string pipe = (folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_THROWS_WITH_AS(files::read_file(pipe), (pipe + ": expected a regular file, got a pipe").c_str(), IoError);
}

#include "data/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/data/file.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <optional>

using namespace xtape;

namespace {

// Sets XTAPE_DATA for a while, or unsets it.
class DataVariable {
public:
    explicit DataVariable(const char* value) {
        if (const char* old = std::getenv("XTAPE_DATA")) old_ = old;
        set(value);
    }
    ~DataVariable() { set(old_ ? old_->c_str() : nullptr); }

private:
    static void set(const char* value) {
        value != nullptr ? ::setenv("XTAPE_DATA", value, 1) : ::unsetenv("XTAPE_DATA");
    }
    std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("a file is read whole") {
    const support::TemporaryFolder folder;
    CHECK(data::read_file(folder.write("empty", {})).empty());
    support::Bytes content;
    for (unsigned i = 0; i < 100000; ++i) content.push_back(static_cast<std::byte>(i * 7));
    CHECK(data::read_file(folder.write("content", content)) == content);
}

TEST_CASE("a file whose size the system does not tell is read whole") {
    // Files in /proc tell size 0.
    const support::Bytes content = data::read_file("/proc/self/status");
    CHECK(content.size() > 100);
    CHECK(content.back() == std::byte{'\n'});
}

TEST_CASE("what cannot be read is named with the system's words") {
    const support::TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK_THROWS_WITH_AS(data::read_file(folder.path() / "none"),
                         (path + "/none: cannot read: No such file or directory").c_str(), IoError);
    CHECK_THROWS_WITH_AS(data::read_file(folder.path()), (path + ": expected a regular file, got a folder").c_str(),
                         IoError);
    folder.write("content", support::Bytes(11));
    CHECK(data::read_file(folder.path() / "content", 11).size() == 11);
    CHECK_THROWS_WITH_AS(data::read_file(folder.path() / "content", 10),
                         (path + "/content: expected at most 10 bytes, got more").c_str(), IoError);
    CHECK_THROWS_WITH_AS(data::read_file("/dev/zero"), "/dev/zero: expected a regular file, got a device", IoError);
}

TEST_CASE("a pipe is refused at once, though nobody writes to it") {
    const support::TemporaryFolder folder;
    const std::string pipe = (folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_THROWS_WITH_AS(data::read_file(pipe), (pipe + ": expected a regular file, got a pipe").c_str(), IoError);
}

TEST_CASE("the data folder is the option, or else XTAPE_DATA, or else nothing") {
    const DataVariable variable("/from/variable");
    CHECK(data::data_folder("/from/option", "mnist") == "/from/option");
    CHECK(data::data_folder("", "mnist") == "/from/variable");
    const DataVariable none(nullptr);
    CHECK(data::data_folder("", "mnist") == "");
}

TEST_CASE("a subfolder named like the data set is preferred") {
    const support::TemporaryFolder folder;
    CHECK(data::data_folder(folder.path().string(), "mnist") == folder.path());
    std::filesystem::create_directory(folder.path() / "mnist");
    CHECK(data::data_folder(folder.path().string(), "mnist") == folder.path() / "mnist");
    CHECK(data::data_folder(folder.path().string(), "usps") == folder.path());
    const DataVariable variable(folder.path().c_str());
    CHECK(data::data_folder("", "mnist") == folder.path() / "mnist");
}

#include "files/support.hpp"

#include <xtape/data/folder.hpp>

#include <doctest/doctest.h>

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

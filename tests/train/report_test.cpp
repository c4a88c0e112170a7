#include "files/support.hpp"
#include "train/content.hpp"
#include "train/support.hpp"

#include <xtape/train/callbacks.hpp>
#include <xtape/train/report.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

using namespace xtape;
using support::content;

namespace {

std::size_t count(const std::string& text, const std::string& piece) {
    std::size_t found = 0;
    for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++found;
    return found;
}

// Trains for two epochs with a report, and returns the page.
std::string run(const std::filesystem::path& folder) {
    seed(3);
    const data::TensorDataset set = support::some_digits(0, 200), test = support::some_digits(200, 100);
    nn::Sequential model = support::network();
    optim::Adam adam{model.parameters(), {.lr = 1e-2}};
    train::Report report{folder, {.title = "digits <8x8>", .configuration = {{"lr", "0.01"}, {"note", "\"quoted\""}}}};
    train::fit(model, nn::cross_entropy, adam, set, test,
               {.epochs = 2, .metrics = {train::Accuracy{}}, .callbacks = {report.callback()}});
    CHECK(std::filesystem::exists(folder / "report.html"));
    report.add_classification(model, test, {.names = {}, .examples = 4, .image = {8, 8}});
    report.add_weights(model);
    report.add_text("Notes", "a < b");
    report.add_table("Table", {"x", "y"}, {{"1", "<2>"}});
    report.write();
    return content(folder / "report.html");
}

// A PATH on which nothing is found, while one lives.
class NoPrograms {
public:
    NoPrograms() : before_(std::getenv("PATH")) { ::setenv("PATH", "/nonexistent", 1); }
    ~NoPrograms() { ::setenv("PATH", before_.c_str(), 1); }

private:
    std::string before_;
};

}  // namespace

TEST_CASE("a report is a folder of numbers and a page that needs nothing else") {
    const support::TemporaryFolder folder;
    const std::string page = run(folder.path() / "run");
    for (const char* name : {"config.json", "environment.txt", "metrics.csv", "metrics.jsonl", "report.html"}) {
        CHECK_MESSAGE(std::filesystem::exists(folder.path() / "run" / name), name);
    }
    CHECK(content(folder.path() / "run" / "config.json") == "{\n  \"lr\": \"0.01\",\n  \"note\": \"\\\"quoted\\\"\"\n}\n");
    CHECK(count(content(folder.path() / "run" / "metrics.csv"), "\n") == 3);
    CHECK(content(folder.path() / "run" / "environment.txt").find("seed: 3, next stream") != std::string::npos);

    CHECK(page.find("<h1>digits &lt;8x8&gt;</h1>") != std::string::npos);
    for (const char* section : {"Training", "Time", "Confusion matrix", "Classes", "Surest", "Weights", "Notes", "Table",
                                "Configuration", "Environment"}) {
        CHECK_MESSAGE(page.find(std::string("\">") + section + "</h2>") != std::string::npos, section);
    }
    CHECK(page.find("<pre>a &lt; b</pre>") != std::string::npos);
    CHECK(page.find(">&lt;2&gt;</td>") != std::string::npos);
    CHECK(page.find("macro average") != std::string::npos);
    // No script, and nothing from elsewhere.
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("src=\"http") == std::string::npos);
    CHECK(page.find("href=\"http") == std::string::npos);
    CHECK(count(page, "<img src=\"data:image/") == count(page, "<img "));
    CHECK(count(page, "data:image/png") >= 4);
}

TEST_CASE("without gnuplot a report says what to install and keeps its tables") {
    const support::TemporaryFolder folder;
    const NoPrograms none;
    const std::string page = run(folder.path());
    CHECK(page.find("gnuplot") != std::string::npos);
    CHECK(page.find("image/svg+xml") == std::string::npos);
    CHECK(page.find("<td>val_loss</td>") != std::string::npos);
    CHECK(page.find("macro average") != std::string::npos);
}

TEST_CASE("a section with a title that is there already takes its place") {
    const support::TemporaryFolder folder;
    train::Report report{folder.path()};
    report.add_text("A", "apples");
    report.add_text("B", "pears");
    report.add_text("A", "plums");
    report.write();
    const std::string page = content(folder.path() / "report.html");
    CHECK(page.find("apples") == std::string::npos);
    CHECK(page.find("plums") < page.find("pears"));
}

TEST_CASE("a report takes several pictures in one section, and any name for its page") {
    const support::TemporaryFolder folder;
    const auto first = folder.path() / "first.svg", second = folder.path() / "second.svg";
    for (const auto& file : {first, second}) std::ofstream(file) << "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";
    train::Report report{folder.path(), {.title = "several", .page = "gallery.html"}};
    report.add_pictures("Curves", {{first, "the first"}, {second, "the second"}});
    report.write();
    CHECK_FALSE(std::filesystem::exists(folder.path() / "report.html"));
    const std::string page = content(folder.path() / "gallery.html");
    CHECK(count(page, "data:image/svg+xml") == 2);
    CHECK(count(page, "<h2") == 2);  // with that of the environment
    CHECK(page.find("the first") < page.find("the second"));
}

TEST_CASE("a report names what it cannot use") {
    const support::TemporaryFolder folder;
    const auto file = folder.write("file", {});
    CHECK_THROWS_AS(train::Report{file / "inside"}, IoError);
    train::Report report{folder.path()};
    CHECK_THROWS_AS(report.add_picture("P", folder.path() / "none.svg", "nothing"), IoError);
    nn::Sequential model = support::network();
    CHECK_THROWS_WITH_AS(report.add_classification(model, support::some_digits(0, 20), {.names = {"a", "b"}}, Location{}),
                         "Report::add_classification: expected a name for each of 10 classes, got 2", ConfigError);
}

#include "files/support.hpp"
#include "train/content.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/train/history.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xtape;
using support::content;
using train::Better;

namespace {

train::History three_epochs() {
    train::History history;
    history.add({{"loss", 0.5}, {"accuracy", 0.25, Better::larger}});
    history.add({{"loss", 0.125}, {"accuracy", 0.75, Better::larger}, {"late", 7}});
    history.add({{"loss", std::numeric_limits<double>::quiet_NaN()}, {"accuracy", 0.75, Better::larger}});
    return history;
}

}  // namespace

TEST_CASE("a history knows the best and the last number of each series") {
    const train::History history = three_epochs();
    CHECK(history.size() == 3);
    CHECK(history.names() == std::vector<std::string>{"loss", "accuracy", "late"});
    CHECK(history.best("loss") == 0.125);
    CHECK(history.best_epoch("loss") == 2);
    CHECK(history.best("accuracy") == 0.75);
    CHECK(history.best_epoch("accuracy") == 2);  // the first of equal ones
    CHECK(std::isnan(history.last("loss")));
    CHECK(history["accuracy"] == std::vector<double>{0.25, 0.75, 0.75});
}

TEST_CASE("a series that comes up late has NaN before, and one that is left out NaN after") {
    const train::History history = three_epochs();
    CHECK(std::isnan(history["late"][0]));
    CHECK(history["late"][1] == 7);
    CHECK(std::isnan(history["late"][2]));
    CHECK(history.best("late") == 7);
}

TEST_CASE("asking a history for an unknown series lists those it has") {
    CHECK_THROWS_WITH_AS((void)three_epochs().best("val_loss"),
                         "History: expected the name of a series, got \"val_loss\"; it has loss, accuracy, late", ConfigError);
    CHECK_THROWS_WITH_AS((void)train::History{}["loss"],
                         "History: expected the name of a series, got \"loss\"; it is empty", ConfigError);
}

TEST_CASE("a history is written as CSV and as JSON lines") {
    const support::TemporaryFolder folder;
    train::History history = three_epochs();
    history.add({{"a, \"b\"", 1e300}});
    history.save_csv(folder.path() / "h.csv");
    CHECK(content(folder.path() / "h.csv") ==
          "epoch,loss,accuracy,late,\"a, \"\"b\"\"\"\n"
          "1,0.5,0.25,,\n"
          "2,0.125,0.75,7,\n"
          "3,,0.75,,\n"
          "4,,,,1e+300\n");
    three_epochs().save_jsonl(folder.path() / "h.jsonl");
    CHECK(content(folder.path() / "h.jsonl") ==
          "{\"epoch\":1,\"loss\":0.5,\"accuracy\":0.25,\"late\":null}\n"
          "{\"epoch\":2,\"loss\":0.125,\"accuracy\":0.75,\"late\":7.0}\n"
          "{\"epoch\":3,\"loss\":null,\"accuracy\":0.75,\"late\":null}\n");
    CHECK_THROWS_AS(history.save_csv(folder.path() / "none" / "h.csv"), IoError);
}

TEST_CASE("a history comes back from its state") {
    train::History history = three_epochs();
    history.set_stop_reason("enough");
    train::History copy;
    copy.load_state(history.state());
    CHECK(copy.size() == 3);
    CHECK(copy.names() == history.names());
    CHECK(copy["accuracy"] == history["accuracy"]);
    CHECK(copy.better("accuracy") == Better::larger);
    CHECK(copy.better("loss") == Better::smaller);
    CHECK(copy.stop_reason() == "enough");

    train::Snapshot wrong;
    wrong.put_count("epochs", 2);
    wrong.put_text("stop_reason", "");
    wrong.put_text("0.name", "loss");
    wrong.put_text("0.better", "smaller");
    wrong.put("0.values", Array64{1.0});
    CHECK_THROWS_AS(copy.load_state(wrong), DataError);
    CHECK(copy.size() == 3);
}

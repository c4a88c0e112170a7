#include "train/trainer.hpp"

#include <chrono>
#include <random>
#include <thread>

using support::result;
using support::start;
using support::uninterrupted;
using support::wait_for;

TEST_CASE("whenever training is killed, it resumes and ends with the bits of the run that was not") {
    const std::vector<std::byte> whole = uninterrupted();
    const auto begun = std::chrono::steady_clock::now();
    CHECK(uninterrupted() == whole);
    const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    std::uniform_int_distribution<std::chrono::microseconds::rep> delay(0, duration.count());
    std::mt19937 random(1);
    std::size_t kills = 0, runs = 0;
    while (kills < 300) {
        const support::TemporaryFolder folder;
        ++runs;
        while (kills < 300 && !std::filesystem::exists(folder.path() / "result")) {
            const pid_t child = start(folder.path(), "2", "1", "0");
            std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
            ::kill(child, SIGKILL);
            if (WIFSIGNALED(wait_for(child))) ++kills;
        }
        support::run(folder.path(), "2", "2");
        REQUIRE(result(folder.path()) == whole);
    }
    CHECK(runs > 10);  // most kills came when something had been done
}

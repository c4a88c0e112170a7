#include "files/support.hpp"

#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

using namespace xtape;

namespace {

// Starts the saver, kills it that long after it has begun to save, and waits for its end.
void run_and_kill(const std::string& path, float first, std::chrono::microseconds time) {
    std::string program = XTAPE_SAVER, file = path, number = std::to_string(first);
    char* const arguments[] = {program.data(), file.data(), number.data(), nullptr};
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    char begun = 0;
    CHECK(::read(ends[0], &begun, 1) == 1);
    ::close(ends[0]);

    std::this_thread::sleep_for(time);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));  // it was at work until then
}

std::size_t count_files(const std::filesystem::path& folder) {
    const std::filesystem::directory_iterator begin(folder), end;
    return static_cast<std::size_t>(std::distance(begin, end));
}

}  // namespace

TEST_CASE("whenever a process is killed while it saves, the file is the old one or the new one") {
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "net.safetensors").string();
    nn::Sequential net{nn::Linear{200, 200}, nn::Linear{200, 10}};
    std::mt19937 random(1);
    std::size_t killed_inside = 0;
    float last = 0;
    for (int round = 0; round < 250; ++round) {
        run_and_kill(path, last + 1, std::chrono::microseconds(random() % 12000));
        if (!std::filesystem::exists(path)) continue;
        nn::load(net, path);
        const float number = net.parameters()[0].value()(0, 0);
        for (const auto& parameter : net.parameters()) {
            for (const float value : parameter.value()) REQUIRE(value == number);
        }
        REQUIRE(number >= last);
        last = number;
        // A killed save leaves at most its own temporary file; the next one removes it.
        REQUIRE(count_files(folder.path()) <= 2);
        killed_inside += count_files(folder.path()) == 2 ? 1 : 0;
    }
    CHECK(last > 0);           // saves were completed,
    CHECK(killed_inside > 0);  // and kills came in the middle of others
    nn::save(net, path);
    CHECK(count_files(folder.path()) == 1);
}

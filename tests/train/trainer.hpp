// Runs of tests/train/trainer.cpp as processes of their own.
#pragma once

#include "files/support.hpp"

#include <xtape/files/read.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace support {

inline constexpr const char* epochs = "4";  // of 6 steps each: 90 items in batches of 8, two of them a step

// Starts the trainer; returns its process when it has begun.
inline pid_t start(const std::filesystem::path& folder, const std::string& every, const std::string& thread_count, const std::string& stop_after) {
    std::vector<std::string> words{XTAPE_TRAINER, folder.string(), epochs, every, thread_count, stop_after};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    char begun = 0;
    CHECK(::read(ends[0], &begun, 1) == 1);
    ::close(ends[0]);
    return child;
}

inline int wait_for(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

inline void run(const std::filesystem::path& folder, const std::string& every = "0", const std::string& thread_count = "2",
         const std::string& stop_after = "0") {
    const int status = wait_for(start(folder, every, thread_count, stop_after));
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
}

inline std::vector<std::byte> result(const std::filesystem::path& folder) { return xtape::files::read_file(folder / "result"); }

inline std::vector<std::byte> uninterrupted() {
    const TemporaryFolder folder;
    run(folder.path());
    return result(folder.path());
}

}  // namespace support

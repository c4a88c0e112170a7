// Gives every file of the folders to a fuzz target: what libFuzzer found, and the golden files, as an ordinary test.
#include "fuzz/target.hpp"

#include <xtape/files/read.hpp>

#include <cstdio>
#include <filesystem>

int main(int count, char** arguments) {
    std::size_t files = 0;
    for (int i = 1; i < count; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
            if (!entry.is_regular_file()) continue;
            const std::vector<std::byte> content = xtape::files::read_file(entry.path());
            std::printf("%s\n", entry.path().c_str());
            std::fflush(stdout);  // the last name printed is that of the file that ends the program
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
            ++files;
        }
    }
    std::printf("%zu files\n", files);
    return files == 0 ? 1 : 0;
}

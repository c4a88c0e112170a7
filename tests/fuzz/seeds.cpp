// Writes the golden files of the tests to FOLDER/safetensors, FOLDER/npy, ...: what the fuzz targets start from.
#include "data/golden.hpp"
#include "data/support.hpp"
#include "files/golden.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

using support::Bytes;
using support::Golden;

void write(const std::filesystem::path& folder, const std::vector<Golden>& all) {
    std::filesystem::create_directories(folder);
    for (const Golden& golden : all) {
        std::ofstream file(folder / golden.name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(golden.bytes.data()),
                   static_cast<std::streamsize>(golden.bytes.size()));
        file.close();
        if (!file) throw std::runtime_error("cannot write " + golden.name);
    }
}

std::vector<Golden> gzip_seeds() {
    const Bytes text = support::bytes("one, two, one, two, one, two"), packed = support::gzip(text);
    return {{"member", packed, ""},
            {"empty_member", support::gzip({}), ""},
            {"two_members", support::operator+(packed, support::gzip(Bytes(3000))), ""},
            {"followed", support::operator+(packed, support::bytes("!")), ""},
            {"truncated", Bytes(packed.begin(), packed.end() - 3), ""},
            {"bomb", support::gzip(Bytes(3'000'000)), ""}};
}

std::vector<Golden> idx_seeds() {
    const Bytes images = support::idx({2, 3, 4}, Bytes(24, std::byte{200})),
                labels = support::idx({3}, support::bytes({1, 2, 3}));
    return {{"images", images, ""},
            {"labels", labels, ""},
            {"images_gz", support::gzip(images), ""},
            {"labels_gz", support::gzip(labels), ""},
            {"empty", support::idx({0, 28, 28}, {}), ""},
            {"huge", support::idx({65535, 65535}, {}), ""},
            {"huge_gz", support::gzip(support::idx({65535, 65535}, {})), ""},
            {"floats", support::bytes({0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0}), ""},
            {"html", support::bytes("<!DOCTYPE html>"), ""}};
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path folder = arguments[1];
    std::filesystem::remove_all(folder);
    write(folder / "safetensors", support::golden_safetensors());
    write(folder / "npy", support::golden_npy());
    write(folder / "npz", support::golden_npz());
    write(folder / "csv", support::golden_csv());
    write(folder / "usps", support::golden_usps());
    write(folder / "gzip", gzip_seeds());
    write(folder / "idx", idx_seeds());
    write(folder / "png", support::golden_png());
    return 0;
}

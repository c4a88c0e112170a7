// Prints the batches of a loader that goes on from a state, to the end of epoch 3:
//
//   batches KIND PREFETCH EPOCH BEGUN BATCH SEED STREAM ROWS BATCH_SIZE CHECKSUM PROCESS_SEED PROCESS_STREAM
#include "data/resumed.hpp"

#include <xtape/autodiff/parallel.hpp>

#include <cstdio>
#include <cstdlib>

using namespace xtape;

int main(int argc, char** argv) {
    if (argc != 13) return std::fputs("usage: see the source\n", stderr), 2;
    const auto number = [&](int i) { return static_cast<std::uint64_t>(std::strtoull(argv[i], nullptr, 10)); };
    set_threads(3);
    auto loader = support::resumed_loader(static_cast<support::Kind>(number(1)), number(2));
    loader.load_state({.epoch = number(3),
                       .begun = number(4) != 0,
                       .batch = number(5),
                       .seed = number(6),
                       .stream = number(7),
                       .rows = number(8),
                       .batch_size = number(9),
                       .checksum = number(10)});
    random::set_state({.seed = number(11), .next_stream = number(12)});
    std::fputs(support::until_epoch(loader, 3).c_str(), stdout);
}

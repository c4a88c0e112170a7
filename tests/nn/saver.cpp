// Saves a network over and over, each time with other weights, until it is killed: saver FILE FIRST
// A byte on standard output says that it begins.
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sequential.hpp>
#include <xtape/nn/state.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

using namespace xtape;

int main(int count, char** arguments) {
    if (count != 3) return 2;
    nn::Sequential net{nn::Linear{200, 200}, nn::Linear{200, 10}};
    if (::write(STDOUT_FILENO, "!", 1) != 1) return 1;
    for (float number = std::strtof(arguments[2], nullptr);; ++number) {
        for (auto parameter : net.parameters())
            parameter.update([&](Array& value) { std::fill(value.begin(), value.end(), number); });
        nn::save(net, arguments[1]);
    }
}

// Says which of the libraries the loader has taken.
#include <xtape/autodiff/info.hpp>

#include <iostream>

int main() { std::cout << xtape::info() << '\n'; }

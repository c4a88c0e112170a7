#include <xtape/autodiff/info.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <string>

using namespace xtape;

TEST_CASE("the library says of what it is made") {
    const Info about = info();
    CHECK(about.version == XTAPE_EXPECTED_VERSION);
    const std::set<std::string> known{"AVX-512", "AVX2", "SSE2"};
    const bool other = std::all_of(about.instruction_set.begin(), about.instruction_set.end(),
                                   [](char c) { return std::islower(c) || std::isdigit(c) || c == '+' || c == '.' || c == '_'; });
    CHECK_MESSAGE((known.count(about.instruction_set) == 1 || other), about.instruction_set);
    CHECK(about.blas.find(XTAPE_EXPECTED_BLAS) != std::string::npos);
#ifdef XTAPE_STD_THREADS
    CHECK(about.threads == "std::thread");
#else
    CHECK(about.threads.substr(0, 5) == "TBB 2");
#endif
}

TEST_CASE("information about the library is written as one line") {
    std::ostringstream out;
    out << Info{"1.2.3", "AVX2", "OpenBLAS 0.3.21 Haswell", "TBB 2021.8"};
    CHECK(out.str() == "xtape 1.2.3, AVX2; BLAS: OpenBLAS 0.3.21 Haswell; threads: TBB 2021.8");
}

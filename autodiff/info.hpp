// What this xtape is made of, for reports and bug reports: `std::cout << xtape::info();`
#pragma once

#include <iosfwd>
#include <string>

namespace xtape {

struct Info {
    std::string version;          ///< of xtape, as in "0.1.0"
    std::string instruction_set;  ///< for which the loaded library was compiled: "AVX-512", "AVX2", "SSE2", or xsimd's name of another
    std::string blas;             ///< what OpenBLAS says of itself, kernel chosen included; for another library the name it was searched by
    std::string threads;          ///< "TBB" with the version that runs, or "std::thread"
};

/// The loaded library, not the headers that the calling program was compiled with.
Info info();

/// One line: "xtape 0.1.0, AVX-512; BLAS: OpenBLAS 0.3.21 ...; threads: TBB 2021.8".
std::ostream& operator<<(std::ostream& out, const Info& info);

}  // namespace xtape

// What every file that talks to BLAS or LAPACK needs: one thread inside the library, and its integers.
#pragma once

#include <cstddef>
#include <string>

namespace xtape::detail {

/// While one of these lives, BLAS and LAPACK work on the calling thread alone. OpenBLAS' own threads change results
/// with their number and fight with ours. Its setting is process-wide: the first user under way lowers it, the last one
/// restores what was.
class OneBlasThread {
public:
    OneBlasThread();
    ~OneBlasThread();
    OneBlasThread(const OneBlasThread&) = delete;
    OneBlasThread& operator=(const OneBlasThread&) = delete;
};

/// An extent as BLAS takes it. ShapeError, naming the operation, for one that does not fit.
int blas_int(std::size_t value, const char* operation);

/// What OpenBLAS says of itself: version, options, and the processor it has chosen its kernels for. Empty for other libraries.
std::string blas_configuration();

}  // namespace xtape::detail

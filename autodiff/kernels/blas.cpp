#include <xtape/autodiff/kernels/blas.hpp>

#include <xtape/autodiff/error.hpp>

#include <limits>
#include <mutex>

// Present in OpenBLAS only; other libraries are used as they are.
extern "C" {
[[gnu::weak]] int openblas_get_num_threads();
[[gnu::weak]] void openblas_set_num_threads(int);
[[gnu::weak]] char* openblas_get_config();
}

namespace xtape::detail {
namespace {

struct Users {
    std::mutex mutex;
    int count = 0;
    int before = 1;
};

Users& users() {
    static Users u;
    return u;
}

}  // namespace

OneBlasThread::OneBlasThread() {
    if (!openblas_set_num_threads || !openblas_get_num_threads) return;
    Users& u = users();
    const std::lock_guard lock(u.mutex);
    if (u.count++ > 0) return;
    u.before = openblas_get_num_threads();
    if (u.before != 1) openblas_set_num_threads(1);
}

OneBlasThread::~OneBlasThread() {
    if (!openblas_set_num_threads || !openblas_get_num_threads) return;
    Users& u = users();
    const std::lock_guard lock(u.mutex);
    if (--u.count == 0 && u.before != 1) openblas_set_num_threads(u.before);
}

int blas_int(std::size_t value, const char* operation) {
    if (value > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw ShapeError(std::string(operation) + ": expected extents below 2^31, got " + std::to_string(value));
    }
    return static_cast<int>(value);
}

std::string blas_configuration() { return openblas_get_config ? openblas_get_config() : ""; }

}  // namespace xtape::detail

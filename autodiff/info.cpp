#include <xtape/autodiff/info.hpp>

#include <xtape/autodiff/kernels/blas.hpp>
#include <xtape/autodiff/kernels/lanes.hpp>
#include <xtape/autodiff/parallel_backend.hpp>

#include <ostream>
#include <string_view>

namespace xtape {
namespace {

std::string instruction_set() {
    const std::string_view name = xsimd::default_arch::name();
    if (name.starts_with("avx512")) return "AVX-512";
    if (name.find("avx2") != name.npos) return "AVX2";
    if (name == "sse2") return "SSE2";
    return std::string(name);
}

}  // namespace

Info info() {
    const std::string blas = detail::blas_configuration();
    return {XTAPE_VERSION, instruction_set(), blas.empty() ? XTAPE_BLAS : blas, detail::thread_library()};
}

std::ostream& operator<<(std::ostream& out, const Info& info) {
    return out << "xtape " << info.version << ", " << info.instruction_set << "; BLAS: " << info.blas << "; threads: " << info.threads;
}

}  // namespace xtape

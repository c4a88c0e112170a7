# Finds what xtape is made of; names every missing Debian package in one message.

set(xtape_missing "")
macro(xtape_find package debian)
    find_package(${package} QUIET ${ARGN})
    if(NOT ${package}_FOUND)
        list(APPEND xtape_missing ${debian})
    endif()
endmacro()

find_package(xtl QUIET CONFIG)
if(xtl_FOUND)  # without it the others cannot be searched for: their packages stop CMake
    xtape_find(xtensor libxtensor-dev CONFIG)
    xtape_find(xsimd libxsimd-dev CONFIG)
else()
    list(APPEND xtape_missing libxtensor-dev libxsimd-dev)
endif()
xtape_find(fmt libfmt-dev CONFIG)
xtape_find(ZLIB zlib1g-dev)
xtape_find(PNG libpng-dev)
xtape_find(nlohmann_json nlohmann-json3-dev CONFIG)
find_package(Threads REQUIRED)
set(xtape_threads Threads::Threads)
if(XTAPE_PARALLEL_BACKEND STREQUAL "tbb")
    xtape_find(TBB libtbb-dev CONFIG)
    list(APPEND xtape_threads TBB::tbb)
endif()

# The reference BLAS is 30 times slower and easily picked up by accident: any other library than OpenBLAS has to be asked for.
if(NOT BLA_VENDOR)
    set(BLA_VENDOR OpenBLAS)
endif()
xtape_find(BLAS libopenblas-dev)
if(BLAS_FOUND)
    xtape_find(LAPACK libopenblas-dev)  # OpenBLAS and MKL hold it themselves
endif()

# Headers only. Its own package would drag BLAS and LAPACK into every program that links xtape.
find_path(XTAPE_XTENSOR_BLAS_INCLUDE_DIR xflens/cxxblas/cxxblas.h)
mark_as_advanced(XTAPE_XTENSOR_BLAS_INCLUDE_DIR)
if(NOT XTAPE_XTENSOR_BLAS_INCLUDE_DIR)
    list(APPEND xtape_missing libxtensor-blas-dev)
endif()
add_library(xtape_blas_bindings INTERFACE)
target_include_directories(xtape_blas_bindings SYSTEM INTERFACE ${XTAPE_XTENSOR_BLAS_INCLUDE_DIR})
# xtensor-blas falls back to slow loops of its own unless it is told that CBLAS is there.
target_compile_definitions(xtape_blas_bindings INTERFACE HAVE_CBLAS=1)

if(XTAPE_DEVELOPER_MODE)
    xtape_find(doctest doctest-dev CONFIG)
    xtape_find(rapidcheck librapidcheck-dev CONFIG)
    xtape_find(CLI11 libcli11-dev CONFIG)
endif()

if(xtape_missing)
    list(JOIN xtape_missing " " xtape_missing)
    message(FATAL_ERROR "xtape: missing packages; install them with\n  apt-get install ${xtape_missing}\n")
endif()

if(XTAPE_PARALLEL_BACKEND STREQUAL "tbb")
    set(threads "TBB ${TBB_VERSION}")
else()
    set(threads "std::thread")
endif()
message(STATUS "xtape ${PROJECT_VERSION}: xtensor ${xtensor_VERSION}, xsimd ${xsimd_VERSION}, "
    "BLAS ${BLA_VENDOR} (${BLAS_LIBRARIES}), threads ${threads}, arch \"${XTAPE_ARCH}\"")

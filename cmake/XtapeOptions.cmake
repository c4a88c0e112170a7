# The choices a builder has. Everything is prefixed XTAPE_ and, unless it changes how users must compile, private to our targets.

set(arch_default "")
if(PROJECT_IS_TOP_LEVEL)
    option(BUILD_SHARED_LIBS "One libxtape.so in place of a static library for each folder" OFF)
    set(arch_default native)
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
    endif()
endif()

set(XTAPE_ARCH "${arch_default}" CACHE STRING
    "Instruction set of our own code: native, baseline, x86-64-v3, x86-64-v4; dispatch: chosen when a program starts; empty leaves it to the compiler")
set(XTAPE_PARALLEL_BACKEND tbb CACHE STRING "Threads behind autodiff/parallel.hpp: tbb or std")
set(XTAPE_SANITIZE "" CACHE STRING "Sanitizers for everything that is built, as in address;undefined or thread")
option(XTAPE_FUZZ "Let libFuzzer drive the fuzz targets; Clang only, see the preset fuzz" OFF)
set_property(CACHE XTAPE_ARCH PROPERTY STRINGS native baseline x86-64-v3 x86-64-v4 dispatch)
set_property(CACHE XTAPE_PARALLEL_BACKEND PROPERTY STRINGS tbb std)

if(NOT XTAPE_PARALLEL_BACKEND MATCHES "^(tbb|std)$")
    message(FATAL_ERROR "XTAPE_PARALLEL_BACKEND: expected tbb or std, got \"${XTAPE_PARALLEL_BACKEND}\"")
endif()

if(XTAPE_FUZZ AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "XTAPE_FUZZ: expected Clang, which has libFuzzer, got ${CMAKE_CXX_COMPILER_ID}")
endif()

set(xtape_shared ${BUILD_SHARED_LIBS})
set(xtape_arch_flags "")
set(xtape_levels "")  # instruction sets for which the library is built beside the one that runs everywhere
if(XTAPE_ARCH STREQUAL "dispatch")
    include(CheckCXXSourceCompiles)
    check_cxx_source_compiles("
        #include <features.h>
        #if !defined(__x86_64__) || !__GLIBC_PREREQ(2, 33)
        #error
        #endif
        int main() {}" XTAPE_LOADER_KNOWS_LEVELS)
    if(NOT XTAPE_LOADER_KNOWS_LEVELS)
        message(FATAL_ERROR "XTAPE_ARCH: dispatch needs x86-64 and glibc 2.33 or later, whose loader chooses the library")
    endif()
    set(xtape_shared ON)
    set(xtape_arch_flags -march=x86-64)
    set(xtape_levels x86-64-v3 x86-64-v4)
elseif(XTAPE_ARCH STREQUAL "baseline")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
        set(xtape_arch_flags -march=x86-64)
    endif()
elseif(XTAPE_ARCH)
    set(xtape_arch_flags -march=${XTAPE_ARCH})
endif()
if(xtape_arch_flags)
    include(CheckCXXCompilerFlag)
    string(MAKE_C_IDENTIFIER "XTAPE_HAS_${xtape_arch_flags}" check)
    check_cxx_compiler_flag(${xtape_arch_flags} ${check})
    if(NOT ${check})
        message(FATAL_ERROR "XTAPE_ARCH: ${CMAKE_CXX_COMPILER_ID} does not know ${xtape_arch_flags}; "
            "expected native, baseline, x86-64-v3, x86-64-v4, dispatch or nothing")
    endif()
endif()

# A sanitizer must see every object of a program, so it cannot be private to our targets.
if(XTAPE_SANITIZE AND PROJECT_IS_TOP_LEVEL)
    list(JOIN XTAPE_SANITIZE "," sanitizers)
    set(xtape_sanitize_flags -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_compile_options(${xtape_sanitize_flags})
    add_link_options(${xtape_sanitize_flags})
endif()

set(xtape_warning_flags -Wall -Wextra -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 finds uninitialised values in its own AVX-512 intrinsics (its bug 105593) and in xtensor's small vector.
    list(APPEND xtape_warning_flags -Wno-maybe-uninitialized)
endif()

# Flags of our own targets that users of the package never see; behind the target, the level of the instruction set if it is another
# than XTAPE_ARCH says.
function(xtape_set_private_flags target)
    if(ARGC GREATER 1)
        target_compile_options(${target} PRIVATE -march=${ARGV1})
    else()
        target_compile_options(${target} PRIVATE ${xtape_arch_flags})
    endif()
    if(XTAPE_DEVELOPER_MODE)
        target_compile_options(${target} PRIVATE ${xtape_warning_flags})
        # GCC 12 takes the deliberately undefined operands inside its own AVX-512 headers for mistakes (GCC bug 105593),
        # and "text" + std::string for an overlapping copy (105651).
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
            target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-uninitialized -Wno-restrict)
        endif()
    endif()
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
endfunction()

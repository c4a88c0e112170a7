# xtape_precompile(target KIND): the target's sources find headers precompiled that take longer to compile than most of our own do.
#
# KIND is `library` (xtensor, fmt), `tests` (doctest besides) or `examples` (examples/support.hpp, and with it all of xtape). The
# first two hold nothing of ours: they never change, and what is missing among our own includes stays an error. Headers are
# precompiled once for each kind, so whatever changes how they are read must be the same for all its targets. Only for development:
# builds of users, and those whose sources are compiled for several levels of the instruction set, do without.

set(xtape_precompiled_library <fmt/format.h> <xtensor/xarray.hpp>)
set(xtape_precompiled_tests <doctest/doctest.h> ${xtape_precompiled_library})
set(xtape_precompiled_examples ${PROJECT_SOURCE_DIR}/examples/support.hpp)

# GCC 12 forgets which of the precompiled headers are the system's, and finds overflows in its own std::string ("text" + string).
function(xtape_silence_precompiled target)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        target_compile_options(${target} PRIVATE -Wno-stringop-overflow -Wno-array-bounds)
    endif()
endfunction()

function(xtape_precompile target kind)
    if(NOT XTAPE_DEVELOPER_MODE OR xtape_shared)
        return()
    endif()
    set(owner precompiled_${kind})
    if(NOT TARGET ${owner})
        add_library(${owner} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
        target_link_libraries(${owner} PRIVATE xtape_headers fmt::fmt)
        if(kind STREQUAL "tests")
            target_link_libraries(${owner} PRIVATE doctest::doctest)
        endif()
        xtape_set_private_flags(${owner})
        get_target_property(type ${target} TYPE)
        if(type STREQUAL "EXECUTABLE")
            # As CMake compiles programs. A header precompiled for libraries would be ignored.
            set_target_properties(${owner} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
            target_compile_options(${owner} PRIVATE -fPIE)
        endif()
        target_precompile_headers(${owner} PRIVATE ${xtape_precompiled_${kind}})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${owner})
    # A precompiled header is only taken where all macros it knows are what they were.
    target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
    xtape_silence_precompiled(${target})
endfunction()

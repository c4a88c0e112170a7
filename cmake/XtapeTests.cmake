# xtape_tests(nn SOURCES linear_test.cpp ... LINK nlohmann_json::nlohmann_json ...)
#
# Builds nn_tests from the files of the calling folder, which is tests/nn, and makes one ctest entry of each:
# linear_test.cpp is nn.linear, layers/linear_test.cpp is nn.layers.linear. A folder without files makes nothing.

set(xtape_test_timeout 120)
if(XTAPE_SANITIZE)
    set(xtape_test_timeout 900)
endif()

# ThreadSanitizer of GCC 12 and Clang 14 stops at start on kernels that randomise addresses by 32 bits.
set(xtape_test_launcher "")
if("thread" IN_LIST XTAPE_SANITIZE)
    find_program(XTAPE_SETARCH setarch)
    mark_as_advanced(XTAPE_SETARCH)
    if(XTAPE_SETARCH)
        execute_process(COMMAND ${XTAPE_SETARCH} -R true RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
        if(NOT refused)
            set(xtape_test_launcher ${XTAPE_SETARCH} -R)
        endif()
    endif()
endif()

# The main of all test programs, compiled once.
add_library(test_main OBJECT ${PROJECT_SOURCE_DIR}/tests/main.cpp)
target_link_libraries(test_main PUBLIC doctest::doctest)
target_compile_features(test_main PRIVATE cxx_std_20)
xtape_set_private_flags(test_main)

function(xtape_tests name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    list(TRANSFORM arg_SOURCES PREPEND tests/${name}/ OUTPUT_VARIABLE listed)
    set_property(GLOBAL APPEND PROPERTY xtape_sources ${listed})
    if(NOT arg_SOURCES)
        return()
    endif()
    add_executable(${name}_tests ${arg_SOURCES})
    target_link_libraries(${name}_tests PRIVATE test_main xtape::xtape fmt::fmt ${arg_LINK})
    target_include_directories(${name}_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    xtape_set_private_flags(${name}_tests)
    xtape_precompile(${name}_tests tests)
    foreach(source IN LISTS arg_SOURCES)
        if(NOT source MATCHES "^(.+)_test\\.cpp$")
            continue()  # helpers shared by the tests of this folder
        endif()
        string(REPLACE "/" "." test ${name}.${CMAKE_MATCH_1})
        add_test(NAME ${test}
            COMMAND ${xtape_test_launcher} $<TARGET_FILE:${name}_tests> --source-file=*/tests/${name}/${source})
        set_tests_properties(${test} PROPERTIES TIMEOUT ${xtape_test_timeout})
    endforeach()
endfunction()

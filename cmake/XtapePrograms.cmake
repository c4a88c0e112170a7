# xtape_program(digits SOURCES digits.cpp [LINK ...]): an example or benchmark, at <build>/<folder>/digits.

function(xtape_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE xtape::xtape CLI11::CLI11 fmt::fmt ${arg_LINK})
    xtape_set_private_flags(${name})
endfunction()

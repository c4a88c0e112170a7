# Compiles every public header alone, twice in one file, with the flags of a user of the library.

function(xtape_check_headers)
    get_property(headers GLOBAL PROPERTY xtape_headers)
    set(sources "")
    foreach(header IN LISTS headers)
        set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${header}.cpp)
        file(CONFIGURE OUTPUT ${source} CONTENT "#include <xtape/${header}>\n#include <xtape/${header}>\n")
        list(APPEND sources ${source})
    endforeach()
    add_library(headers_compile_alone OBJECT ${sources})
    target_link_libraries(headers_compile_alone PRIVATE xtape::xtape)
    target_compile_options(headers_compile_alone PRIVATE -O0 -g0 ${xtape_warning_flags})
endfunction()

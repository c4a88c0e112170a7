# xtape_library(nn SOURCES linear.cpp ... HEADERS linear.hpp ... DEPENDS autodiff PRIVATE fmt::fmt ...)
#
# Makes xtape::nn from the files of the calling folder. Paths are relative to the folder; every file is listed by name. A folder
# without sources becomes an INTERFACE library.

set(xtape_include_dir ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${xtape_include_dir}/xtape)

# Our headers are included as <xtape/nn/linear.hpp> before installation too: the build tree holds links to the source folders.
function(xtape_link_headers path)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${path} ${xtape_include_dir}/xtape/${path} SYMBOLIC)
endfunction()

function(xtape_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "xtape_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    set(target xtape_${name})
    list(TRANSFORM arg_DEPENDS PREPEND xtape::)
    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        set(scope PUBLIC)
        xtape_set_private_flags(${target})
        target_link_libraries(${target} PRIVATE ${arg_PRIVATE})
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(xtape::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    target_compile_features(${target} ${scope} cxx_std_20)
    target_link_libraries(${target} ${scope} ${arg_DEPENDS})
    target_include_directories(${target} ${scope}
        $<BUILD_INTERFACE:${xtape_include_dir}> $<INSTALL_INTERFACE:include>)
    xtape_link_headers(${name})

    list(TRANSFORM arg_SOURCES PREPEND ${name}/)
    list(TRANSFORM arg_HEADERS PREPEND ${name}/)
    set_property(GLOBAL APPEND PROPERTY xtape_sources ${arg_SOURCES})
    set_property(GLOBAL APPEND PROPERTY xtape_headers ${arg_HEADERS})
    set_property(GLOBAL APPEND PROPERTY xtape_targets ${target})
endfunction()

# xtape::xtape: all layers, and the headers that stand above the folders.
function(xtape_umbrella)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "HEADERS;DEPENDS")
    list(TRANSFORM arg_DEPENDS PREPEND xtape::)
    add_library(xtape_xtape INTERFACE)
    add_library(xtape::xtape ALIAS xtape_xtape)
    set_target_properties(xtape_xtape PROPERTIES EXPORT_NAME xtape)
    target_link_libraries(xtape_xtape INTERFACE ${arg_DEPENDS})
    foreach(header IN LISTS arg_HEADERS)
        xtape_link_headers(${header})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY xtape_headers ${arg_HEADERS})
    set_property(GLOBAL APPEND PROPERTY xtape_targets xtape_xtape)
endfunction()

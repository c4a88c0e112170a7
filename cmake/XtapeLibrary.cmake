# xtape_library(nn SOURCES linear.cpp ... HEADERS linear.hpp ... DEPENDS autodiff PRIVATE fmt::fmt ...)
#
# Makes xtape::nn from the files of the calling folder. Paths are relative to the folder; every file is listed by name.
#
# By default a folder is a static library. In a shared build (BUILD_SHARED_LIBS, or XTAPE_ARCH=dispatch) the objects of all folders
# go into one libxtape.so, once for each level of the instruction set, and xtape::nn is another name for that library.

set(xtape_include_dir ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${xtape_include_dir}/xtape)

# What it takes to compile with our headers.
add_library(xtape_headers INTERFACE)
set_target_properties(xtape_headers PROPERTIES EXPORT_NAME headers)
target_compile_features(xtape_headers INTERFACE cxx_std_20)
target_include_directories(xtape_headers INTERFACE $<BUILD_INTERFACE:${xtape_include_dir}> $<INSTALL_INTERFACE:include>)
set_property(GLOBAL APPEND PROPERTY xtape_targets xtape_headers)

# Our headers are included as <xtape/nn/linear.hpp> before installation too: the build tree holds links to the source folders.
function(xtape_link_headers path)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${path} ${xtape_include_dir}/xtape/${path} SYMBOLIC)
endfunction()

# Objects of the shared library, for a level of the instruction set unless that is empty. Calls inside the library go straight to
# their target, functions defined in headers stay inside, and thread-local variables are reached as in a program, without a call.
function(xtape_objects target level)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;PRIVATE")
    add_library(${target} OBJECT ${arg_SOURCES})
    target_compile_options(${target} PRIVATE -fno-semantic-interposition -ftls-model=initial-exec)
    xtape_set_private_flags(${target} ${level})
    set_target_properties(${target} PROPERTIES VISIBILITY_INLINES_HIDDEN ON)
    target_link_libraries(${target} PRIVATE xtape_headers ${arg_PRIVATE})
endfunction()

function(xtape_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "xtape_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    set(target xtape_${name})
    list(TRANSFORM arg_DEPENDS PREPEND xtape::)
    if(xtape_shared)
        xtape_objects(${target} "" SOURCES ${arg_SOURCES} PRIVATE ${arg_PRIVATE})
        foreach(level IN LISTS xtape_levels)
            xtape_objects(${target}_${level} ${level} SOURCES ${arg_SOURCES} PRIVATE ${arg_PRIVATE})
        endforeach()
    else()
        add_library(${target} STATIC ${arg_SOURCES})
        xtape_set_private_flags(${target})
        target_link_libraries(${target} PUBLIC xtape_headers ${arg_DEPENDS} PRIVATE ${arg_PRIVATE})
        xtape_precompile(${target} library)
        add_library(xtape::${name} ALIAS ${target})
        set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
        set_property(GLOBAL APPEND PROPERTY xtape_targets ${target})
    endif()
    set_property(GLOBAL APPEND PROPERTY xtape_layers ${name})
    xtape_link_headers(${name})

    list(TRANSFORM arg_SOURCES PREPEND ${name}/)
    list(TRANSFORM arg_HEADERS PREPEND ${name}/)
    set_property(GLOBAL APPEND PROPERTY xtape_sources ${arg_SOURCES})
    set_property(GLOBAL APPEND PROPERTY xtape_headers ${arg_HEADERS})
endfunction()

# libxtape.so of all folders' objects, in the build tree's lib/ or, for a level, where the loader looks first on processors that
# have it.
function(xtape_shared_library target level)
    get_property(objects GLOBAL PROPERTY xtape_layers)
    list(TRANSFORM objects PREPEND xtape_)
    set(folder ${PROJECT_BINARY_DIR}/lib)
    if(level)
        list(TRANSFORM objects APPEND _${level})
        string(APPEND folder /glibc-hwcaps/${level})
    endif()
    set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
    add_library(${target} SHARED)
    target_link_libraries(${target} PRIVATE ${objects})
    target_link_options(${target} PRIVATE -Wl,-Bsymbolic-functions -Wl,--version-script=${exports})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME xtape LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY ${folder}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINK_DEPENDS ${exports})
endfunction()

# xtape::xtape: all layers, and the headers that stand above the folders.
function(xtape_umbrella)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "HEADERS")
    get_property(layers GLOBAL PROPERTY xtape_layers)
    if(xtape_shared)
        xtape_shared_library(xtape_xtape "")
        target_link_libraries(xtape_xtape INTERFACE xtape_headers)
        foreach(level IN LISTS xtape_levels)
            xtape_shared_library(xtape_xtape_${level} ${level})
            add_dependencies(xtape_xtape xtape_xtape_${level})  # whoever starts a program expects them to be there
        endforeach()
        foreach(layer IN LISTS layers)
            add_library(xtape::${layer} ALIAS xtape_xtape)
        endforeach()
    else()
        add_library(xtape_xtape INTERFACE)
        list(TRANSFORM layers PREPEND xtape_)
        target_link_libraries(xtape_xtape INTERFACE ${layers})
    endif()
    add_library(xtape::xtape ALIAS xtape_xtape)
    set_target_properties(xtape_xtape PROPERTIES EXPORT_NAME xtape)
    foreach(header IN LISTS arg_HEADERS)
        xtape_link_headers(${header})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY xtape_headers ${arg_HEADERS})
    set_property(GLOBAL APPEND PROPERTY xtape_targets xtape_xtape)
endfunction()

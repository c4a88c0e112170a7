# Fails when a source, header or test lies in the tree but in no CMakeLists.txt: it would not be compiled, installed or run.
#
#   cmake -DROOT=<source folder> -DLISTED=<file with one path a line> -P cmake/CheckListed.cmake
cmake_minimum_required(VERSION 3.25)

file(STRINGS ${LISTED} listed)
set(patterns "")
foreach(folder IN ITEMS autodiff files nn optim data train analysis)
    list(APPEND patterns ${ROOT}/${folder}/*.hpp ${ROOT}/${folder}/*.cpp ${ROOT}/tests/${folder}/*.cpp)
endforeach()
file(GLOB_RECURSE present RELATIVE ${ROOT} ${patterns})
list(REMOVE_ITEM present ${listed})
if(present)
    list(JOIN present "\n  " present)
    message(FATAL_ERROR "in no CMakeLists.txt:\n  ${present}")
endif()

# Runs programs with the library of one level of the instruction set: the loader must take it, and everything must work as with the
# level of this processor. `--glibc-hwcaps-mask` limits the levels for which the loader searches.
#
#   cmake -DLEVEL=<baseline|x86-64-v3|x86-64-v4> -DWANTED=<what info() says> -DWHICH=<which_library> -DTRAIN=<train_tests>
#       -DAUTODIFF=<autodiff_tests> -P run.cmake
cmake_minimum_required(VERSION 3.25)

set(loader /lib64/ld-linux-x86-64.so.2)
execute_process(COMMAND ${loader} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
if(NOT LEVEL STREQUAL "baseline" AND NOT help MATCHES "${LEVEL} \\(supported, searched\\)")
    message("this processor has no ${LEVEL}")
    return()
endif()

# Every symbol is looked up at once, so that one that a library lacks is an error here.
set(ENV{LD_BIND_NOW} 1)
set(run ${loader} --glibc-hwcaps-mask ${LEVEL})
execute_process(COMMAND ${run} ${WHICH} OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
message("${said}")
if(NOT said MATCHES "^xtape [0-9.]+, ${WANTED};")
    message(FATAL_ERROR "the loader did not take the library of ${LEVEL}, which is compiled for ${WANTED}")
endif()
execute_process(COMMAND ${run} ${TRAIN} --source-file=*/training_test.cpp COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${run} ${AUTODIFF} --source-file=*/catalogue_test.cpp COMMAND_ERROR_IS_FATAL ANY)

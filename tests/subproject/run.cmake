# Configures the project beside this file. It only compiles the program: linking would build xtape a second time.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${WORK})
execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
        -DXTAPE_SOURCE=${ROOT}
    COMMAND_ERROR_IS_FATAL ANY)
if(GENERATOR MATCHES "Ninja")
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK} --target CMakeFiles/consumer.dir/${ROOT}/tests/install/main.cpp.o
        COMMAND_ERROR_IS_FATAL ANY)
endif()

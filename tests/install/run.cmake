# Installs a build, moves the result elsewhere, and builds and runs the project beside this file against it.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first --config ${CONFIG}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${WORK}/first ${WORK}/prefix)

file(GLOB_RECURSE package ${WORK}/prefix/*.cmake)
foreach(file IN LISTS package)
    file(READ ${file} text)
    foreach(folder IN ITEMS ${BUILD} ${ROOT} ${WORK})
        string(FIND "${text}" "${folder}/" at)
        if(NOT at EQUAL -1)
            message(FATAL_ERROR "${file} names ${folder}: the package cannot be moved")
        endif()
    endforeach()
endforeach()

set(flags "")
if(SANITIZE)
    list(JOIN SANITIZE "," sanitizers)
    set(flags "-fsanitize=${sanitizers}")
endif()
execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR}
        -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${flags}
        -DXTAPE_SOURCE=${ROOT}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
foreach(program IN ITEMS consumer custom_op)
    execute_process(COMMAND ${LAUNCHER} ${WORK}/build/${program} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

# The library of each level must have come along, and be found from where the package now lies.
foreach(level IN LISTS LEVELS)
    set(run /lib64/ld-linux-x86-64.so.2 --glibc-hwcaps-mask ${level} --list ${WORK}/build/consumer)
    execute_process(COMMAND ${run} OUTPUT_VARIABLE libraries COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND /lib64/ld-linux-x86-64.so.2 --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
    if(help MATCHES "${level} \\(supported" AND NOT libraries MATCHES "${WORK}/prefix/[^ ]*/glibc-hwcaps/${level}/libxtape\\.so")
        message(FATAL_ERROR "the installed library of ${level} is not found:\n${libraries}")
    endif()
endforeach()

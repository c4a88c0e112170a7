# Compiles mlp.cpp as a user would and prints how long it took. The figure is for reading: what fails is only the compilation.
#
#   cmake -DCXX=<compiler> -DINCLUDES=<folder;...> -DDEFINITIONS=<NAME;...> -DWORK=<folder> -P run.cmake
set(flags -std=c++20 -O2 -c)
list(TRANSFORM INCLUDES PREPEND -I)
list(TRANSFORM DEFINITIONS PREPEND -D)
file(MAKE_DIRECTORY ${WORK})
string(TIMESTAMP begin "%s%f")
execute_process(COMMAND ${CXX} ${flags} ${INCLUDES} ${DEFINITIONS} ${CMAKE_CURRENT_LIST_DIR}/mlp.cpp -o ${WORK}/mlp.o
    COMMAND_ERROR_IS_FATAL ANY)
string(TIMESTAMP end "%s%f")
math(EXPR tenths "(${end} - ${begin}) / 100000")
math(EXPR seconds "${tenths} / 10")
math(EXPR rest "${tenths} % 10")
message("a program that includes <xtape/xtape.hpp> and trains an MLP compiled in ${seconds}.${rest} s at -O2 (budget: 5 s)")

# Compiles operation.cpp once for each thing that can be missing and wants the compiler to say which.
#
#   cmake -DCXX=<compiler> -DINCLUDES=<folder;...> -DDEFINITIONS=<NAME;...> -P run.cmake
set(flags -std=c++20 -fsyntax-only)
list(TRANSFORM INCLUDES PREPEND -I)
list(TRANSFORM DEFINITIONS PREPEND -D)
list(APPEND flags ${INCLUDES} ${DEFINITIONS})

set(needs_1 "an operation needs: static std::vector<Sample<Op>> samples()")
set(needs_2 "an operation needs: static constexpr Keep keep")
set(needs_3 "an operation needs: Shape infer(Shapes x) const")
set(needs_4 "an operation needs: template <class T> void backward(Replay<T>& r) const")

foreach(missing RANGE 4)
    execute_process(COMMAND ${CXX} ${flags} -DMISSING=${missing} ${CMAKE_CURRENT_LIST_DIR}/operation.cpp
        RESULT_VARIABLE failed ERROR_VARIABLE messages)
    if(missing EQUAL 0)
        if(failed)
            message(FATAL_ERROR "a complete operation does not compile:\n${messages}")
        endif()
        continue()
    endif()
    string(FIND "${messages}" "${needs_${missing}}" found)
    if(NOT failed OR found EQUAL -1)
        message(FATAL_ERROR "expected the compiler to say \"${needs_${missing}}\", got:\n${messages}")
    endif()
endforeach()

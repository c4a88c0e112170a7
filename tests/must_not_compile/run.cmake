# Compiles a file once for each thing that can be missing in it and wants the compiler to say which.
#
#   cmake -DCXX=<compiler> -DINCLUDES=<folder;...> -DDEFINITIONS=<NAME;...> -P run.cmake
set(flags -std=c++20 -fsyntax-only)
list(TRANSFORM INCLUDES PREPEND -I)
list(TRANSFORM DEFINITIONS PREPEND -D)
list(APPEND flags ${INCLUDES} ${DEFINITIONS})

# check(operation <what the compiler says to -DMISSING=1> <to -DMISSING=2> ...); with -DMISSING=0 all is well.
function(check file)
    set(missing 0)
    foreach(needs IN ITEMS "" ${ARGN})
        execute_process(COMMAND ${CXX} ${flags} -DMISSING=${missing} ${CMAKE_CURRENT_LIST_DIR}/${file}.cpp
            RESULT_VARIABLE failed ERROR_VARIABLE messages)
        if(missing EQUAL 0)
            if(failed)
                message(FATAL_ERROR "${file}.cpp, in which nothing is missing, does not compile:\n${messages}")
            endif()
        else()
            string(FIND "${messages}" "${needs}" found)
            if(NOT failed OR found EQUAL -1)
                message(FATAL_ERROR
                    "${file}.cpp, ${missing}: expected the compiler to say \"${needs}\", got:\n${messages}")
            endif()
        endif()
        math(EXPR missing "${missing} + 1")
    endforeach()
endfunction()

check(operation
    "an operation needs: static std::vector<Sample<Op>> samples()"
    "an operation needs: static constexpr Keep keep"
    "an operation needs: Shape infer(Shapes x) const"
    "an operation needs: template <class T> void backward(Replay<T>& r) const")

check(functional
    "an argument to differentiate is a tensor, a parameter, an array, a number, or a std::vector of tensors"
    "the function cannot be called with these arguments"
    "the function must return one tensor"
    "grad<I> needs an argument at position I"
    "the loss must take the module and the arguments of the call, or these arguments alone"
    "forward must return BasicArray<T>, not an unevaluated expression"
    "backward must take the gradient and the inputs"
    "a checkpointed function returns a tensor, or a std::vector, std::pair or std::tuple of tensors")

check(data
    "xtape::data::Loader needs a data set: a type with `size() const` and `get(std::size_t i) const`"
    "xtape::data::Loader: get(i) must return an array, a number, or a tuple, pair or plain struct"
    "xtape::data::map: f must take an item of the data set, or the parts of an item that is a tuple or pair"
    "xtape::data::concat: the items of all data sets must be of one type"
    "xtape::data::zip: items must be an array, a number, or a tuple, pair or plain struct of these"
    "xtape::data::random_split needs a data set: a type with `size() const` and `get(std::size_t i) const`"
    "xtape::data::cache needs a data set: a type with `size() const` and `get(std::size_t i) const`")

// What a module itself shows in visit(), without what its submodules show. For the library's own sources.
#pragma once

#include <xtape/nn/module.hpp>

#include <vector>

namespace xtape::detail {

template <class T>
struct Members {
    std::vector<nn::BasicNamedParameter<T>> parameters;  ///< each once; the parameters' own names are left alone
    std::vector<nn::BasicNamedBuffer<T>> buffers;
};

template <class T>
Members<T> members_of(nn::BasicModule<T>& module);

extern template Members<float> members_of(nn::BasicModule<float>&);
extern template Members<double> members_of(nn::BasicModule<double>&);

}  // namespace xtape::detail

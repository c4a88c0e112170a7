// Preserve: a model is run to look at it, and afterwards is as if it had not been. For the library's own sources.
#pragma once

#include <xtape/autodiff/random.hpp>
#include <xtape/nn/module.hpp>

#include <utility>
#include <vector>

namespace xtape::detail {

/// At the end of its scope the buffers and gradients of a module and all below it are what they were at its beginning,
/// and this thread has not drawn from the random streams of the process. Inside, there are no gradients at first. Modes
/// and the values of parameters are left alone.
template <class T>
class [[nodiscard]] Preserve {
public:
    /// Throws ConfigError as named_modules() does.
    explicit Preserve(nn::BasicModule<T>& module);
    ~Preserve();
    Preserve(const Preserve&) = delete;
    Preserve& operator=(const Preserve&) = delete;

private:
    std::vector<std::pair<BasicArray<T>*, BasicArray<T>>> buffers_;
    std::vector<std::pair<IndexArray*, IndexArray>> counters_;
    std::vector<std::pair<BasicParameterRef<T>, Ref<Value<T>>>> gradients_;
    random::Rewind streams_;
};

extern template class Preserve<float>;
extern template class Preserve<double>;

}  // namespace xtape::detail

// What a checkpoint holds of an optimizer, a schedule or an average.
#pragma once

#include <xtape/autodiff/array.hpp>
#include <xtape/autodiff/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtape::optim {

/// Numbers under their names, in a fixed order. Counters are exact below 2^53.
using Numbers = std::vector<std::pair<std::string, double>>;

/// Arrays and numbers under their names, in a fixed order. Loading it into an object built the same way continues as if
/// there had been no interruption, to the last bit.
template <class T>
struct BasicState {
    std::vector<std::pair<std::string, BasicArray<T>>> arrays;
    Numbers numbers;
};

using State = BasicState<float>;
using State64 = BasicState<double>;

namespace detail {

/// Takes a state apart, entry by entry; every entry must be asked for. `owner` ("Adam") stands in error messages.
template <class T>
class StateReader {
public:
    StateReader(const char* owner, const BasicState<T>& state, Location at);

    /// Throws DataError when it is missing, or of another shape.
    const BasicArray<T>& array(const std::string& name, const Shape& shape);
    bool has_array(const std::string& name) const;
    double number(const std::string& name);
    /// A number that counts: DataError unless it is whole and in [0, 2^53].
    std::uint64_t count(const std::string& name);
    /// Throws DataError for an entry that nobody asked for.
    void finish() const;

private:
    const char* owner_;
    const BasicState<T>& state_;
    Location at_;
    std::vector<bool> arrays_read_, numbers_read_;
};

extern template class StateReader<float>;
extern template class StateReader<double>;

}  // namespace detail

}  // namespace xtape::optim

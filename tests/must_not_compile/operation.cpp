// An operation in which something is missing: part 0 is nothing, so that the rest is known to be right.
#include <xtape/autodiff/apply.hpp>

using namespace xtape;

struct Twice {
    static constexpr const char* name = "twice";
    static constexpr const char* formula = "y = 2 x;  dx = 2 g";
#if MISSING != 1
    static std::vector<Sample<Twice>> samples() { return {}; }
#endif
#if MISSING != 2
    static constexpr Keep keep = Keep::nothing();
#endif
#if MISSING != 3
    Shape infer(Shapes x) const { return *x[0]; }
#endif
    template <class T>
    BasicArray<T> forward(Inputs<T> x) const {
        return *x[0] + *x[0];
    }
#if MISSING != 4
    template <class T>
    void backward(Replay<T>& r) const {
        r.give(0, r.g());
    }
#endif
};

int main() { return static_cast<int>(apply(Twice{}, Tensor(1.F)).size()); }

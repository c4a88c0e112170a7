// Data sets that are none: part 0 is right, the others are wrong in one thing each.
#include <xtape/data/combine.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/data/map.hpp>
#include <xtape/data/split.hpp>

using namespace xtape;

struct Squares {
    std::size_t size() const { return 10; }
    float get(std::size_t i) const { return static_cast<float>(i * i); }
};

struct Names {
    std::size_t size() const { return 10; }
    const char* get(std::size_t) const { return "name"; }
};

struct Sizeless {
    float get(std::size_t i) const { return static_cast<float>(i); }
};

int main() {
#if MISSING == 0
    (void)data::Loader{Squares{}};
    (void)data::map(Names{}, [](const char* name) { return name[0]; });
    (void)data::concat(Squares{}, Squares{});
    (void)data::zip(Squares{}, Squares{});
    (void)data::random_split(Names{}, {0.5, 0.5});
#elif MISSING == 1
    (void)data::Loader{Sizeless{}};
#elif MISSING == 2
    (void)data::Loader{Names{}};
#elif MISSING == 3
    (void)data::map(Squares{}, [](const Array& x) { return x; });
#elif MISSING == 4
    (void)data::concat(Squares{}, Names{});
#elif MISSING == 5
    (void)data::zip(Squares{}, Names{});
#elif MISSING == 6
    (void)data::random_split(Sizeless{}, {0.5, 0.5});
#elif MISSING == 7
    (void)data::cache(Sizeless{});
#endif
}

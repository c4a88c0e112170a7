#include <xtape/optim/pass.hpp>

#include <xtape/optim/update.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace xtape;
using optim::detail::Pass;

namespace {

// Sizes with empty arrays first, last and in between, single elements, and more than one block.
const std::vector<std::size_t> sizes{0, 1, 16, 0, 17, 300000, 5, 8192, 70000, 1, 0};

}  // namespace

TEST_CASE("a pass changes every element once, in small arrays and in large ones") {
    std::vector<Array64> from, to;
    Pass<double> pass;
    pass.add(optim::make_update<double, 1>([](auto x, auto& a) { a[0] = a[0] + x; }));
    pass.add(optim::make_update<double, 1>([](auto x, auto& a) { a[0] = a[0] - x; }));
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        from.push_back(Array64(Shape{sizes[k]}, static_cast<double>(k)));
        to.push_back(Array64(Shape{sizes[k]}, 100.0));
    }
    for (std::size_t k = 0; k < sizes.size(); ++k) pass.add(from[k].data(), {to[k].data()}, sizes[k], k % 2);
    pass.run();
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        const double wanted = k % 2 == 0 ? 100.0 + static_cast<double>(k) : 100.0 - static_cast<double>(k);
        CAPTURE(k);
        CHECK(to[k] == Array64(Shape{sizes[k]}, wanted));
    }
}

TEST_CASE("a pass reduces over every element once, with the same bits on any number of threads") {
    std::vector<Array> arrays;
    Pass<float> pass;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        Array& array = arrays.emplace_back(empty_array<float>({sizes[k]}));
        for (std::size_t i = 0; i < array.size(); ++i) array(i) = 1 / static_cast<float>(1 + i % 7 + k);
    }
    for (const Array& array : arrays) pass.add(array.data(), {}, array.size(), 0);
    const auto count = [](const float*, std::size_t n) { return n; };
    std::size_t elements = 0;
    for (const std::size_t size : sizes) elements += size;
    CHECK(pass.reduce(std::size_t{0}, count, [](std::size_t a, std::size_t b) { return a + b; }) == elements);

    const std::size_t before = threads();
    const auto sum = [&](std::size_t number) {
        set_threads(number);
        const auto part = [](const float* x, std::size_t n) {
            double total = 0;
            for (std::size_t i = 0; i < n; ++i) total += static_cast<double>(x[i]);
            return total;
        };
        return pass.reduce(0.0, part, [](double a, double b) { return a + b; });
    };
    const double one = sum(1), two = sum(2), four = sum(4);
    set_threads(before);
    CHECK(one == two);
    CHECK(one == four);
}

TEST_CASE("a pass over nothing does nothing") {
    Pass<float> pass;
    pass.run();
    CHECK(pass.reduce(
              7, [](const float*, std::size_t) { return 1; }, [](int a, int b) { return a + b; }) == 7);
    pass.add(nullptr, {}, 0, pass.add(optim::make_update<float, 1>([](auto x, auto& a) { a[0] = x; })));
    pass.run();
    pass.clear();
    pass.run();
}

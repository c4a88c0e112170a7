#include <xtape/optim/optimizer.hpp>

#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/parallel.hpp>
#include <xtape/autodiff/tape.hpp>
#include <xtape/optim/adadelta.hpp>
#include <xtape/optim/adagrad.hpp>
#include <xtape/optim/adam.hpp>
#include <xtape/optim/lion.hpp>
#include <xtape/optim/nadam.hpp>
#include <xtape/optim/rmsprop.hpp>
#include <xtape/optim/sgd.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <vector>

using namespace xtape;

namespace {

// Small and large, with sizes that are no multiple of a register; more than one block in all.
const std::vector<Shape> mixed_shapes{{5}, {300, 301}, {1}, {}, {17, 3}, {0, 4}, {40000}, {16}, {70001}, {2, 2}};

ParameterList mixed_parameters() {
    ParameterList list;
    for (const Shape& shape : mixed_shapes) {
        Array value = empty_array<float>(shape);
        for (std::size_t i = 0; i < value.size(); ++i) value.data()[i] = static_cast<float>(i % 97) / 97;
        list.push_back(Parameter(value));
    }
    return list;
}

void give_gradients(ParameterList& list, int round) {
    for (std::size_t k = 0; k < list.size(); ++k) {
        Array gradient = empty_array<float>(list[k].shape());
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            gradient.data()[i] = static_cast<float>((7 * i + 3 * k) % 23) / 23 - 0.1f * static_cast<float>(round);
        }
        list[k].accumulate_grad(gradient);
    }
}

template <class Optimizer>
std::vector<Array> three_steps(ParameterList list, Optimizer optimizer) {
    for (int round = 0; round < 3; ++round) {
        give_gradients(list, round);
        optimizer.step();
        optimizer.zero_grad();
    }
    std::vector<Array> values;
    for (const auto& parameter : list) values.push_back(parameter.value());
    return values;
}

bool same_bits(const std::vector<Array>& a, const std::vector<Array>& b) {
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (a[k].size() && std::memcmp(a[k].data(), b[k].data(), a[k].size() * sizeof(float)) != 0) return false;
    }
    return a.size() == b.size();
}

struct ThreadScope {
    explicit ThreadScope(std::size_t count) : before(threads()) { set_threads(count); }
    ~ThreadScope() { set_threads(before); }
    std::size_t before;
};

}  // namespace

TEST_CASE("parameters without a gradient and frozen ones stay as they are") {
    Parameter with{Array{1.f}}, without{Array{2.f}}, frozen{Array{3.f}};
    optim::SGD sgd{{with, without, frozen}, {.lr = 1}};
    with.accumulate_grad(Array{0.5f});
    frozen.accumulate_grad(Array{0.5f});
    frozen.set_frozen(true);
    sgd.step();
    CHECK(with.value() == Array{0.5f});
    CHECK(without.value() == Array{2.f});
    CHECK(frozen.value() == Array{3.f});
}

TEST_CASE("a step only reads the gradients and zero_grad forgets them") {
    Parameter p{Array{1.f, 2.f, 3.f}};
    const Array gradient{0.1f, -0.2f, 0.3f};
    p.accumulate_grad(gradient);
    optim::SGD sgd{{p}, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.5, .nesterov = true}};
    optim::Adam adam{{p}, {.weight_decay = 0.5}};
    sgd.step();
    adam.step();
    sgd.step();
    CHECK(p.grad() == gradient);
    adam.zero_grad();
    CHECK_FALSE(p.has_grad());
}

TEST_CASE("tensors made from a parameter before a step keep the old value") {
    Parameter p{Array{1.f}};
    const Tensor before = p;
    p.accumulate_grad(Array{1.f});
    optim::SGD{{p}, {.lr = 1}}.step();
    CHECK(before.value() == Array{1.f});
    CHECK(p.value() == Array{0.f});
}

TEST_CASE("the learning rate can be changed between steps") {
    Parameter p{Array{10.f}};
    p.accumulate_grad(Array{1.f});
    optim::SGD sgd{{p}, {.lr = 1}};
    sgd.step();
    sgd.set_learning_rate(4);
    CHECK(sgd.learning_rate() == 4);
    sgd.step();
    CHECK(p.value() == Array{5.f});
}

TEST_CASE("one pass over all parameters is the same as an optimizer for each") {
    const auto together = [] {
        const ParameterList list = mixed_parameters();
        return three_steps(list, optim::Adam{list, {.lr = 0.1, .weight_decay = 0.01}});
    }();
    for (std::size_t k = 0; k < mixed_shapes.size(); ++k) {
        ParameterList list = mixed_parameters();
        optim::Adam adam{{list[k]}, {.lr = 0.1, .weight_decay = 0.01}};
        for (int round = 0; round < 3; ++round) {
            give_gradients(list, round);
            adam.step();
            for (auto& parameter : list) parameter.zero_grad();
        }
        CAPTURE(k);
        CHECK(same_bits({list[k].value()}, {together[k]}));
    }
}

TEST_CASE("a step has the same bits on any number of threads") {
    const auto run = [](std::size_t count) {
        const ThreadScope scope(count);
        const ParameterList list = mixed_parameters();
        return three_steps(list, optim::SGD{list, {.lr = 0.1, .momentum = 0.9, .nesterov = true}});
    };
    const auto one = run(1);
    CHECK(same_bits(run(2), one));
    CHECK(same_bits(run(4), one));
}

TEST_CASE("steps after the first ask the system for no memory") {
    ParameterList list = mixed_parameters();
    optim::Adam adam{list, {}};
    give_gradients(list, 0);
    adam.step();
    adam.zero_grad();
    const std::size_t before = memory_stats().system_allocations;
    for (int round = 1; round < 4; ++round) {
        give_gradients(list, round);
        adam.step();
        adam.zero_grad();
    }
    CHECK(memory_stats().system_allocations == before);
}

#if defined(__SSE__)
TEST_CASE("running quantities end at zero, not at subnormal numbers, which are slow") {
    for (const std::size_t size : {std::size_t{5}, std::size_t{50000}}) {
        Parameter p{Array(Shape{size}, 1.f)};
        optim::Adam adam{{p}, {.beta2 = 0.5}};
        p.accumulate_grad(Array(Shape{size}, 1.f));
        adam.step();
        adam.zero_grad();
        p.accumulate_grad(Array(Shape{size}, 0.f));
        for (int n = 0; n < 1000; ++n) adam.step();
        const auto state = adam.state();
        for (const auto& quantity : state.arrays) {
            CAPTURE(quantity.first);
            CHECK(quantity.second == Array(Shape{size}, 0.f));
        }
    }
    // The caller's own arithmetic is left as it was.
    volatile float smallest = std::numeric_limits<float>::min();
    CHECK(smallest / 2 > 0);
}
#endif

TEST_CASE("groups have options and learning rates of their own") {
    Parameter a{Array{1.f}, "a"}, b{Array{1.f}, "b"}, c{Array{1.f}, "c"};
    optim::SGD sgd{{{{a}, {.lr = 0.5}}, {{b, c}, {.lr = 0.25, .weight_decay = 1}}}};
    REQUIRE(sgd.group_count() == 2);
    CHECK(sgd.options(1).weight_decay == 1);
    for (auto* p : {&a, &b, &c}) p->accumulate_grad(Array{1.f});
    sgd.step();
    CHECK(a.value() == Array{0.5f});
    CHECK(b.value() == Array{0.5f});  // 1 - 0.25 (1 + 1)
    CHECK(c.value() == Array{0.5f});
    sgd.set_learning_rate(1, 0.125);
    CHECK(sgd.learning_rate(0) == 0.5);
    CHECK(sgd.options(1).lr == 0.125);
    sgd.step();
    CHECK(a.value() == Array{0.f});
    CHECK(b.value() == Array{0.3125f});  // 0.5 - 0.125 (1 + 0.5)
    sgd.set_learning_rate(0);
    CHECK(sgd.learning_rate(1) == 0);
}

TEST_CASE("options can change between steps as long as the running quantities stay") {
    Parameter p{Array{1.f}};
    optim::SGD sgd{{p}, {.lr = 1, .momentum = 0.5}};
    p.accumulate_grad(Array{1.f});
    sgd.step();
    auto options = sgd.options();
    options.momentum = 0.25;
    sgd.set_options(0, options);
    sgd.step();
    CHECK(p.value() == Array{-1.25f});  // 1 - 1 - (0.25 * 1 + 1)
    options.momentum = 0;
    CHECK_THROWS_WITH_AS(sgd.set_options(0, options, Location{}),
                         "SGD: expected options with the same running quantities, got others", ConfigError);
    options.momentum = -1;
    CHECK_THROWS_WITH_AS(sgd.set_options(0, options, Location{}), "SGD: expected a momentum of at least 0, got -1",
                         ConfigError);
    CHECK_THROWS_WITH_AS(sgd.set_options(1, options, Location{}), "SGD: expected a group below 1, got 1", ConfigError);
    CHECK(sgd.options().momentum == 0.25);
}

template <class Optimizer>
void check_resumes(typename Optimizer::Options options) {
    const auto run = [](ParameterList& list, Optimizer& optimizer, int first, int last) {
        for (int round = first; round < last; ++round) {
            give_gradients(list, round);
            if (round == 1) list[2].zero_grad();  // this one falls behind
            optimizer.step();
            optimizer.zero_grad();
        }
    };
    ParameterList straight = mixed_parameters(), resumed = mixed_parameters();
    Optimizer one{straight, options};
    run(straight, one, 0, 3);
    for (std::size_t k = 0; k < straight.size(); ++k) resumed[k].assign(Array(straight[k].value()));
    one.set_learning_rate(0.03);
    const optim::State state = one.state();
    run(straight, one, 3, 6);
    Optimizer other{resumed, options};
    other.load_state(state);
    run(resumed, other, 3, 6);
    for (std::size_t k = 0; k < straight.size(); ++k) CHECK(same_bits({straight[k].value()}, {resumed[k].value()}));
}

TEST_CASE("every optimizer continues from its state with the same bits") {
    check_resumes<optim::SGD>({.momentum = 0.9, .nesterov = true});
    check_resumes<optim::Adam>({.amsgrad = true});
    check_resumes<optim::AdamW>({});
    check_resumes<optim::NAdam>({});
    check_resumes<optim::RMSprop>({.momentum = 0.5, .centered = true});
    check_resumes<optim::Adagrad>({.lr_decay = 0.1, .initial_sum = 0.1});
    check_resumes<optim::Adadelta>({});
    check_resumes<optim::Lion>({});
}

TEST_CASE("a state that is not this optimizer's is refused, and nothing changes") {
    Parameter a{Array{1.f, 2.f}}, b{Array{1.f}};
    optim::Adam adam{{a}}, other{{b}};
    a.accumulate_grad(Array{1.f, 1.f});
    b.accumulate_grad(Array{1.f});
    adam.step();
    other.step();
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(adam.load_state(other.state(), nowhere),
                         "Adam: load_state: expected \"0.mean\" of shape (2), got (1)", DataError);
    optim::State state = adam.state();
    state.numbers.back().second = -1;
    CHECK_THROWS_WITH_AS(adam.load_state(state, nowhere),
                         "Adam: load_state: expected a learning rate of at least 0 as \"group 0.lr\", got -1",
                         DataError);
    state.numbers.back().second = 1;
    state.numbers.emplace_back("1.steps", 1);
    CHECK_THROWS_WITH_AS(adam.load_state(state, nowhere), "Adam: load_state: expected no number \"1.steps\", got one",
                         DataError);
    CHECK(adam.learning_rate() == 1e-3);
    state.numbers.pop_back();
    adam.load_state(state);
    CHECK(adam.learning_rate() == 1);
}

TEST_CASE("a group can join later") {
    Parameter a{Array{1.f}}, b{Array{1.f}};
    optim::Adam adam{{a}, {.lr = 0.5, .epsilon = 0}};
    a.accumulate_grad(Array{1.f});
    adam.step();
    adam.add_group({{b}, {.lr = 0.25, .epsilon = 0}});
    b.accumulate_grad(Array{1.f});
    adam.step();
    CHECK(adam.parameters().size() == 2);
    CHECK(b.value()(0) == doctest::Approx(0.75));
}

TEST_CASE("an optimizer keeps its parameters alive and lists them") {
    optim::SGD sgd{{Parameter{Array{1.f}, "a"}, Parameter{Array{2.f}, "b"}}};
    REQUIRE(sgd.parameters().size() == 2);
    CHECK(sgd.parameters()[1].name() == "b");
    CHECK(sgd.parameters()[1].value() == Array{2.f});
}

TEST_CASE("a parameter without elements can be stepped") {
    Parameter p{empty_array<float>({0, 3})};
    p.accumulate_grad(empty_array<float>({0, 3}));
    optim::Adam adam{{p}};
    adam.step();
    CHECK(p.shape() == Shape{0, 3});
}

TEST_CASE("a change while a tape still needs the parameter is found out") {
    Parameter p{Array{1.f}, "w"};
    p.accumulate_grad(Array{1.f});
    optim::SGD sgd{{p}, {.lr = 1}};
    Tape tape;
    const Tensor y = sum(square(p));
    sgd.step();
    CHECK_THROWS_AS(tape.backward(y), GraphError);
}

TEST_CASE("lists and learning rates that make no sense are errors") {
    Parameter p{Array{1.f}, "w"};
    const Location nowhere{};
    CHECK_THROWS_WITH_AS(optim::SGD(ParameterList{}, {}, nowhere), "SGD: expected at least one parameter, got none",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::Adam({p, p}, {}, nowhere), "Adam: expected each parameter once, got \"w\" twice",
                         ConfigError);
    CHECK_THROWS_WITH_AS(optim::SGD({p}, {.lr = -1}, nowhere), "SGD: expected a learning rate of at least 0, got -1",
                         ConfigError);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    optim::Adam adam{{p}};
    CHECK_THROWS_WITH_AS(adam.set_learning_rate(nan, nowhere), "Adam: expected a learning rate of at least 0, got nan",
                         ConfigError);
    CHECK(adam.learning_rate() == 1e-3);
    CHECK_THROWS_WITH_AS(optim::Adam(std::vector<optim::Adam::Group>{}, nowhere),
                         "Adam: expected at least one group, got none", ConfigError);
    CHECK_THROWS_WITH_AS(adam.add_group({{p}, {}}, nowhere), "Adam: expected each parameter once, got \"w\" twice",
                         ConfigError);
    CHECK(adam.group_count() == 1);
    CHECK_THROWS_WITH_AS(adam.learning_rate(1), "Adam: expected a group below 1, got 1", ConfigError);
    CHECK_THROWS_WITH_AS(adam.set_learning_rate(2, 0.1, nowhere), "Adam: expected a group below 1, got 2", ConfigError);
    CHECK_THROWS_WITH_AS(adam.options(1, nowhere), "Adam: expected a group below 1, got 1", ConfigError);
}

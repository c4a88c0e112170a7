#include <xtape/nn/elementwise_losses.hpp>

#include <xtape/autodiff/gradcheck.hpp>
#include <xtape/autodiff/ops.hpp>
#include <xtape/autodiff/tape.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xtape;

namespace {

constexpr Location nowhere{};
constexpr Reduction reductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

// Values by hand: `each` are the losses of all elements.
template <class Options>
void check_values(Options options, const Array64& x, const Array64& t, const Array64& each) {
    double sum = 0;
    for (const double v : each) sum += v;
    options.reduction = Reduction::none;
    const Array64 found = nn::ElementwiseLoss<Options>{options}(x, t).value();
    REQUIRE(found.shape() == each.shape());
    for (std::size_t i = 0; i < each.size(); ++i)
        CHECK(found.data()[i] == doctest::Approx(each.data()[i]).epsilon(1e-14));
    options.reduction = Reduction::sum;
    CHECK(nn::ElementwiseLoss<Options>{options}(x, t).item() == doctest::Approx(sum).epsilon(1e-14));
    options.reduction = Reduction::mean;
    CHECK(nn::ElementwiseLoss<Options>{options}(x, t).item() ==
          doctest::Approx(sum / static_cast<double>(each.size())).epsilon(1e-14));
    const Array xf = xt::cast<float>(x), tf = xt::cast<float>(t);
    CHECK(nn::ElementwiseLoss<Options>{options}(xf, tf).item() ==
          doctest::Approx(sum / static_cast<double>(each.size())).epsilon(1e-6));
}

// With respect to predictions and targets, for every reduction; tolerance 1e-7.
template <class Options>
void check_gradients(Options options, const Array64& x, const Array64& t) {
    for (const Reduction reduction : reductions) {
        options.reduction = reduction;
        const nn::ElementwiseLoss<Options> loss{options};
        const auto report = gradcheck([&](const Tensor64& a, const Tensor64& b) { return loss(a, b); }, {x, t});
        CHECK_MESSAGE(report.ok, "reduction ", static_cast<int>(reduction), ": ", report.message);
    }
}

const Array64 far{{0.1, -0.2, 0.3}, {1.0, 0.5, -1.5}}, from{{1.0, 0.2, 0.9}, {-1.0, 0.1, 0.4}};
const Array64 chances{{0.1, 0.2, 0.3}, {0.7, 0.5, 0.9}}, likely{{0.9, 0.2, 0.4}, {0.6, 0.3, 0.75}};

}  // namespace

TEST_CASE("mse is the squared difference") {
    check_values(nn::MSELossOptions{}, {{1.5, 2.}, {3., 1.}}, {{1., 3.}, {3., 4.}}, {{0.25, 1.}, {0., 9.}});
    check_gradients(nn::MSELossOptions{}, far, from);
}

TEST_CASE("the gradient of mse is twice the difference over the count") {
    Tape tape;
    const Tensor prediction = tape.watch(Array{1.f, 2.f});
    const Tensor target = tape.watch(Array{2.f, 5.f});
    const auto g = tape.gradient(nn::mse(prediction, target), {prediction, target});
    CHECK(g[0].value() == Array{-1.f, -3.f});
    CHECK(g[1].value() == Array{1.f, 3.f});
}

TEST_CASE("l1 is the magnitude of the difference") {
    check_values(nn::L1LossOptions{}, {{1.5, 2.}, {3., 1.}}, {{1., 3.}, {3., 4.}}, {{0.5, 1.}, {0., 3.}});
    check_gradients(nn::L1LossOptions{}, far, from);
}

TEST_CASE("huber is quadratic near the target and linear beyond delta") {
    // d = 0.25, 0.5, 3: d^2 / 2 = 0.03125, 0.125; 0.5 (3 - 0.25) = 1.375.
    check_values(nn::HuberLossOptions{.delta = 0.5}, {1.25, 1., -2.}, {1., 1.5, 1.}, {0.03125, 0.125, 1.375});
    check_gradients(nn::HuberLossOptions{.delta = 0.65}, far, from);
    CHECK_THROWS_WITH_AS((nn::HuberLoss{{.delta = 0}}(Array{1.f}, Array{1.f}, nowhere)),
                         "huber_loss: expected a delta of more than 0, got 0", ConfigError);
}

TEST_CASE("smooth_l1 is huber over beta") {
    check_values(nn::SmoothL1LossOptions{.beta = 0.5}, {1.25, 1., -2.}, {1., 1.5, 1.}, {0.0625, 0.25, 2.75});
    check_gradients(nn::SmoothL1LossOptions{.beta = 0.65}, far, from);
    CHECK_THROWS_WITH_AS((nn::SmoothL1Loss{{.beta = -1}}(Array{1.f}, Array{1.f}, nowhere)),
                         "smooth_l1_loss: expected a beta of at least 0, got -1", ConfigError);
}

TEST_CASE("bce is the cross-entropy of probabilities, with logarithms no less than -100") {
    check_values(nn::BCELossOptions{}, {0.25, 0.25, 0.5}, {1., 0., 0.5}, {std::log(4.), std::log(4. / 3), std::log(2.)});
    check_values(nn::BCELossOptions{}, {0., 0., 1., 1.}, {1., 0., 0., 1.}, {100., 0., 100., 0.});
    check_gradients(nn::BCELossOptions{}, chances, likely);
    check_gradients(nn::BCELossOptions{.weight = Array64{1., 2., 3.}}, chances, likely);
    CHECK(nn::BCELoss{{.weight = Array64{1., 3.}}}(Array64{0.5, 0.5}, Array64{1., 0.}).item() ==
          doctest::Approx(2 * std::log(2.)));
}

TEST_CASE("bce_with_logits is bce of the sigmoid, and weighs positive targets") {
    // sigmoid(ln 3) = 3/4.
    check_values(nn::BCEWithLogitsLossOptions{}, {std::log(3.), std::log(3.), 0.}, {1., 0., 0.5},
                 {std::log(4. / 3), std::log(4.), std::log(2.)});
    check_values(nn::BCEWithLogitsLossOptions{}, {1000., -1000.}, {0., 0.}, {1000., 0.});
    check_values(nn::BCEWithLogitsLossOptions{.pos_weight = Array64{2., 3.}}, {{0., 0.}, {0., 0.}}, {{1., 1.}, {0., 0.}},
                 {{2 * std::log(2.), 3 * std::log(2.)}, {std::log(2.), std::log(2.)}});
    check_gradients(nn::BCEWithLogitsLossOptions{}, far, likely);
    check_gradients(nn::BCEWithLogitsLossOptions{.weight = Array64{{1.}, {2.}}, .pos_weight = Array64{2., 3., 0.5}}, far,
                    likely);
    CHECK_THROWS_WITH_AS((nn::BCEWithLogitsLoss{{.pos_weight = Array64{1., 2.}}}(far, likely, nowhere)),
                         "bce_with_logits: expected a pos_weight that broadcasts to (2, 3), got (2)", ShapeError);
}

TEST_CASE("kl_div is the divergence of the target, element by element or by rows") {
    // 0.5 ln(0.5 / 0.25) and 0.5 ln(0.5 / 0.75).
    const Array64 x{{std::log(0.25), std::log(0.75)}}, t{{0.5, 0.5}};
    check_values(nn::KLDivLossOptions{}, x, t, {{0.5 * std::log(2.), 0.5 * std::log(2. / 3)}});
    check_values(nn::KLDivLossOptions{.log_target = true}, x, {{std::log(0.5), std::log(0.5)}},
                 {{0.5 * std::log(2.), 0.5 * std::log(2. / 3)}});
    check_values(nn::KLDivLossOptions{}, {-1., -2.}, {0., 1.}, {0., 2.});
    check_values(nn::KLDivLossOptions{.log_target = true}, {-1., -2.}, {-INFINITY, 0.}, {0., 2.});
    check_gradients(nn::KLDivLossOptions{}, far, likely);
    check_gradients(nn::KLDivLossOptions{.log_target = true}, far, from);
}

TEST_CASE("the batch mean of kl_div is the sum over the rows' number") {
    const Array64 x{{-1., -2., -0.5}, {-3., -0.1, -1.}};
    for (const bool log_target : {false, true}) {
        const Array64 t = log_target ? from : likely;
        const double sum = nn::KLDivLoss{{.reduction = Reduction::sum, .log_target = log_target}}(x, t).item();
        CHECK(nn::KLDivLoss{{.log_target = log_target, .batch_mean = true}}(x, t).item() == doctest::Approx(sum / 2));
        CHECK(nn::KLDivLoss{{.reduction = Reduction::sum, .log_target = log_target, .batch_mean = true}}(x, t).item() ==
              sum);
        check_gradients(nn::KLDivLossOptions{.log_target = log_target, .batch_mean = true}, x, t);
    }
    CHECK_THROWS_WITH_AS((nn::KLDivLoss{{.batch_mean = true}}(Array(Shape{0, 2}), Array(Shape{0, 2}), nowhere)),
                         "kl_div_loss: expected at least one element to average, got shape (0, 2)", ShapeError);
}

namespace {

// Every loss but mse's relatives has another way to its checks.
template <class Loss>
void check_shape_errors(const Loss& loss, const std::string& name) {
    const auto of = [&](const Shape& a, const Shape& b) { return loss(Array(a, 0.5f), Array(b, 0.5f), nowhere); };
    const auto wrong = name + ": expected prediction and target of one shape, got ";
    CHECK_THROWS_WITH_AS(of({3, 1}, {3}), (wrong + "(3, 1) and (3)").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(of({2}, {1}), (wrong + "(2) and (1)").c_str(), ShapeError);
    CHECK_THROWS_WITH_AS(of({0, 2}, {0, 2}),
                         (name + ": expected at least one element to average, got shape (0, 2)").c_str(), ShapeError);
    CHECK(of({}, {}).shape() == Shape{});
    auto options = loss.options();
    options.reduction = Reduction::sum;
    CHECK(Loss{options}(Array(Shape{0, 2}), Array(Shape{0, 2})).item() == 0);
}

}  // namespace

TEST_CASE("nothing is broadcast, and there is no mean of nothing") {
    check_shape_errors(nn::mse, "mse_loss");
    check_shape_errors(nn::l1, "l1_loss");
    check_shape_errors(nn::huber, "huber_loss");
    check_shape_errors(nn::smooth_l1, "smooth_l1_loss");
    check_shape_errors(nn::bce, "bce_loss");
    check_shape_errors(nn::bce_with_logits, "bce_with_logits");
    check_shape_errors(nn::kl_div, "kl_div_loss");
    check_shape_errors(nn::KLDivLoss{{.log_target = true}}, "kl_div_loss");
}

TEST_CASE("probabilities and targets outside 0 .. 1 are errors that say where") {
    const Array half{{0.5f, 0.5f}}, two{{0.5f, 2.f}};
    CHECK_THROWS_WITH_AS(nn::bce(two, half, nowhere), "bce_loss: expected probabilities in 0 .. 1, got 2 at (0, 1)",
                         DataError);
    CHECK_THROWS_WITH_AS(nn::bce(half, two, nowhere), "bce_loss: expected targets in 0 .. 1, got 2 at (0, 1)",
                         DataError);
    CHECK_THROWS_WITH_AS(nn::bce_with_logits(half, two, nowhere),
                         "bce_with_logits: expected targets in 0 .. 1, got 2 at (0, 1)", DataError);
    CHECK_THROWS_WITH_AS(nn::kl_div(half, two, nowhere), "kl_div_loss: expected targets in 0 .. 1, got 2 at (0, 1)",
                         DataError);
    CHECK_NOTHROW(nn::KLDivLoss{{.log_target = true}}(half, two));
}

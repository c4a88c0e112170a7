// Auto-encoders of USPS digits, 16 x 16: two depths, two sizes of the code, two batch sizes, beside as many principal components; and
// networks that take noise away, trained with and without noise. Gray values from 0 to 1. Recipes were chosen on a part of the
// training digits, and what counts is the last epoch: the test digits are only looked at. Errors are means over pixels.
#include "support.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace xtape;
using examples::Autoencoder;
using examples::Compared;
using examples::reconstructed;

/// Trained on such items and validated on others, both images or pairs of an image and its target.
template <class Items>
static train::History train_on(examples::Study& study, const std::string& part, Autoencoder& net, const Items& items,
                               const Items& test, std::size_t batch_size) {
    fmt::print("\n{}\n", part);
    optim::Adam adam{net.parameters(), {.lr = 3e-3}};
    return train::fit(net, nn::bce_with_logits, adam, items, test,
                      examples::falling(study.fit({.epochs = study.epochs(40, 4), .batch_size = batch_size}, part)));
}

static void settings(examples::Study& study, const data::Usps& usps) {
    const data::ArrayDataset train{Array(usps.train.features())}, test{Array(usps.test.features())};
    const Array shown = examples::one_of_each(usps.test);
    std::vector<Compared> trainings;
    double deepest = 0, by_components = 0;
    for (const std::size_t code : {16U, 64U}) {
        const Array linear = examples::projected(train.column(), code, test.column());
        const double linear_mse = train::mean_squared_error(test.column(), linear);
        std::vector<examples::ImageRow> rows{{"test images", shown}};
        for (const std::vector<std::size_t>& widths : {std::vector<std::size_t>{256, code}, {256, 128, code}}) {
            for (const std::size_t batch_size : {32U, 128U}) {
                const std::string name = fmt::format("{}, batches of {}", examples::there_and_back(widths), batch_size);
                seed(study.options.seed);
                Autoencoder net = examples::dense_autoencoder(widths, nn::ReLU{});
                const auto history = train_on(study, fmt::format("{}-batch-{}", examples::layers(widths), batch_size),
                                              net, train, test, batch_size);
                const double mse = train::mean_squared_error(test.column(), reconstructed(net, test.column()));
                trainings.push_back({{name, fmt::format("{:.4f}", history.last("val_loss")), fmt::format("{:.5f}", mse),
                                      fmt::format("{:.5f}", linear_mse)},
                                     history});
                if (batch_size != 32) continue;
                rows.push_back({fmt::format("{} layers", 2 * widths.size() - 2), reconstructed(net, shown)});
                if (code == 16) deepest = mse, by_components = linear_mse;
            }
        }
        rows.push_back({"components", examples::projected(train.column(), code, shown)});
        examples::picture(study, fmt::format("USPS, codes of {}", code), fmt::format("code-{}", code), rows);
    }
    examples::compare(study, "Auto-encoders of USPS", {"network", "test BCE", "test MSE", "MSE of as many components"},
                      trainings, {.series = "val_loss", .file = "settings"});
    study.reached(examples::error(8, "usps auto-encoder 256-128-16-128-256, against 16 principal components",
                                  "test MSE", "pictures", by_components, deepest));
}

using Pairs = data::ArrayDataset<float, float>;

/// Noisy images and the clean ones.
static Pairs with_noise(const Array& images, double deviation) {
    data::NoisyPairs pairs = data::make_noisy(images, {.deviation = deviation});
    return Pairs{std::move(pairs.noisy), std::move(pairs.clean)};
}

static void noise(examples::Study& study, const data::Usps& usps) {
    const Array &train = usps.train.features(), &test = usps.test.features();
    const Array shown = examples::one_of_each(usps.test);
    const auto train_with = [&](const std::string& part, const Pairs& pairs, const Pairs& test_pairs) {
        seed(study.options.seed);
        Autoencoder net = examples::dense_autoencoder({256, 128, 64}, nn::ReLU{});
        train_on(study, part, net, pairs, test_pairs, 32);
        return net;
    };
    Autoencoder clean_net = train_with("clean", Pairs{train, train}, Pairs{test, test});
    std::vector<std::vector<std::string>> table;
    std::vector<double> goals, reached;
    for (const double deviation : {0.5, 0.8}) {
        const Pairs noisy = with_noise(train, deviation), noisy_test = with_noise(test, deviation);
        Autoencoder net = train_with(fmt::format("noise-{:g}", deviation), noisy, noisy_test);
        const auto error = [&](const Array& images) { return train::mean_squared_error(test, images); };
        goals.push_back(error(reconstructed(clean_net, noisy_test.column())));
        reached.push_back(error(reconstructed(net, noisy_test.column())));
        table.push_back({fmt::format("{:g}", deviation), fmt::format("{:.4f}", error(noisy_test.column())),
                         fmt::format("{:.4f}", goals.back()), fmt::format("{:.4f}", reached.back())});
        const Array seen = with_noise(shown, deviation).column();
        examples::picture(study, fmt::format("Noise of {:g}", deviation), fmt::format("noise-{:g}", deviation),
                          {{"noisy", seen},
                           {"clean-trained", reconstructed(clean_net, seen)},
                           {"noise-trained", reconstructed(net, seen)},
                           {"in truth", shown}});
    }
    study.table("Mean squared errors of noisy test digits",
                {"noise", "as they are", "trained on clean", "trained on noisy"}, table);
    for (std::size_t i = 0; i < table.size(); ++i) {
        const std::string name =
            fmt::format("usps, noise of {} taken away, against training on clean digits", table[i][0]);
        study.reached(examples::error(10, name, "test MSE", "noisy-trained is better", goals[i], reached[i]));
    }
}

int main(int argc, char** argv) {
    examples::Study study{
        "usps_autoencoder",
        "Auto-encoders of USPS: depths, sizes of the code and of batches, and digits without their noise. "
        "7291 digits for\n"
        "training, the other 2007 for testing.\n"
        "Example: usps_autoencoder --data ~/data/usps --study noise",
        {.epochs = 0, .batch_size = 0, .lr = 0},
        {"settings", "noise"}};
    return study.run(argc, argv, [&] {
        const data::Usps usps = data::usps(data::data_folder(study.options.data, "usps"), {.unit_range = true});
        fmt::print("usps: {} for training, {} for testing; seed {}, threads {}\n", usps.train.size(), usps.test.size(),
                   study.options.seed, threads());
        if (study.wants("settings")) settings(study, usps);
        if (study.wants("noise")) noise(study, usps);
    });
}

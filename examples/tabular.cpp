// Small tables: XOR, the irises, and what people were charged for medical care, the last two by 5-fold cross-validation. Inputs are
// standardised by what the training folds show; recipes are the same for all folds.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace xtape;
using examples::falling;
using examples::percent;

using Rows = data::ArrayDataset<float, float>;

/// 2-8-1 after training on the four rows of XOR: its outputs.
static Array learn_xor(examples::Study& study, const Rows& rows, nn::Init init, const std::string& part,
                       const std::string& title) {
    nn::Sequential net = examples::mlp({2, 8, 1}, nn::Tanh{}, init);
    optim::Adam adam{net.parameters(), {.lr = 0.05}};
    train::fit(net, nn::mse, adam, rows, falling(study.fit({.epochs = study.epochs(500, 200), .batch_size = 4}, part)));
    const auto classify = [&](const Array& x) { return examples::above(net, x, 0.5f); };
    study.picture(title, part + ".png", "what the network answers", [&](const std::filesystem::path& file) {
        train::write_decision_map(file, classify, rows.column<0>(), IndexArray{0, 1, 1, 0},
                                  {.title = title, .classes = {"0", "1"}, .margin = 0.5});
    });
    return train::predict(net, rows);
}

static void exclusive_or(examples::Study& study) {
    const Rows rows{Array{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, Array{{0}, {1}, {1}, {0}}};
    const Array outputs = learn_xor(study, rows, nn::Init::xavier_uniform, "xor", "XOR, 2-8-1");
    const Array zeros = learn_xor(study, rows, nn::Init::zeros, "xor-zeros", "XOR, all weights 0 at first");
    std::vector<std::vector<std::string>> table;
    double largest = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto [x, y] = rows.get(i);
        table.push_back({fmt::format("{} xor {}", x(0), x(1)), fmt::format("{}", y(0)),
                         fmt::format("{:.5f}", outputs(i, 0)), fmt::format("{:.5f}", zeros(i, 0))});
        largest = std::max<double>(largest, std::abs(outputs(i, 0) - y(0)));
    }
    study.table("XOR, 2-8-1", {"", "wanted", "Xavier weights", "all weights 0"}, table);
    fmt::print(
        "With all weights 0 the hidden layer gives 0 and passes no gradient on: no weight ever moves, only the last "
        "bias,\n"
        "to the mean of the targets. With equal weights that are not 0 all hidden units would stay copies of one.\n");
    study.reached({.number = 22,
                   .name = "XOR, 2-8-1",
                   .metric = "largest error of an output",
                   .reported = "listed",
                   .goal = 0.01,
                   .reached = largest,
                   .unit = "",
                   .better = train::Better::smaller});
}

/// Trains and tests once for each fold, and gives the score of each.
template <class Folds, class Score>
static double cross_validate(examples::Study& study, const std::string& name, const Folds& folds, const Score& score) {
    std::vector<std::string> header{""}, row{name};
    double mean = 0;
    for (std::size_t i = 0; i < folds.size(); ++i) {
        const double value = score(folds[i], fmt::format("{}-{}", name, i + 1));
        header.push_back(fmt::format("fold {}", i + 1)), row.push_back(fmt::format("{:.4f}", value));
        mean += value / static_cast<double>(folds.size());
    }
    header.push_back("mean"), row.push_back(fmt::format("{:.4f}", mean));
    study.table(name + ": test score of each fold", header, {row});
    return mean;
}

static void iris(examples::Study& study) {
    const auto folds = data::stratified_k_fold(data::iris(), 5);
    IndexArray confusion = IndexArray::from_shape({3, 3});
    std::ranges::fill(confusion, 0);
    const auto score = [&](const data::Fold<data::TensorDataset>& fold, const std::string& part) {
        const auto scaler = data::Standardizer::fit(fold.train.features());
        const data::TensorDataset training{scaler(fold.train.features()), fold.train.labels(), 3};
        const data::TensorDataset test{scaler(fold.test.features()), fold.test.labels(), 3};
        nn::Sequential net = examples::mlp({4, 16, 3}, nn::Tanh{}, nn::Init::xavier_uniform);
        optim::AdamW adam{net.parameters(), {.lr = 0.01, .weight_decay = 0.3}};
        train::fit(net, nn::cross_entropy, adam, training,
                   falling(study.fit({.epochs = study.epochs(200, 50), .batch_size = 16}, part)));
        confusion += train::confusion_matrix(net, test);
        return train::accuracy(net, test);
    };
    const double mean = cross_validate(study, "iris", folds, score);
    const std::vector<std::string> names(data::iris_classes.begin(), data::iris_classes.end());
    fmt::print("\n{}", train::confusion_table(confusion, names));
    study.reached({.number = 22,
                   .name = "Iris, 4-16-3",
                   .metric = "test accuracy, mean of 5 folds",
                   .reported = "listed",
                   .goal = 96,
                   .reached = 100 * mean});
}

/// The rows of a fold in arrays of their own.
static Rows::Batch all_of(const data::Subset<Rows>& part) {
    std::vector<std::int64_t> rows(part.size());
    std::iota(rows.begin(), rows.end(), 0);
    Rows::Batch batch;
    part.gather(rows, batch);
    return batch;
}

static void insurance(examples::Study& study, const std::filesystem::path& folder) {
    const data::Insurance table = data::insurance(folder);
    const auto folds = data::k_fold(Rows{table.features, table.target}, 5);
    std::vector<double> charged, predicted;
    const auto score = [&](const auto& fold, const std::string& part) {
        const auto [x, y] = all_of(fold.train);
        const auto [test_x, test_y] = all_of(fold.test);
        const auto scaler = data::Standardizer::fit(x), charges = data::Standardizer::fit(y);
        nn::Sequential net = examples::mlp({9, 64, 32, 1}, nn::SiLU{}, nn::Init::he_normal);
        optim::AdamW adam{net.parameters(), {.lr = 1e-2, .weight_decay = 0.3}};
        train::fit(net, nn::mse, adam, Rows{scaler(x), charges(y)},
                   falling(study.fit({.epochs = study.epochs(200, 30), .batch_size = 32}, part)));
        const Array answers = charges.inverse(train::predict(net, Rows{scaler(test_x), charges(test_y)}));
        charged.insert(charged.end(), test_y.begin(), test_y.end());
        predicted.insert(predicted.end(), answers.begin(), answers.end());
        return train::r2(test_y, answers);
    };
    const double mean = cross_validate(study, "insurance", folds, score);
    study.picture({.title = "Charges of people in test folds",
                   .x_label = "charged, dollars",
                   .y_label = "predicted, dollars",
                   .series = {{"people", predicted, charged, true}, {"right", {0, 60000}, {0, 60000}}}},
                  "insurance");
    study.reached({.number = 22,
                   .name = "insurance, 9-64-32-1 SiLU",
                   .metric = "test R2, mean of 5 folds",
                   .reported = "listed",
                   .goal = 0.845,
                   .reached = mean,
                   .unit = ""});
}

int main(int argc, char** argv) {
    examples::Study study{
        "tabular",
        "XOR, the irises, and medical charges, by small networks; the last two by 5-fold cross-validation.\n"
        "Example: tabular --data ~/data --study insurance",
        {.epochs = 0, .batch_size = 0, .lr = 0},
        {"xor", "iris", "insurance"}};
    return study.run(argc, argv, [&] {
        if (study.wants("xor")) exclusive_or(study);
        if (study.wants("iris")) iris(study);
        const std::filesystem::path folder = data::data_folder(study.options.data, "insurance");
        if (folder.empty() && study.all()) {
            fmt::print("\ninsurance: skipped, it needs --data\n");
        } else if (study.wants("insurance")) {
            insurance(study, folder);
        }
    });
}

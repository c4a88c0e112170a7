// What is in the codes of an auto-encoder that has never seen a label: clusters (k-means), neighbours (t-SNE), and features for
// a classifier. All of it beside the same on the images themselves. The codes are those of test images, which the auto-encoder has not seen
// either.
#include "support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace xtape;
using examples::Autoencoder;
using examples::Compared;
using examples::percent;

/// Digits, and an auto-encoder that suits them.
struct Task {
    std::string name;
    data::TensorDataset train, test;
    std::vector<std::size_t> widths;
    std::size_t epochs, quick_epochs, batch_size;
    double goal;  ///< accuracy of a classifier of codes, %
};

static Task task(const std::string& set, const std::string& folder) {
    if (set == "mnist") {
        const data::Mnist mnist = data::mnist(data::data_folder(folder, set));
        return {set, mnist.train, mnist.test, {784, 256, 64}, 10, 1, 64, 95};
    }
    if (set == "usps") {
        const data::Usps usps = data::usps(data::data_folder(folder, set), {.unit_range = true});
        return {set, usps.train, usps.test, {256, 128, 32}, 40, 4, 32, 93.5};
    }
    const auto [train, test] = data::stratified_split(data::digits(), {0.6, 0.4});
    return {set, train, test, {64, 64, 16}, 100, 10, 32, 95};
}

/// What a data folder holds.
static std::string set_in(const std::string& folder) {
    const std::filesystem::path mnist = data::data_folder(folder, "mnist");
    if (mnist.empty()) return "digits";
    const std::string file = "train-images-idx3-ubyte";
    return exists(mnist / file) || exists(mnist / (file + ".gz")) ? "mnist" : "usps";
}

static Autoencoder trained(examples::Study& study, const Task& task) {
    fmt::print("\nauto-encoder {}\n", examples::there_and_back(task.widths));
    Autoencoder net = examples::dense_autoencoder(task.widths, nn::ReLU{});
    optim::Adam adam{net.parameters(), {.lr = 3e-3}};
    const data::ArrayDataset train{Array(task.train.features())}, test{Array(task.test.features())};
    train::fit(
        net, nn::bce_with_logits, adam, train, test,
        examples::falling(study.fit(
            {.epochs = study.epochs(task.epochs, task.quick_epochs), .batch_size = task.batch_size}, "auto-encoder")));
    return net;
}

/// The codes of a set's images, with its labels.
static data::TensorDataset encoded(Autoencoder& net, const data::TensorDataset& set) {
    return {train::predict(net.encoder, set), set.labels(), set.classes()};
}

/// Each class of these points (N, 2) in a color.
static void scatter(examples::Study& study, const std::string& title, const std::string& name, const Array& points,
                    const data::TensorDataset& set) {
    train::Plot plot{
        .title = title, .x_label = "t-SNE 1", .y_label = "t-SNE 2", .series = {}, .width = 800, .height = 650};
    for (std::size_t k = 0; k < set.classes(); ++k) {
        train::Series series{.name = fmt::format("{}", k), .y = {}, .x = {}, .points = true};
        for (std::size_t i = 0; i < set.size(); ++i) {
            if (set.labels()(i) != static_cast<std::int64_t>(k)) continue;
            series.x.push_back(points(i, 0)), series.y.push_back(points(i, 1));
        }
        plot.series.push_back(series);
    }
    study.picture(title, name + ".png", "a color for each digit; the places know nothing of it",
                  [&](const std::filesystem::path& file) { plot.save(file); });
}

struct Clustering {
    Array centers;  ///< in order of the commonest digit of their points
    double purity, nmi;
};

/// As many clusters as there are classes.
static Clustering clustering(const Array& points, const data::TensorDataset& set) {
    const analysis::KMeans found = analysis::kmeans(points, {.clusters = set.classes()});
    // Rows are digits, columns clusters.
    const IndexArray counts = train::confusion_matrix(set.labels(), found.labels, set.classes());
    std::vector<std::pair<std::size_t, std::int64_t>> order;
    for (std::size_t cluster = 0; cluster < set.classes(); ++cluster) {
        std::size_t digit = 0;
        for (std::size_t k = 1; k < set.classes(); ++k) {
            if (counts(k, cluster) > counts(digit, cluster)) digit = k;
        }
        order.emplace_back(digit, cluster);
    }
    std::ranges::sort(order);
    IndexArray rows = empty_array<std::int64_t>(Shape{order.size()});
    std::ranges::transform(order, rows.begin(), [](const auto& pair) { return pair.second; });
    return {take(Tensor(found.centers), rows, 0).value(), analysis::purity(set.labels(), found.labels),
            analysis::normalized_mutual_information(set.labels(), found.labels)};
}

static void clusters(examples::Study& study, const Task& task, Autoencoder& net) {
    // For pictures that can be looked at, and that t-SNE makes in seconds.
    const std::size_t count = std::min<std::size_t>(task.test.size(), 2000);
    const auto [images, rest] = data::stratified_split(task.test, {count, task.test.size() - count});
    const data::TensorDataset codes = encoded(net, images);
    std::vector<std::vector<std::string>> rows;
    const auto look = [&](const std::string& what, const data::TensorDataset& points) {
        // The first components: what is left is mostly noise, and time.
        const Array& all = points.features();
        const Array few = analysis::pca(all, {.components = std::min<std::size_t>(50, all.shape()[1])}).transform(all);
        const Array plane = analysis::tsne(few).embedding;
        scatter(study, fmt::format("t-SNE of {} {}", task.name, what), "tsne-" + what, plane, points);
        const Clustering found = clustering(all, points), in_plane = clustering(plane, points);
        rows.push_back({what, percent(found.purity), fmt::format("{:.3f}", found.nmi), percent(in_plane.purity),
                        fmt::format("{:.3f}", in_plane.nmi),
                        fmt::format("{:.4f}", analysis::trustworthiness(all, plane))});
        return found;
    };
    const Clustering of_images = look("images", images), of_codes = look("codes", codes);
    const Array decoded = sigmoid(net.decoder(of_codes.centers)).value();
    examples::picture(study, "Means of clusters of images, and decoded ones of codes", "centers",
                      {{"images", of_images.centers}, {"codes", decoded}});
    study.table(fmt::format("{} clusters of {} test images", images.classes(), count),
                {"points", "purity", "NMI", "purity after t-SNE", "NMI after t-SNE", "trustworthiness of t-SNE"}, rows);
    study.reached({.number = 9,
                   .name = task.name + " clusters of codes, at most 5 points below those of images",
                   .metric = "purity",
                   .reported = "pictures",
                   .goal = 100 * of_images.purity - 5,
                   .reached = 100 * of_codes.purity});
}

static void classifier(examples::Study& study, const Task& task, Autoencoder& net) {
    const data::TensorDataset train_codes = encoded(net, task.train), test_codes = encoded(net, task.test);
    std::vector<Compared> trainings;
    const auto run = [&](const std::string& name, const data::TensorDataset& train, const data::TensorDataset& test,
                         const std::vector<std::size_t>& widths) {
        fmt::print("\n{}\n", name);
        seed(study.options.seed);
        nn::Sequential model = examples::mlp(widths, nn::ReLU{}, nn::Init::he_uniform);
        optim::Adam adam{model.parameters(), {.lr = 2e-3}};
        const auto history =
            train::fit(model, nn::cross_entropy, adam, train, test,
                       examples::falling(study.fit({.epochs = study.epochs(task.epochs, task.quick_epochs),
                                                    .batch_size = task.batch_size,
                                                    .metrics = {train::Accuracy{}}},
                                                   name)));
        trainings.push_back(
            {{name, percent(history.last("accuracy")), percent(history.last("val_accuracy"))}, history});
        return history.last("val_accuracy");
    };
    const std::size_t pixels = task.widths.front(), code = task.widths.back(), classes = task.test.classes();
    run("linear-on-pixels", task.train, task.test, {pixels, classes});
    run("linear-on-codes", train_codes, test_codes, {code, classes});
    const double accuracy = run("hidden-on-codes", train_codes, test_codes, {code, 128, classes});
    examples::compare(study, "Classifiers of images and of codes", {"classifier", "training", "test"}, trainings,
                      {.series = "val_accuracy", .file = "classifiers", .label = "test accuracy"});
    study.reached({.number = 20,
                   .name = fmt::format("{} classifier of {} latent features", task.name, code),
                   .reported = "not done",
                   .goal = task.goal,
                   .reached = 100 * accuracy});
}

int main(int argc, char** argv) {
    examples::Study study{
        "latent_space",
        "Clusters, t-SNE and a classifier of the codes that an auto-encoder gives to digits: those built in "
        "(8 x 8), USPS or MNIST.\n"
        "Example: latent_space --data ~/data/mnist --study clusters",
        {.epochs = 0, .batch_size = 0, .lr = 0},
        {"clusters", "classifier"}};
    std::string set = "auto";
    study.option("--set", set, "images; auto: mnist or usps, what there is in the data folder, and digits without one",
                 {"auto", "digits", "usps", "mnist"});
    return study.run(argc, argv, [&] {
        if (set == "auto") set = set_in(study.options.data);
        const Task chosen = task(set, study.options.data);
        fmt::print("{}: {} for training, {} for testing; seed {}, threads {}\n", set, chosen.train.size(),
                   chosen.test.size(), study.options.seed, threads());
        Autoencoder net = trained(study, chosen);
        if (study.wants("clusters")) clusters(study, chosen, net);
        if (study.wants("classifier")) classifier(study, chosen, net);
    });
}

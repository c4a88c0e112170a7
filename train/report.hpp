// What a run leaves behind for people: a folder with its numbers, and one page to look at.
#pragma once

#include <xtape/train/callback.hpp>
#include <xtape/train/examples.hpp>
#include <xtape/train/metric.hpp>
#include <xtape/train/metrics.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace xtape::train {

struct ReportOptions {
    std::string title = "training";
    /// What the run was made with, as names and values: {{"lr", "0.001"}}.
    std::vector<std::pair<std::string, std::string>> configuration = {};
    std::string page = "report.html";  ///< name of the page in the folder
};

/// A picture in a report, SVG or PNG.
struct Picture {
    std::filesystem::path file;
    std::string caption;
};

/// A folder with config.json, environment.txt, metrics.csv, metrics.jsonl, pictures, and report.html, which needs nothing but itself:
///
///     train::Report report{"runs/digits", {.title = "digits", .configuration = {{"lr", "0.1"}}}};
///     train::fit(model, nn::cross_entropy, adam, train_set, test_set, {.epochs = 20, .callbacks = {report.callback()}});
///     report.add_classification(model, test_set);
///     report.add_weights(model);
///     report.write();
///
/// Pictures are drawn by gnuplot; without it the page says what to install, and keeps its tables. Copies are the same report.
class Report {
public:
    /// Makes the folder, config.json and environment.txt (version, instruction set, libraries, threads, seed, processor). Throws
    /// IoError.
    explicit Report(std::filesystem::path folder, ReportOptions options = {});

    /// Follows a training: metrics.csv and metrics.jsonl after each epoch, and the page at the end.
    Callback callback() const;

    const std::filesystem::path& folder() const;

    /// Sections in the order in which they are added; one with a title that is there already takes its place.
    void add_text(const std::string& title, const std::string& text);
    void add_table(const std::string& title, const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
    /// A picture in SVG or PNG. Throws IoError and ConfigError.
    void add_picture(const std::string& title, const std::filesystem::path& picture, const std::string& caption);
    /// Several in one section, side by side where there is room.
    void add_pictures(const std::string& title, const std::vector<Picture>& pictures);

    /// Histograms of every parameter, at most 24.
    template <class T>
    void add_weights(nn::BasicModule<T>& model);

    /// Confusion matrix, scores of each class, and for images the items that the model is surest of and most wrong about. Items
    /// are an input and a label. Throws as train::predict and class_scores.
    template <class T, data::Dataset D>
    void add_classification(nn::BasicModule<T>& model, const D& dataset, const ClassificationOptions& options = {},
                            Location at = Location::current()) {
        Classification all(options, at);
        detail::for_each_batch("Report::add_classification", model, dataset, {options.batch_size}, at,
                               [&](const BasicTensor<T>& outputs, const auto& batch) {
                                   const auto& [inputs, labels] = batch;
                                   all.result.add(outputs.value(), labels);
                                   all.examples.add(detail::converted<double>(outputs.value()), detail::converted<double>(inputs), labels);
                               });
        add_classes(all, at);
    }

    /// Writes the page, all or nothing. Throws IoError.
    void write() const;

private:
    struct State;
    class Follower;

    /// What add_classification gathers.
    struct Classification {
        Classification(const ClassificationOptions& with, Location at);
        ~Classification();

        ClassificationOptions options;
        detail::Classified result;
        detail::Examples examples;
    };

    void add_classes(const Classification& all, Location at);

    std::shared_ptr<State> state_;
};

extern template void Report::add_weights(nn::Module&);
extern template void Report::add_weights(nn::Module64&);

}  // namespace xtape::train

// What the example programs share: options, the folder of a run with report and checkpoints, the line that says what was reached.
#pragma once

#include <xtape/xtape.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;  // its header takes longer to compile than an example
}

namespace examples {

/// A program with options:
///
///     examples::Command command{"Minimises ..."};
///     command.option("--dim", dim, "number of variables", 2, 2000);
///     return command.run(argc, argv, [&] { return minimise(dim); });
class Command {
public:
    explicit Command(const std::string& about);
    ~Command();

    /// Options, before run(): a number from `low` to `high`, one of some words, or without words any text. What the variable holds is
    /// the default.
    void option(const std::string& name, double& value, const std::string& about, double low, double high);
    void option(const std::string& name, std::size_t& value, const std::string& about, std::size_t low,
                std::size_t high);
    void option(const std::string& name, std::string& value, const std::string& about,
                const std::vector<std::string>& words = {});
    /// A folder that exists, without a name in front.
    void folder(const std::string& name, std::filesystem::path& value, const std::string& about);

    /// Reads the command line and calls the body; an error becomes one line on standard error. Exit status: the body's, or 2 wrong
    /// usage or options, 3 data, 4 files, 128 + signal when training was stopped (130 for Ctrl-C), 1 other.
    int run(int argc, char** argv, const std::function<int()>& body);

protected:
    std::unique_ptr<CLI::App> app_;
};

/// The common options; what a program sets here are its defaults. --batch-size, --lr and --patience are only there when their default
/// is not 0.
struct Options {
    std::size_t epochs = 20;  ///< 0: every study has its own, see Study::epochs
    std::size_t batch_size = 32;
    double lr = 1e-3;
    std::size_t patience =
        0;  ///< of train::EarlyStopping; only for programs whose validation part is not the test part
    std::size_t quick_epochs = 2;  ///< with --quick, unless --epochs says otherwise
    std::uint64_t seed = 42;
    std::size_t threads = 0;         ///< 0: all cores, or XTAPE_THREADS
    std::filesystem::path out = {};  ///< empty: runs/NAME
    std::string data = {};           ///< for data::data_folder
    std::string resume = "no";
    bool quick = false;  ///< shorter training, on less data when a program has much
    bool progress = true;
};

/// What a study has reached, beside what its source reports.
struct Outcome {
    int number = 0;         ///< of the study
    std::string name = {};  ///< "usps mlp"
    std::string metric = "test accuracy";
    std::string reported = {};  ///< as the source prints it: "86.04 %"
    double goal = 0;
    double reached = 0;
    std::string unit = " %";
    xtape::train::Better better = xtape::train::Better::larger;
};

/// A program that trains:
///
///     examples::Study study{"digits", "Trains ...", {.epochs = 100, .lr = 0.1}};
///     return study.run(argc, argv, [&] {
///         ...
///         train::fit(model, nn::cross_entropy, optimizer, train_part, test_part, study.fit({.metrics = {train::Accuracy{}}}));
///         study.report().add_classification(model, test_part);
///         study.reached({.number = 25, .name = "digits", .reported = "> 95 %", .goal = 97.5, .reached = 97.8});
///     });
///
/// Its folder, OUT, gets the files of train::Report, checkpoints/, and studies.csv.
class Study : public Command {
public:
    /// With `studies`, the option --study chooses one of them, or all.
    Study(std::string name, const std::string& about, Options defaults, const std::vector<std::string>& studies = {});

    Options options;

    /// Reads the command line, seeds the random numbers, calls the body and writes the report. Exit status as of Command::run.
    int run(int argc, char** argv, const std::function<void()>& body);

    /// Whether --study asks for this one. If so the random numbers begin anew, so that it runs alone as it does among others.
    bool wants(const std::string& study) const;
    /// Whether it asks for all of them.
    bool all() const { return study_ == "all"; }

    /// How often to go through the training part: --epochs when that is given, otherwise `planned`, or `quick` with --quick.
    std::size_t epochs(std::size_t planned, std::size_t quick) const;

    /// `more` with epochs and batch size of the options (its own where they are 0), early stopping, report, exact checkpoints in
    /// OUT/checkpoints, a progress bar, and stopping and resuming. A program that
    /// trains several times names each part: its checkpoints lie in OUT/checkpoints/PART, and its history goes to OUT/PART.csv
    /// instead of the report. Resumed, parts that were done are only loaded, so the whole program ends with the same bits.
    xtape::train::FitOptions fit(xtape::train::FitOptions more = {}, const std::string& part = "");

    /// Of this run; inside the body of run().
    xtape::train::Report& report() { return report_.value(); }

    /// Prints a table and adds it to the report.
    void table(const std::string& title, const std::vector<std::string>& header,
               const std::vector<std::vector<std::string>>& rows);

    /// Lets `draw` write OUT/NAME and adds it to the report. Pictures are for people: without gnuplot the run says so and goes on.
    void picture(const std::string& title, const std::string& name, const std::string& caption,
                 const std::function<void(const std::filesystem::path&)>& draw);
    /// The same of a plot, to OUT/NAME.svg.
    void picture(const xtape::train::Plot& plot, const std::string& name);

    /// Prints "#25 digits: reported > 95 %, goal 97.5 %, reached 97.77 %  ok" (or "missed"; "(quick)" with --quick, which decides
    /// nothing), and appends it to OUT/studies.csv, which scripts/gallery collects, and the report. May be called several times.
    void reached(const Outcome& outcome);

private:
    void begin();
    std::filesystem::path checkpoints() const;

    std::string name_, study_ = "all", lines_;
    std::optional<xtape::train::Report> report_;
    std::chrono::steady_clock::time_point begun_;
};

/// One of several trainings side by side.
struct Compared {
    std::vector<std::string> row;  ///< of the table; the first cell is the name in the plot
    xtape::train::History history;
};

/// What to plot of trainings: a series of their histories.
struct Curves {
    std::string series;  ///< "val_loss"
    std::string file;    ///< OUT/FILE.svg
    std::string label =
        {};  ///< of the y axis, when the series' name does not say it: what was held out may be the test part
    bool log_y = false;
};

/// A table of trainings, with a plot. A training that has no such series, because it failed, has no curve.
void compare(Study& study, const std::string& title, const std::vector<std::string>& header,
             const std::vector<Compared>& trainings, const Curves& curves);

/// With a learning rate that falls to 0 over the epochs, along half a cosine.
xtape::train::FitOptions falling(xtape::train::FitOptions options);

/// An activation layer of any class, of which a network takes copies.
class Activation {
public:
    template <std::derived_from<xtape::nn::Module> Layer>
    Activation(const Layer& layer) : append_([layer](xtape::nn::Sequential& net) { net.append(Layer(layer)); }) {}

    void append_to(xtape::nn::Sequential& net) const { append_(net); }

private:
    std::function<void(xtape::nn::Sequential&)> append_;
};

/// Linear layers of these widths, from input to output, with an activation between them.
xtape::nn::Sequential mlp(const std::vector<std::size_t>& widths, const Activation& activation, xtape::nn::Init init);

/// Labels (N) by a network of one output, for inputs (N, ...): 1 where it is above the threshold, 0 elsewhere.
xtape::IndexArray above(xtape::nn::Module& net, const xtape::Array& inputs, float threshold);

/// 0.9712 as "97.12 %".
std::string percent(double share);

/// What a study has reached, with as many digits as say something: "97.77 %", and "0.999988", which is not 1.
std::string with_unit(double value, const std::string& unit);

struct Parts {
    xtape::data::TensorDataset train, validation, test;
};

/// So many digits for training, validation and test, in an order of the process-wide seed. Their rows and labels go to
/// `file`, unless that is empty.
Parts parts_of_digits(const std::array<std::size_t, 3>& sizes, const std::filesystem::path& file = {});

/// A header line and the rows. Throws IoError when the file cannot be written.
void write_csv(const std::filesystem::path& file, const std::string& header, const std::vector<std::string>& rows);

/// The middle one, or the mean of the two in the middle; of at least one.
double median(std::vector<double> values);

/// With two decimals and spaces between: what a median is the middle of.
std::string joined(const std::vector<double>& values);

/// An encoder from images (N, D) to codes, and a decoder from codes to logits, of which sigmoid makes gray values.
struct Autoencoder : xtape::nn::Module {
    xtape::nn::Sequential encoder, decoder;

    Autoencoder(xtape::nn::Sequential to_code, xtape::nn::Sequential to_image)
        : encoder(std::move(to_code)), decoder(std::move(to_image)) {}

    xtape::Tensor forward(const xtape::Tensor& x) override { return decoder(encoder(x)); }
    void visit(xtape::nn::Visitor& v) override {
        v("encoder", encoder);
        v("decoder", decoder);
    }
};

/// Of linear layers of these widths from image to code, {784, 256, 64}, and the same ones back. The activation is between layers, but not
/// on the code: a code that is squashed, or has no negative numbers, says less.
Autoencoder dense_autoencoder(std::vector<std::size_t> widths, const Activation& activation);

/// "784-256-64" for {784, 256, 64}.
std::string layers(const std::vector<std::size_t>& widths);

/// "784-256-64-256-784" for {784, 256, 64}.
std::string there_and_back(std::vector<std::size_t> widths);

/// The gray values that an auto-encoder makes of images (N, D).
xtape::Array reconstructed(xtape::nn::Module& net, const xtape::Array& images);

/// The same by the first principal components of other images: the best that linear layers can do, by mean squared error.
xtape::Array projected(const xtape::Array& train, std::size_t components, const xtape::Array& images);

/// The first image of each class, (classes, D).
xtape::Array one_of_each(const xtape::data::TensorDataset& set);

/// An error, which is to be no larger than the goal.
Outcome error(int number, const std::string& name, const std::string& metric, const std::string& reported, double goal,
              double reached);

struct ImageRow {
    std::string caption;  ///< one word or two; there is room for 12 letters
    xtape::Array images;  ///< (N, side * side)
};

/// OUT/NAME.png: the rows below each other.
void picture(Study& study, const std::string& title, const std::string& name, const std::vector<ImageRow>& rows);

}  // namespace examples

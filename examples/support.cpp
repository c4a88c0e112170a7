// All helpers of the examples in one place, hence longer than other files.
#include "support.hpp"

#include <xtape/files/write.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <span>

namespace examples {

using namespace xtape;

Command::Command(const std::string& about) : app_(std::make_unique<CLI::App>(about)) {}

Command::~Command() = default;

void Command::option(const std::string& name, double& value, const std::string& about, double low, double high) {
    app_->add_option(name, value, about)->capture_default_str()->check(CLI::Range(low, high));
}

void Command::option(const std::string& name, std::size_t& value, const std::string& about, std::size_t low,
                     std::size_t high) {
    app_->add_option(name, value, about)->capture_default_str()->check(CLI::Range(low, high));
}

void Command::option(const std::string& name, std::string& value, const std::string& about,
                     const std::vector<std::string>& words) {
    CLI::Option* option = app_->add_option(name, value, about)->capture_default_str();
    if (!words.empty()) option->check(CLI::IsMember(words));
}

void Command::folder(const std::string& name, std::filesystem::path& value, const std::string& about) {
    app_->add_option(name, value, about)->required()->check(CLI::ExistingDirectory);
}

int Command::run(int argc, char** argv, const std::function<int()>& body) {
    const auto fail = [&](const std::string& what, int status) {
        std::fflush(stdout);
        fmt::print(stderr, "{}: {}\n", std::filesystem::path(argv[0]).filename().string(), what);
        return status;
    };
    try {
        app_->parse(argc, argv);
        return body();
    } catch (const CLI::ParseError& error) {
        return app_->exit(error) == 0 ? 0 : 2;  // 0: --help
    } catch (const train::Interrupted& error) {
        return fail(fmt::format("{}; the same command with --resume auto goes on from there", error.what()),
                    128 + error.signal());
    } catch (const ConfigError& error) {
        return fail(error.what(), 2);
    } catch (const DataError& error) {
        return fail(error.what(), 3);
    } catch (const IoError& error) {
        return fail(error.what(), 4);
    } catch (const std::filesystem::filesystem_error& error) {
        return fail(error.what(), 4);
    } catch (const std::exception& error) {
        return fail(error.what(), 1);
    }
}

namespace {

std::string whole_path(const std::filesystem::path& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
}

// A checkpoint itself, or those in a folder and below it.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& path) {
    if (std::filesystem::is_regular_file(path)) return {path};
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::is_directory(path)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.path().extension() == ".ckpt") files.push_back(entry.path());
    }
    return files;
}

std::vector<std::pair<std::string, std::string>> configuration(const CLI::App& app) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = option->get_single_name();
        std::string value = option->get_default_str();
        if (option->count() > 0) value = fmt::format("{}", fmt::join(option->results(), " "));
        if (!value.empty()) pairs.emplace_back(name, value);
    }
    return pairs;
}

}  // namespace

Study::Study(std::string name, const std::string& about, Options defaults, const std::vector<std::string>& studies)
    : Command(about), options(std::move(defaults)), name_(std::move(name)) {
    if (!studies.empty()) {
        std::vector<std::string> choices{"all"};
        choices.insert(choices.end(), studies.begin(), studies.end());
        app_->add_option("--study", study_, "which one to run")->capture_default_str()->check(CLI::IsMember(choices));
    }
    if (options.out.empty()) options.out = std::filesystem::path("runs") / name_;
    app_->add_option("--seed", options.seed, "seed of every random number")->capture_default_str();
    const bool own_epochs = options.epochs == 0;
    CLI::Option* epochs = app_->add_option(
        "--epochs", options.epochs,
        own_epochs ? "passes over the training part (default: each study's own)" : "passes over the training part");
    epochs->check(CLI::Range(1, 100000));
    if (!own_epochs) epochs->capture_default_str();
    if (options.batch_size > 0) {
        app_->add_option("--batch-size", options.batch_size, "rows in a minibatch")
            ->capture_default_str()
            ->check(CLI::Range(1, 1 << 20));
    }
    if (options.lr > 0)
        app_->add_option("--lr", options.lr, "learning rate")->capture_default_str()->check(CLI::PositiveNumber);
    if (options.patience > 0) {
        app_->add_option("--patience", options.patience,
                         "stop after so many epochs without a better validation loss (0: do not)")
            ->capture_default_str()
            ->check(CLI::Range(0, 100000));
    }
    app_->add_option("--threads", options.threads,
                     "threads to use; the result is the same for any number (default: all cores)")
        ->check(CLI::Range(1, 1024));
    app_->add_option("--out", options.out, "folder of the run: report, numbers, pictures, checkpoints")
        ->capture_default_str();
    app_->add_option("--data", options.data, "folder of data sets that are not built in (default: XTAPE_DATA)");
    app_->add_option("--resume", options.resume,
                     "auto: go on from the checkpoints in OUT, if there are any; PATH: from that checkpoint or folder; "
                     "no: from the "
                     "beginning, in place of the checkpoints in OUT")
        ->capture_default_str();
    app_->add_flag("--quick", options.quick, "shorter training, for a first look; the goals are for whole runs");
    app_->add_flag("!--no-progress", options.progress, "no line an epoch");
}

std::filesystem::path Study::checkpoints() const {
    if (options.resume == "no" || options.resume == "auto") return options.out / "checkpoints";
    const std::filesystem::path given = options.resume, inside = given / "checkpoints";
    return std::filesystem::is_directory(inside) ? inside : given;
}

void Study::begin() {
    begun_ = std::chrono::steady_clock::now();
    if (options.quick && app_->get_option("--epochs")->count() == 0)
        options.epochs = std::min(options.epochs, options.quick_epochs);
    seed(options.seed);
    if (options.threads > 0) set_threads(options.threads);
    const std::filesystem::path from = checkpoints();
    if (options.resume == "no") {
        // Of all parts, so that resuming this run never finds those of the one before.
        for (const auto& file : checkpoints_in(from)) std::filesystem::remove(file);
    } else {
        const bool found = !checkpoints_in(from).empty();
        if (!found && options.resume != "auto") {
            throw IoError(fmt::format("--resume: expected auto, no, a checkpoint or a folder with checkpoints, got {}",
                                      options.resume));
        }
        if (found) fmt::print("going on from {}\n", whole_path(from));
    }
    report_.emplace(options.out, train::ReportOptions{.title = name_, .configuration = configuration(*app_)});
}

int Study::run(int argc, char** argv, const std::function<void()>& body) {
    return Command::run(argc, argv, [&] {
        begin();
        body();
        report().write();
        fmt::print("report: {}\n", whole_path(options.out / "report.html"));
        return 0;
    });
}

bool Study::wants(const std::string& study) const {
    if (!all() && study_ != study) return false;
    seed(options.seed);
    return true;
}

std::size_t Study::epochs(std::size_t planned, std::size_t quick) const {
    return options.epochs > 0 ? options.epochs : options.quick ? quick : planned;
}

namespace {

// One line for a training of many short epochs.
train::Callback whole_bar(const std::string& title, std::size_t epochs) {
    auto bar = std::make_shared<train::ProgressBar>();
    return train::LambdaCallback{.on_train_begin =
                                     [=](train::Session& session) {
                                         bar->start(title, epochs);
                                         bar->advance({}, session.history().size());
                                     },
                                 .on_epoch_end =
                                     [=](train::Session& session) {
                                         std::string message;
                                         for (const auto& measure : session.measures()) {
                                             message += fmt::format("{}{} {:.4g}", message.empty() ? "" : "  ", measure,
                                                                    session.history().last(measure));
                                         }
                                         bar->advance(message);
                                     },
                                 .on_train_end = [=](train::Session&) { bar->finish(); }};
}

}  // namespace

train::FitOptions Study::fit(train::FitOptions more, const std::string& part) {
    if (options.epochs > 0) more.epochs = options.epochs;
    if (options.batch_size > 0) more.batch_size = options.batch_size;
    more.gradient_norm = true;  // for the report
    if (options.patience > 0) more.callbacks.push_back(train::EarlyStopping{.patience = options.patience});
    // Hundreds of epochs are short ones: files and lines for each of them would take longer than they do.
    const std::size_t rarely = std::max<std::size_t>(more.epochs / 100, 1);
    if (part.empty()) {
        more.callbacks.push_back(report().callback());
    } else {
        const std::filesystem::path file = options.out / (part + ".csv");
        more.callbacks.push_back(
            train::LambdaCallback{.on_train_end = [file](train::Session& s) { s.history().save_csv(file); }});
    }
    const auto inside = [&](const std::filesystem::path& folder) { return part.empty() ? folder : folder / part; };
    more.callbacks.push_back(train::Checkpoint{
        .folder = inside(options.out / "checkpoints"), .every_epochs = rarely, .best = rarely == 1, .overwrite = true});
    if (options.progress && rarely == 1) more.callbacks.push_back(train::ProgressBar{});
    if (options.progress && rarely > 1) more.callbacks.push_back(whole_bar(part.empty() ? name_ : part, more.epochs));
    if (options.resume != "no") more.resume = inside(checkpoints());
    more.stop_on_signal = true;
    return more;
}

void Study::table(const std::string& title, const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < header.size(); ++i) {
        widths.push_back(header[i].size());
        for (const auto& row : rows) widths[i] = std::max(widths[i], row.at(i).size());
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        fmt::print("{:<{}}", cells[0], widths[0]);
        for (std::size_t i = 1; i < cells.size(); ++i) fmt::print("  {:>{}}", cells[i], widths[i]);
        fmt::print("\n");
    };
    fmt::print("\n{}\n", title);
    line(header);
    for (const auto& row : rows) line(row);
    std::fflush(stdout);
    report().add_table(title, header, rows);
}

void Study::picture(const std::string& title, const std::string& name, const std::string& caption,
                    const std::function<void(const std::filesystem::path&)>& draw) {
    const std::filesystem::path file = options.out / name;
    try {
        draw(file);
        report().add_picture(title, file, caption);
    } catch (const IoError& error) {
        fmt::print("no picture: {}\n", error.what());
    }
}

void Study::picture(const train::Plot& plot, const std::string& name) {
    picture(plot.title, name + ".svg", plot.y_label + " by " + plot.x_label,
            [&](const std::filesystem::path& file) { plot.save(file); });
}

void Study::reached(const Outcome& o) {
    const bool ok = o.better == train::Better::larger ? o.reached >= o.goal : o.reached <= o.goal;
    const std::string line = fmt::format("#{} {}: reported {}, goal {}, reached {}  {}", o.number, o.name, o.reported,
                                         with_unit(o.goal, o.unit), with_unit(o.reached, o.unit),
                                         options.quick ? "(quick)"
                                         : ok          ? "ok"
                                                       : "missed");
    fmt::print("\n{}\n", line);
    lines_ += line + "\n";
    report().add_text("Result", lines_);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun_;
    const std::filesystem::path file = options.out / "studies.csv";
    const bool is_new = !std::filesystem::exists(file);
    std::ofstream stream(file, std::ios::app);
    if (is_new) stream << "program,study,number,name,metric,reported,goal,reached,unit,better,ok,seed,seconds\n";
    const auto text = [](const std::string& s) { return std::quoted(s, '"', '"'); };
    stream << name_ << ',' << study_ << ',' << o.number << ',' << text(o.name) << ',' << text(o.metric) << ','
           << text(o.reported) << ',' << fmt::format("{:.10g},{:.10g}", o.goal, o.reached) << ',' << text(o.unit) << ','
           << (o.better == train::Better::larger ? "larger" : "smaller") << ','
           << fmt::format("{},{},{:.1f}\n",
                          options.quick ? "quick"
                          : ok          ? "yes"
                                        : "no",
                          options.seed, seconds.count())
           << std::flush;
    if (!stream) throw IoError(fmt::format("{}: a line could not be appended", file.string()));
}

void compare(Study& study, const std::string& title, const std::vector<std::string>& header,
             const std::vector<Compared>& trainings, const Curves& curves) {
    std::vector<std::vector<std::string>> rows;
    train::Plot plot{.title = title + ": curves",
                     .x_label = "epoch",
                     .y_label = curves.label.empty() ? curves.series : curves.label,
                     .series = {},
                     .log_y = curves.log_y};
    for (const auto& [row, history] : trainings) {
        rows.push_back(row);
        if (history.has(curves.series)) plot.series.push_back({.name = row.at(0), .y = history[curves.series]});
    }
    study.table(title, header, rows);
    if (!plot.series.empty()) study.picture(plot, curves.file);
}

train::FitOptions falling(train::FitOptions options) {
    options.callbacks.push_back(train::LRSchedule{optim::cosine({.steps = options.epochs})});
    return options;
}

IndexArray above(nn::Module& net, const Array& inputs, float threshold) {
    const Array outputs = train::predict(net, data::ArrayDataset{inputs});
    IndexArray labels = empty_array<std::int64_t>(Shape{outputs.shape()[0]});
    std::transform(outputs.begin(), outputs.end(), labels.begin(), [&](float y) { return y > threshold; });
    return labels;
}

std::string with_unit(double value, const std::string& unit) {
    return fmt::format("{:.{}g}{}", value, unit == " %" ? 4 : 6, unit);
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

Parts parts_of_digits(const std::array<std::size_t, 3>& sizes, const std::filesystem::path& file) {
    const data::TensorDataset digits = data::digits();
    const IndexArray order = random::permutation(digits.size());
    const std::array names{"train", "validation", "test"};
    std::vector<std::string> rows;
    std::vector<data::TensorDataset> parts;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const std::span<const std::int64_t> part(order.data() + begin, sizes[i]);
        parts.push_back(digits.subset(part));
        for (const std::int64_t row : part)
            rows.push_back(fmt::format("{},{},{}", names[i], row, digits.labels()(row)));
        begin += sizes[i];
    }
    if (!file.empty()) write_csv(file, "part,row,label", rows);
    return {parts[0], parts[1], parts[2]};
}

void write_csv(const std::filesystem::path& file, const std::string& header, const std::vector<std::string>& rows) {
    const std::string text = fmt::format("{}\n{}\n", header, fmt::join(rows, "\n"));
    files::write_atomically(file, std::as_bytes(std::span(text)));
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string joined(const std::vector<double>& values) {
    std::string text;
    for (const double value : values) text += fmt::format("{}{:.2f}", text.empty() ? "" : " ", value);
    return text;
}

nn::Sequential mlp(const std::vector<std::size_t>& widths, const Activation& activation, nn::Init init) {
    nn::Sequential net;
    for (std::size_t i = 1; i < widths.size(); ++i) {
        if (i > 1) activation.append_to(net);
        net.append(nn::Linear{widths[i - 1], widths[i], {.init = init}});
    }
    return net;
}

Autoencoder dense_autoencoder(std::vector<std::size_t> widths, const Activation& activation) {
    auto encoder = mlp(widths, activation, nn::Init::xavier_uniform);
    std::reverse(widths.begin(), widths.end());
    return {std::move(encoder), mlp(widths, activation, nn::Init::xavier_uniform)};
}

std::string layers(const std::vector<std::size_t>& widths) { return fmt::format("{}", fmt::join(widths, "-")); }

std::string there_and_back(std::vector<std::size_t> widths) {
    for (std::size_t i = widths.size() - 1; i > 0; --i) widths.push_back(widths[i - 1]);
    return layers(widths);
}

Array reconstructed(nn::Module& net, const Array& images) {
    return sigmoid(Tensor(train::predict(net, data::ArrayDataset{images}))).value();
}

Array projected(const Array& train, std::size_t components, const Array& images) {
    const analysis::Pca pca = analysis::pca(train, {.components = components});
    return pca.inverse_transform(pca.transform(images));
}

Array one_of_each(const data::TensorDataset& set) {
    const IndexArray& labels = set.labels();
    std::vector<std::int64_t> rows;
    for (std::size_t k = 0; k < set.classes(); ++k) {
        const auto found = std::find(labels.begin(), labels.end(), static_cast<std::int64_t>(k));
        if (found != labels.end()) rows.push_back(found - labels.begin());
    }
    return set.subset(rows).features();
}

Outcome error(int number, const std::string& name, const std::string& metric, const std::string& reported, double goal,
              double reached) {
    return {.number = number,
            .name = name,
            .metric = metric,
            .reported = reported,
            .goal = goal,
            .reached = reached,
            .unit = "",
            .better = train::Better::smaller};
}

void picture(Study& study, const std::string& title, const std::string& name, const std::vector<ImageRow>& rows) {
    const std::size_t columns = rows.at(0).images.shape()[0];
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(rows[0].images.shape()[1])));
    Array all = empty_array<float>(Shape{rows.size() * columns, side, side});
    std::vector<std::string> captions;
    float* to = all.data();
    for (const ImageRow& row : rows) {
        // Gray runs from 0 to 1 in every picture, whatever a projection does.
        to = std::transform(row.images.begin(), row.images.end(), to, [](float v) { return std::clamp(v, 0.f, 1.f); });
        captions.push_back(row.caption);
        captions.resize(captions.size() + columns - 1);
    }
    std::vector<std::string> names;
    for (const ImageRow& row : rows) names.push_back(row.caption);
    study.picture(title, name + ".png", fmt::format("from above: {}", fmt::join(names, ", ")),
                  [&](const std::filesystem::path& file) {
                      train::write_image_grid(file, all, {.title = title, .captions = captions, .columns = columns});
                  });
}

}  // namespace examples

// What training has measured, epoch by epoch.
#pragma once

#include <xtape/optim/schedule.hpp>
#include <xtape/train/snapshot.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::train {

using optim::Better;

/// A number that an epoch ended with.
struct Measure {
    std::string name;
    double value = 0;
    Better better = Better::smaller;
};

/// Named series of one number an epoch ("loss", "val_accuracy"): what train::fit returns.
///
///     history["val_loss"].back(), history.best("val_accuracy"), history.save_csv("history.csv")
class History {
public:
    History();
    History(const History& other);
    History(History&&) = default;
    History& operator=(const History& other);
    History& operator=(History&&) = default;
    ~History();

    /// Epochs.
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// In the order in which they came up.
    std::vector<std::string> names() const;
    bool has(std::string_view name) const { return find(name) != nullptr; }

    /// One number an epoch, NaN where it was not measured. Throws ConfigError, listing the names there are, for another.
    const std::vector<double>& operator[](std::string_view name) const { return series(name).values; }
    /// Which numbers of a series are the better ones. Throws as operator[].
    Better better(std::string_view name) const { return series(name).better; }

    /// The best number of a series: the smallest loss, the largest accuracy; NaN only when there is no other. Throws ConfigError
    /// as operator[], and for a history without epochs.
    double best(std::string_view name) const;
    /// The first epoch, counted from 1, with the best number. Throws as best().
    std::size_t best_epoch(std::string_view name) const;
    /// The number of the last epoch. Throws as best().
    double last(std::string_view name) const;

    /// Ends an epoch. A name that was not there before has NaN for the epochs until now.
    void add(const std::vector<Measure>& epoch);

    /// Why training ended before its last epoch; empty when it did not.
    const std::string& stop_reason() const { return stop_reason_; }
    void set_stop_reason(std::string reason) { stop_reason_ = std::move(reason); }

    /// A header line and a line an epoch, numbers in the shortest form that reads back as the same; empty where nothing was
    /// measured. All or nothing, throws as files::write_atomically.
    void save_csv(const std::filesystem::path& path) const;
    /// A JSON object an epoch and line: {"epoch":1,"loss":0.5}; null for what is not finite.
    void save_jsonl(const std::filesystem::path& path) const;

    Snapshot state() const;
    /// Throws DataError, and changes nothing, for a state of something else.
    void load_state(const Snapshot& state);

private:
    struct Series {
        std::string name;
        Better better;
        std::vector<double> values;
    };

    const Series* find(std::string_view name) const;
    const Series& series(std::string_view name) const;
    const Series& measured(std::string_view name) const;

    std::vector<Series> series_;
    std::size_t size_ = 0;
    std::string stop_reason_;
};

namespace detail {
/// "loss, accuracy".
std::string joined(const std::vector<std::string>& names);
/// Whether the candidate is a better number than the best until now; a NaN never is.
bool improves(double candidate, double best, Better better, double min_delta = 0);
}  // namespace detail

}  // namespace xtape::train

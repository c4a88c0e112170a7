#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/collate.hpp>
#include <xtape/data/dataset.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace xtape::data {

struct TensorDataset::Storage {
    Array features;
    IndexArray labels;
    std::size_t classes;
};

struct TensorDataset::Selection {
    std::vector<std::int64_t> rows;
    mutable std::mutex mutex;                         // guards what follows
    mutable std::shared_ptr<const Storage> together;  // the rows copied together, once somebody has asked
};

namespace {

// Bytes that make a parallel block worth its start.
constexpr std::size_t copy_grain = 256 * 1024;

std::size_t checked_classes(const IndexArray& labels, std::size_t wanted, Location at) {
    std::size_t count = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const std::int64_t label = labels.data()[row];
        if (label < 0 || (wanted != 0 && static_cast<std::size_t>(label) >= wanted)) {
            throw DataError(
                "TensorDataset: expected labels " +
                    (wanted != 0 ? "from 0 to " + std::to_string(wanted - 1) : std::string("of at least 0")) +
                    ", got " + std::to_string(label) + " in row " + std::to_string(row),
                at);
        }
        count = std::max(count, static_cast<std::size_t>(label) + 1);
    }
    return wanted != 0 ? wanted : count;
}

}  // namespace

TensorDataset::TensorDataset(Array features, IndexArray labels, std::size_t classes, Location at) {
    if (features.dimension() < 1 || labels.dimension() != 1 || features.shape()[0] != labels.shape()[0]) {
        throw ShapeError("TensorDataset: expected features (N, ...) and labels (N), got " +
                             to_string(features.shape()) + " and " + to_string(labels.shape()),
                         at);
    }
    classes = checked_classes(labels, classes, at);
    all_ = std::make_shared<const Storage>(Storage{std::move(features), std::move(labels), classes});
}

TensorDataset::TensorDataset(std::shared_ptr<const Storage> all, std::shared_ptr<const Selection> selection)
    : all_(std::move(all)), selection_(std::move(selection)) {}

std::size_t TensorDataset::size() const { return selection_ ? selection_->rows.size() : all_->labels.size(); }

std::size_t TensorDataset::classes() const { return all_->classes; }

std::int64_t TensorDataset::storage_row(std::int64_t row, const char* caller) const {
    if (row < 0 || static_cast<std::size_t>(row) >= size()) {
        throw ConfigError(std::string("TensorDataset::") + caller + ": expected a row below " + std::to_string(size()) +
                          ", got " + std::to_string(row));
    }
    return selection_ ? selection_->rows[static_cast<std::size_t>(row)] : row;
}

std::pair<Array, std::int64_t> TensorDataset::get(std::size_t i) const {
    const auto row = static_cast<std::size_t>(storage_row(static_cast<std::int64_t>(i), "get"));
    const Shape& whole = all_->features.shape();
    Array item = empty_array<float>(Shape(whole.begin() + 1, whole.end()));
    std::copy_n(all_->features.data() + row * item.size(), item.size(), item.data());
    return {std::move(item), all_->labels.data()[row]};
}

void TensorDataset::gather(std::span<const std::int64_t> rows, Batch& batch) const {
    auto& [features, labels] = batch;
    Shape shape = all_->features.shape();
    shape[0] = rows.size();
    detail::resize(features, shape);
    detail::resize(labels, Shape{rows.size()});

    const std::size_t width = rows.empty() ? 0 : features.size() / rows.size();
    const float* from = all_->features.data();
    float* into = features.data();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        labels.data()[i] = all_->labels.data()[storage_row(rows[i], "gather")];
    }
    const std::size_t grain = std::max<std::size_t>(1, copy_grain / (width * sizeof(float) + 1));
    parallel_for(rows.size(), grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const auto row = static_cast<std::size_t>(storage_row(rows[i], "gather"));
            std::copy_n(from + row * width, width, into + i * width);
        }
    });
}

TensorDataset TensorDataset::subset(std::span<const std::int64_t> rows) const {
    auto selection = std::make_shared<Selection>();
    selection->rows.reserve(rows.size());
    for (const std::int64_t row : rows) selection->rows.push_back(storage_row(row, "subset"));
    return {all_, std::move(selection)};
}

const TensorDataset::Storage& TensorDataset::contiguous() const {
    if (!selection_) return *all_;
    const std::lock_guard lock(selection_->mutex);
    if (!selection_->together) {
        const TensorDataset whole(all_, nullptr);
        Batch batch;
        whole.gather(selection_->rows, batch);
        auto& [features, labels] = batch;
        selection_->together =
            std::make_shared<const Storage>(Storage{std::move(features), std::move(labels), all_->classes});
    }
    return *selection_->together;
}

const Array& TensorDataset::contiguous_features() const { return contiguous().features; }

const IndexArray& TensorDataset::contiguous_labels() const { return contiguous().labels; }

}  // namespace xtape::data

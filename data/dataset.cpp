#include <xtape/autodiff/parallel.hpp>
#include <xtape/data/collate.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/rows.hpp>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

namespace xtape::data {

namespace {

// The rows of a data set copied together, once somebody has asked.
class Together {
public:
    template <class F>
    const TensorDataset::Batch& get(F&& make) const {
        const std::lock_guard lock(mutex_);
        if (!batch_) {
            auto batch = std::make_unique<TensorDataset::Batch>();
            make(*batch);
            batch_ = std::move(batch);
        }
        return *batch_;
    }

private:
    mutable std::mutex mutex_;
    mutable std::unique_ptr<const TensorDataset::Batch> batch_;
};

}  // namespace

struct TensorDataset::Storage {
    Batch whole;                     // features (N, ...), labels (N)
    BasicArray<std::uint8_t> bytes;  // when of_bytes, the features are these, over 255
    bool of_bytes = false;
    std::size_t classes = 0;
    Together together;

    const IndexArray& labels() const { return std::get<1>(whole); }
    const Shape& shape() const { return of_bytes ? bytes.shape() : std::get<0>(whole).shape(); }

    const void* row_begin(std::size_t row, std::size_t width) const {
        if (of_bytes) return bytes.data() + row * width;
        return std::get<0>(whole).data() + row * width;
    }

    void copy(std::size_t row, std::size_t width, float* into) const {
        if (!of_bytes) {
            std::copy_n(std::get<0>(whole).data() + row * width, width, into);
            return;
        }
        const std::uint8_t* from = bytes.data() + row * width;
        for (std::size_t i = 0; i < width; ++i) into[i] = static_cast<float>(from[i]) / 255.f;
    }
};

struct TensorDataset::Selection {
    std::vector<std::int64_t> rows;
    Together together;
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
    const auto storage = std::make_shared<Storage>();
    storage->whole = {std::move(features), std::move(labels)};
    all_ = checked(storage, classes, at);
}

TensorDataset::TensorDataset(BasicArray<std::uint8_t> features, IndexArray labels, std::size_t classes, Location at) {
    const auto storage = std::make_shared<Storage>();
    std::get<1>(storage->whole) = std::move(labels);
    storage->bytes = std::move(features);
    storage->of_bytes = true;
    all_ = checked(storage, classes, at);
}

std::shared_ptr<const TensorDataset::Storage> TensorDataset::checked(const std::shared_ptr<Storage>& storage,
                                                                     std::size_t classes, Location at) {
    const Shape& shape = storage->shape();
    const IndexArray& labels = storage->labels();
    if (shape.empty() || labels.dimension() != 1 || shape[0] != labels.shape()[0]) {
        throw ShapeError("TensorDataset: expected features (N, ...) and labels (N), got " + to_string(shape) + " and " +
                             to_string(labels.shape()),
                         at);
    }
    storage->classes = checked_classes(labels, classes, at);
    return storage;
}

TensorDataset::TensorDataset(std::shared_ptr<const Storage> all, std::shared_ptr<const Selection> selection)
    : all_(std::move(all)), selection_(std::move(selection)) {}

std::size_t TensorDataset::size() const { return selection_ ? selection_->rows.size() : all_->labels().size(); }

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
    const Shape& whole = all_->shape();
    Array item = empty_array<float>(Shape(whole.begin() + 1, whole.end()));
    all_->copy(row, item.size(), item.data());
    return {std::move(item), all_->labels().data()[row]};
}

void TensorDataset::gather(std::span<const std::int64_t> rows, Batch& batch) const {
    auto& [features, labels] = batch;
    Shape shape = all_->shape();
    shape[0] = rows.size();
    detail::resize(features, shape);
    detail::resize(labels, Shape{rows.size()});

    const std::size_t width = rows.empty() ? 0 : features.size() / rows.size();
    float* into = features.data();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        labels.data()[i] = all_->labels().data()[storage_row(rows[i], "gather")];
    }
    const std::size_t grain = std::max<std::size_t>(1, copy_grain / (width * sizeof(float) + 1));
    parallel_for(rows.size(), grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const std::size_t later = i + detail::rows_ahead;
            if (later < end) {
                const auto next = static_cast<std::size_t>(storage_row(rows[later], "gather"));
                detail::fetch_row(all_->row_begin(next, width), width * (all_->of_bytes ? 1 : sizeof(float)));
            }
            const auto row = static_cast<std::size_t>(storage_row(rows[i], "gather"));
            all_->copy(row, width, into + i * width);
        }
    });
}

TensorDataset TensorDataset::subset(std::span<const std::int64_t> rows) const {
    auto selection = std::make_shared<Selection>();
    selection->rows.reserve(rows.size());
    for (const std::int64_t row : rows) selection->rows.push_back(storage_row(row, "subset"));
    return {all_, std::move(selection)};
}

const TensorDataset::Batch& TensorDataset::contiguous() const {
    if (selection_) {
        return selection_->together.get(
            [&](Batch& batch) { TensorDataset(all_, nullptr).gather(selection_->rows, batch); });
    }
    if (!all_->of_bytes) return all_->whole;
    return all_->together.get([&](Batch& batch) {
        std::vector<std::int64_t> rows(size());
        std::iota(rows.begin(), rows.end(), std::int64_t{0});
        gather(rows, batch);
    });
}

const Array& TensorDataset::contiguous_features() const { return std::get<0>(contiguous()); }

const IndexArray& TensorDataset::contiguous_labels() const {
    return selection_ ? std::get<1>(contiguous()) : all_->labels();
}

}  // namespace xtape::data

#include <xtape/train/metrics.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::train {
namespace {

IndexArray array(const std::vector<std::int64_t>& numbers) {
    IndexArray result = empty_array<std::int64_t>({numbers.size()});
    std::copy(numbers.begin(), numbers.end(), result.data());
    return result;
}

}  // namespace

namespace detail {
namespace {

void require_items(const char* caller, std::size_t items, Location at) {
    if (items == 0) throw ConfigError(fmt::format("{}: expected a data set with at least one item, got an empty one", caller), at);
}

}  // namespace

data::LoaderOptions plain_loader(std::size_t batch_size) { return {.batch_size = batch_size}; }

template <class T>
EvaluationPass<T>::EvaluationPass(const char* caller, nn::BasicModule<T>& model, std::size_t items, Location at)
    : scope_((require_items(caller, items, at), model)) {
    if (Tape* tape = Tape::current()) pause_.reset(new PauseGuard(tape->pause()));
}

template <class T>
EvaluationPass<T>::~EvaluationPass() = default;

template class EvaluationPass<float>;
template class EvaluationPass<double>;

template <class T>
void Classified::add(const BasicArray<T>& outputs, const IndexArray& labels) {
    check_outputs(caller_, outputs.shape(), labels, labels_.size(), at_);
    classes_ = std::max(classes_, outputs.shape()[1]);
    const IndexArray predictions = argmax(outputs, at_);
    labels_.insert(labels_.end(), labels.begin(), labels.end());
    predictions_.insert(predictions_.end(), predictions.begin(), predictions.end());
}

double Classified::accuracy() const { return train::accuracy(array(labels_), array(predictions_), at_); }

IndexArray Classified::confusion() const {
    return confusion_matrix(array(labels_), array(predictions_), classes_, at_);
}

template <class T>
void place_outputs(BasicArray<T>& all, const BasicArray<T>& outputs, std::size_t first, std::size_t batch,
                   std::size_t items, Location at) {
    Shape shape = outputs.shape();
    if (shape.size() == 0 || shape[0] != batch) {
        throw ShapeError(
            fmt::format("predict: expected outputs ({0}, ...) for {0} items, got {1}", batch, to_string(shape)), at);
    }
    shape[0] = items;
    if (first == 0) all = empty_array<T>(shape);
    if (all.shape() != shape) {
        throw ShapeError("predict: expected outputs of one shape in all batches, got " + to_string(outputs.shape()) +
                             " after outputs for an array " + to_string(all.shape()),
                         at);
    }
    std::copy_n(outputs.data(), outputs.size(), all.data() + outputs.size() / batch * first);
}

template void Classified::add(const Array&, const IndexArray&);
template void Classified::add(const Array64&, const IndexArray&);
template void place_outputs(Array&, const Array&, std::size_t, std::size_t, std::size_t, Location);
template void place_outputs(Array64&, const Array64&, std::size_t, std::size_t, std::size_t, Location);

}  // namespace detail
}  // namespace xtape::train

// How fit and evaluate see a data set together with a loss: without their types.
#pragma once

#include <xtape/autodiff/tensor.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/nn/module.hpp>
#include <xtape/train/metric.hpp>
#include <xtape/train/metrics.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::train::detail {

/// A data set's batches, their way through a model, and how they compare with their targets.
template <class T>
class Feed {
public:
    virtual ~Feed() = default;
    virtual std::size_t size() const = 0;
    virtual std::size_t batches() const = 0;
    virtual void begin() = 0;
    virtual bool next() = 0;
    virtual std::size_t items() const = 0;  ///< of the batch
    virtual BasicTensor<T> forward(nn::BasicModule<T>& model) const = 0;
    virtual BasicTensor<T> loss(const BasicTensor<T>& outputs) const = 0;
    virtual void measure(Metric& metric, const BasicTensor<T>& outputs) const = 0;
    virtual data::LoaderState state() const = 0;
    virtual void load_state(const data::LoaderState& state) = 0;
};

data::LoaderOptions training_loader(std::size_t batch_size, bool shuffle, bool drop_last, std::size_t prefetch);
/// Batches of as many items as training has, or more: nothing has to be kept for a way back.
data::LoaderOptions validation_loader(std::size_t batch_size);

/// What the loss compares outputs with: the batch's second part, or all of it. Labels stay what they are; numbers become T.
template <class T, class Batch>
decltype(auto) target_of(const Batch& batch) {
    if constexpr (is_tuple<Batch>) {
        static_assert(std::tuple_size_v<Batch> <= 2, "fit needs items that are an input, or an input and a target");
        return target_of<T>(std::get<std::tuple_size_v<Batch> - 1>(batch));
    } else if constexpr (std::is_same_v<typename Batch::value_type, T> || std::is_integral_v<typename Batch::value_type>) {
        return (batch);
    } else {
        return converted<T>(batch);
    }
}

/// A loss that somebody else keeps, for outputs of T and the targets of such batches.
template <class T, class Batch>
struct LossView {
    using Target = std::remove_cvref_t<decltype(target_of<T>(std::declval<const Batch&>()))>;

    const void* object;
    void (*function)();  // when it is no object, but a function
    BasicTensor<T> (*call)(const LossView& self, const BasicTensor<T>& outputs, const Target& target, Location at);

    BasicTensor<T> operator()(const BasicTensor<T>& outputs, const Target& target, Location at) const {
        return call(*this, outputs, target, at);
    }

    template <class Loss>
    static LossView of(const Loss& loss) {
        static_assert(std::is_invocable_r_v<BasicTensor<T>, const Loss&, const BasicTensor<T>&, const Target&>,
                      "this loss does not take the model's outputs and the targets of this data set");
        if constexpr (std::is_function_v<Loss>) {
            return {nullptr, reinterpret_cast<void (*)()>(&loss), &call_as<Loss>};
        } else {
            return {std::addressof(loss), nullptr, &call_as<Loss>};
        }
    }

private:
    template <class Loss>
    static const Loss& loss_of(const LossView& self) {
        if constexpr (std::is_function_v<Loss>) {
            return *reinterpret_cast<Loss*>(self.function);
        } else {
            return *static_cast<const Loss*>(self.object);
        }
    }

    template <class Loss>
    static BasicTensor<T> call_as(const LossView& self, const BasicTensor<T>& outputs, const Target& target, Location at) {
        const Loss& loss = loss_of<Loss>(self);
        if constexpr (std::is_invocable_v<const Loss&, const BasicTensor<T>&, const Target&, Location>) {
            return loss(outputs, target, at);
        } else {
            return loss(outputs, target);
        }
    }
};

template <class T, class Batch>
class BatchFeed final : public Feed<T> {
public:
    BatchFeed(const data::detail::DatasetView<Batch>& dataset, data::LoaderOptions options, LossView<T, Batch> loss, Location at);
    ~BatchFeed() override;

    std::size_t size() const override { return size_; }
    std::size_t batches() const override { return loading_.batches(size_); }
    void begin() override { loading_.begin_epoch(dataset_); }
    bool next() override { return (batch_ = loading_.next()) != nullptr; }
    std::size_t items() const override { return target_of<T>(*batch_).shape()[0]; }
    BasicTensor<T> forward(nn::BasicModule<T>& model) const override { return model(inputs_of<T>(*batch_), at_); }
    BasicTensor<T> loss(const BasicTensor<T>& outputs) const override {
        return loss_(outputs, target_of<T>(*batch_), at_);
    }
    void measure(Metric& metric, const BasicTensor<T>& outputs) const override {
        metric.update(outputs.value(), target_of<T>(*batch_));
    }
    data::LoaderState state() const override { return loading_.state(size_); }
    void load_state(const data::LoaderState& state) override { loading_.load_state(state, size_, at_); }

private:
    data::detail::DatasetView<Batch> dataset_;
    std::size_t size_;
    data::detail::Loading<Batch> loading_;
    LossView<T, Batch> loss_;
    Location at_;
    const Batch* batch_ = nullptr;
};

template <class T, class Batch>
BatchFeed<T, Batch>::BatchFeed(const data::detail::DatasetView<Batch>& dataset, data::LoaderOptions options,
                               LossView<T, Batch> loss, Location at)
    : dataset_(dataset), size_(dataset.size()), loading_(std::move(options), size_, at), loss_(loss), at_(at) {}

template <class T, class Batch>
BatchFeed<T, Batch>::~BatchFeed() = default;

extern template class BatchFeed<float, std::tuple<Array, IndexArray>>;
extern template class BatchFeed<float, std::tuple<Array, Array>>;
extern template class BatchFeed<float, Array>;

}  // namespace xtape::train::detail

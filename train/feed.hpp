// How fit and evaluate see a data set together with a loss: without their types.
#pragma once

#include <xtape/autodiff/tensor.hpp>
#include <xtape/data/loader.hpp>
#include <xtape/nn/module.hpp>
#include <xtape/train/metric.hpp>
#include <xtape/train/metrics.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xtape::train::detail {

/// Batches of one type from any data set.
template <class Batch>
class BatchSource {
public:
    virtual ~BatchSource() = default;
    virtual std::size_t size() const = 0;     ///< items
    virtual std::size_t batches() const = 0;  ///< of an epoch
    virtual void begin() = 0;                 ///< a new epoch, or the rest of the one that load_state is about
    virtual const Batch* next() = 0;          ///< null at the end of the epoch; valid until the next call
    virtual data::LoaderState state() const = 0;
    virtual void load_state(const data::LoaderState& state) = 0;
};

template <class D>
class LoaderSource final : public BatchSource<data::detail::BatchOf<D>> {
public:
    using Batch = data::detail::BatchOf<D>;

    LoaderSource(const D& dataset, data::LoaderOptions options, Location at)
        : size_(static_cast<std::size_t>(dataset.size())), loader_(dataset, options, at) {}

    std::size_t size() const override { return size_; }
    std::size_t batches() const override { return loader_.batches(); }
    void begin() override { loader_.begin_epoch(); }
    const Batch* next() override { return loader_.next(); }
    data::LoaderState state() const override { return loader_.state(); }
    void load_state(const data::LoaderState& state) override { loader_.load_state(state); }

private:
    std::size_t size_;
    data::Loader<const D&> loader_;
};

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

template <class T, class Loss, class Batch>
class BatchFeed final : public Feed<T> {
public:
    BatchFeed(std::shared_ptr<BatchSource<Batch>> source, const Loss& loss, Location at)
        : source_(std::move(source)), loss_(loss), at_(at) {}

    std::size_t size() const override { return source_->size(); }
    std::size_t batches() const override { return source_->batches(); }
    void begin() override { source_->begin(); }
    bool next() override { return (batch_ = source_->next()) != nullptr; }
    std::size_t items() const override { return target().shape()[0]; }
    BasicTensor<T> forward(nn::BasicModule<T>& model) const override { return model(inputs_of<T>(*batch_), at_); }
    BasicTensor<T> loss(const BasicTensor<T>& outputs) const override {
        const auto& wanted = in_precision(target());
        static_assert(std::is_invocable_r_v<BasicTensor<T>, const Loss&, const BasicTensor<T>&, decltype(wanted)>,
                      "this loss does not take the model's outputs and the targets of this data set");
        if constexpr (std::is_invocable_v<const Loss&, const BasicTensor<T>&, decltype(wanted), Location>) {
            return loss_(outputs, wanted, at_);
        } else {
            return loss_(outputs, wanted);
        }
    }
    void measure(Metric& metric, const BasicTensor<T>& outputs) const override {
        metric.update(outputs.value(), in_precision(target()));
    }
    data::LoaderState state() const override { return source_->state(); }
    void load_state(const data::LoaderState& state) override { source_->load_state(state); }

private:
    const auto& target() const {
        if constexpr (is_tuple<Batch>) {
            static_assert(std::tuple_size_v<Batch> <= 2, "fit needs items that are an input, or an input and a target");
            return std::get<std::tuple_size_v<Batch> - 1>(*batch_);
        } else {
            return *batch_;
        }
    }

    // Labels stay what they are; numbers become T.
    template <class N>
    static decltype(auto) in_precision(const BasicArray<N>& target) {
        if constexpr (std::is_same_v<N, T> || std::is_integral_v<N>) {
            return (target);
        } else {
            return converted<T>(target);
        }
    }

    std::shared_ptr<BatchSource<Batch>> source_;
    const Loss& loss_;
    Location at_;
    const Batch* batch_ = nullptr;
};

}  // namespace xtape::train::detail

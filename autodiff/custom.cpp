#include <xtape/autodiff/custom.hpp>

#include <xtape/autodiff/record.hpp>

#include <map>
#include <mutex>

namespace xtape::detail {
namespace {

template <class T>
class CustomRecord final : public Record {
public:
    CustomRecord(const OperationFacts& facts, const CustomRule<T>& rule, std::span<Operand> operands, const Shape& shape,
                 ValueBase* output, Location at)
        : facts_(facts), backward_(rule.backward), operands_(operands), shape_(shape), output_(output), at_(at) {}

    ~CustomRecord() override {
        for (Operand& x : operands_) Ref<ValueBase>(x.kept).reset();
        Ref<ValueBase>(output_).reset();
    }

    void replay(Tape& tape, std::uint32_t slot, bool create_graph) override {
        Gradient arrived = TapeAccess::gradient(tape, slot);
        TapeAccess::gradient(tape, slot).value.reset();
        Ref<Value<T>> value(static_cast<Value<T>*>(arrived.value.release()));
        const std::uint64_t id = create_graph && arrived.slot != no_slot ? TapeAccess::id(tape) : 0;
        Replay<T> r(tape, facts_.name, operands_, output_, slot, create_graph,
                    TensorAccess::make(std::move(value), id, id ? arrived.slot : no_slot));
        std::vector<BasicTensor<T>> x;
        for (std::size_t i = 0; i < operands_.size(); ++i) x.push_back(r.x(i));
        try {
            give(r, backward_(r.g(), x, output_ ? r.y() : BasicTensor<T>()));
        } catch (Error& error) {
            error.set_location(at_);
            throw;
        }
    }
    RecordView view() const override { return {&facts_, &shape_, output_}; }
    std::span<const Operand> operands() const override { return operands_; }

private:
    void give(Replay<T>& r, std::vector<BasicTensor<T>> gradients) const {
        if (gradients.size() != operands_.size()) {
            throw ShapeError(std::string(facts_.name) + ": expected backward to give one gradient an input, " +
                             std::to_string(operands_.size()) + " in all, got " + std::to_string(gradients.size()));
        }
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (!gradients[i].defined()) continue;
            const Shape& got = gradients[i].shape();
            Shape both;
            if (!r.has_shape(i, got) && !(broadcast_shapes(r.shape(i), got, both) && both == got)) {
                throw ShapeError(std::string(facts_.name) + ": expected backward to give input " + std::to_string(i) +
                                 " a gradient of its shape " + to_string(r.shape(i)) + ", got " + to_string(got));
            }
        }
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (gradients[i].defined()) r.give(i, std::move(gradients[i]));
        }
    }

    const OperationFacts& facts_;
    decltype(CustomRule<T>::backward) backward_;
    std::span<Operand> operands_;
    Shape shape_;
    ValueBase* output_;
    Location at_;
};

template <class T>
void record(Tape& tape, const OperationFacts& facts, const CustomRule<T>& rule, const std::vector<BasicTensor<T>>& x,
            BasicTensor<T>& y, Location at) {
    bool any = false;
    for (const BasicTensor<T>& input : x) any |= slot_on(tape, input, facts.name, at) != no_slot;
    if (!any) return;
    auto* operands = static_cast<Operand*>(TapeAccess::allocate(tape, x.size() * sizeof(Operand)));
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Shape& shape = x[i].shape();
        auto* extents = static_cast<std::size_t*>(TapeAccess::allocate(tape, shape.size() * sizeof(std::size_t)));
        std::copy(shape.begin(), shape.end(), extents);
        new (operands + i) Operand{share(x[i]).release(), extents, static_cast<std::uint32_t>(shape.size()),
                                   slot_on(tape, x[i], facts.name, at)};
    }
    using R = CustomRecord<T>;
    auto* made = new (TapeAccess::allocate(tape, sizeof(R)))
        R(facts, rule, std::span(operands, x.size()), y.shape(), rule.reads_output ? share(y).release() : nullptr, at);
    TensorAccess::place(y, TapeAccess::id(tape), TapeAccess::push(tape, made));
}

}  // namespace

// Tools may ask for the name after the operation is gone.
const OperationFacts& custom_facts(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, OperationFacts> all;
    const std::scoped_lock lock(mutex);
    const auto [found, made_now] = all.try_emplace(name);
    if (made_now) {
        const auto shape = [](const void* made, std::span<const Shape* const>) -> Shape {
            return *static_cast<const Shape*>(made);
        };
        found->second = {found->first.c_str(), shape, nullptr};
    }
    return found->second;
}

template <class T>
BasicTensor<T> run_custom(const OperationFacts& facts, const CustomRule<T>& rule, const std::vector<BasicTensor<T>>& x,
                          Location at) {
    Tape* const tape = TapeAccess::recording();
    const Inspector* const inspector = tape ? TapeAccess::inspector(*tape) : nullptr;
    const std::int64_t start = inspector ? inspect_start(*inspector) : 0;
    BasicTensor<T> y;
    try {
        y = BasicTensor<T>(rule.forward(Arrays<T>(x)));
    } catch (Error& error) {
        error.set_location(at);
        throw;
    }
    if (tape) record<T>(*tape, facts, rule, x, y, at);
    if (inspector) {
        std::vector<const BasicTensor<T>*> inputs;
        for (const BasicTensor<T>& input : x) inputs.push_back(&input);
        inspect_forward<T>(*tape, {&facts, &y.shape(), nullptr}, inputs, y, start, at);
    }
    return y;
}

template Tensor run_custom(const OperationFacts&, const CustomRule<float>&, const std::vector<Tensor>&, Location);
template Tensor64 run_custom(const OperationFacts&, const CustomRule<double>&, const std::vector<Tensor64>&, Location);

}  // namespace xtape::detail

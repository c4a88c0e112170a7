#include <xtape/autodiff/custom.hpp>

#include <xtape/autodiff/record.hpp>

namespace xtape::detail {
namespace {

template <class T>
class CustomRecord final : public Record {
public:
    CustomRecord(std::string name, const CustomRule<T>& rule, std::span<Operand> operands, ValueBase* output, Location at)
        : name_(std::move(name)), backward_(rule.backward), operands_(operands), output_(output), at_(at) {}

    ~CustomRecord() override {
        for (Operand& x : operands_) Ref<ValueBase>(x.kept).reset();
        Ref<ValueBase>(output_).reset();
    }

    void replay(Tape& tape, std::uint32_t slot, bool create_graph) override {
        Gradient arrived = TapeAccess::gradient(tape, slot);
        TapeAccess::gradient(tape, slot).value.reset();
        Ref<Value<T>> value(static_cast<Value<T>*>(arrived.value.release()));
        const std::uint64_t id = create_graph && arrived.slot != no_slot ? TapeAccess::id(tape) : 0;
        Replay<T> r(tape, name_.c_str(), operands_, output_, slot, create_graph,
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
    const char* name() const override { return name_.c_str(); }
    std::span<const Operand> operands() const override { return operands_; }

private:
    void give(Replay<T>& r, std::vector<BasicTensor<T>> gradients) const {
        if (gradients.size() != operands_.size()) {
            throw ShapeError(name_ + ": expected backward to give one gradient an input, " + std::to_string(operands_.size()) +
                             " in all, got " + std::to_string(gradients.size()));
        }
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (!gradients[i].defined()) continue;
            const Shape& got = gradients[i].shape();
            Shape both;
            if (!r.has_shape(i, got) && !(broadcast_shapes(r.shape(i), got, both) && both == got)) {
                throw ShapeError(name_ + ": expected backward to give input " + std::to_string(i) + " a gradient of its shape " +
                                 to_string(r.shape(i)) + ", got " + to_string(got));
            }
        }
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (gradients[i].defined()) r.give(i, std::move(gradients[i]));
        }
    }

    std::string name_;
    decltype(CustomRule<T>::backward) backward_;
    std::span<Operand> operands_;
    ValueBase* output_;
    Location at_;
};

template <class T>
void record(Tape& tape, const std::string& name, const CustomRule<T>& rule, const std::vector<BasicTensor<T>>& x, BasicTensor<T>& y,
            Location at) {
    bool any = false;
    for (const BasicTensor<T>& input : x) any |= slot_on(tape, input, name.c_str(), at) != no_slot;
    if (!any) return;
    auto* operands = static_cast<Operand*>(TapeAccess::allocate(tape, x.size() * sizeof(Operand)));
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Shape& shape = x[i].shape();
        auto* extents = static_cast<std::size_t*>(TapeAccess::allocate(tape, shape.size() * sizeof(std::size_t)));
        std::copy(shape.begin(), shape.end(), extents);
        new (operands + i) Operand{share(x[i]).release(), extents, static_cast<std::uint32_t>(shape.size()),
                                   slot_on(tape, x[i], name.c_str(), at)};
    }
    using R = CustomRecord<T>;
    auto* made = new (TapeAccess::allocate(tape, sizeof(R)))
        R(name, rule, std::span(operands, x.size()), rule.reads_output ? share(y).release() : nullptr, at);
    TensorAccess::place(y, TapeAccess::id(tape), TapeAccess::push(tape, made));
}

}  // namespace

template <class T>
BasicTensor<T> run_custom(const std::string& name, const CustomRule<T>& rule, const std::vector<BasicTensor<T>>& x, Location at) {
    BasicTensor<T> y;
    try {
        y = BasicTensor<T>(rule.forward(Arrays<T>(x)));
    } catch (Error& error) {
        error.set_location(at);
        throw;
    }
    if (Tape* tape = TapeAccess::recording()) record<T>(*tape, name, rule, x, y, at);
    return y;
}

template Tensor run_custom(const std::string&, const CustomRule<float>&, const std::vector<Tensor>&, Location);
template Tensor64 run_custom(const std::string&, const CustomRule<double>&, const std::vector<Tensor64>&, Location);

}  // namespace xtape::detail

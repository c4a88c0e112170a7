#include <xtape/nn/members.hpp>

#include <algorithm>

namespace xtape::detail {
namespace {

template <class T>
class Collect final : public nn::BasicVisitor<T> {
public:
    Members<T> members;

private:
    void on_module(std::string_view, nn::BasicModule<T>&) override {}
    void on_parameter(std::string_view name, BasicParameterRef<T>& parameter) override {
        const bool known = std::any_of(members.parameters.begin(), members.parameters.end(),
                                       [&](const auto& other) { return other.parameter.is(parameter); });
        if (!known) members.parameters.push_back({std::string(name), parameter});
    }
    void on_buffer(std::string_view name, nn::BasicBuffer<T> buffer) override {
        members.buffers.push_back({std::string(name), buffer});
    }
};

}  // namespace

template <class T>
Members<T> members_of(nn::BasicModule<T>& module) {
    Collect<T> collect;
    module.visit(collect);
    return std::move(collect.members);
}

template Members<float> members_of(nn::BasicModule<float>&);
template Members<double> members_of(nn::BasicModule<double>&);

}  // namespace xtape::detail

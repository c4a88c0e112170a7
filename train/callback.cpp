#include <xtape/autodiff/error.hpp>
#include <xtape/train/callback.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace xtape::train {

double Session::epoch_loss() const { return loss_sum_ / static_cast<double>(items_); }

double Session::seconds() const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count() - started_;
}

std::vector<std::string> Session::measures() const {
    std::vector<std::string> names;
    for (const auto& [name, better] : measures_) names.push_back(name);
    return names;
}

Better Session::better(const std::string& measure) const {
    for (const auto& [name, better] : measures_) {
        if (name == measure) return better;
    }
    return Better::smaller;
}

void Session::require_measure(const std::string& who, const std::string& name) const {
    const std::vector<std::string> names = measures();
    if (std::ranges::find(names, name) != names.end()) return;
    throw ConfigError(fmt::format("{}: expected one of {} to monitor, got \"{}\"", who, detail::joined(names), name));
}

void Session::stop(std::string reason) {
    if (stop_reason_.empty()) stop_reason_ = reason.empty() ? "stopped" : std::move(reason);
}

}  // namespace xtape::train

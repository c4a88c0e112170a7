#include <xtape/autodiff/error.hpp>

namespace xtape {

Error::Error(std::string message, Location at) : parts_(std::make_shared<Parts>()) {
    parts_->message = std::move(message);
    compose();
    set_location(at);
}

void Error::set_layer(std::string path, const void* module) {
    parts_->layer = std::move(path);
    parts_->module = module;
    compose();
}

void Error::set_location(Location at) {
    if (at.line() == 0 || !parts_->where.empty()) return;
    const std::string file = at.file_name();
    parts_->where = " (at " + file.substr(file.find_last_of('/') + 1) + ":" + std::to_string(at.line()) + ")";
    compose();
}

void Error::compose() {
    parts_->text = (parts_->layer.empty() ? "" : parts_->layer + ": ") + parts_->message + parts_->where;
}

}  // namespace xtape

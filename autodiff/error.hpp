// Every error xtape throws: one base class, six kinds, one way of being read.
//
//   [layer: ]operation: expected ..., got ... [ (at file:line)]
#pragma once

#include <exception>
#include <memory>
#include <string>

namespace xtape {

/// Where in the user's program a call was made. A default-constructed one means "unknown" (operators have no room for one).
/// Like std::source_location, which Clang 14 does not have.
class Location {
public:
    constexpr Location() = default;
    static constexpr Location current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
        Location here;
        here.file_ = file;
        here.line_ = line;
        return here;
    }
    constexpr const char* file_name() const { return file_; }
    constexpr unsigned line() const { return line_; }  ///< 0: unknown

private:
    const char* file_ = "";
    unsigned line_ = 0;
};

/// Base of all errors. Copying never throws.
class Error : public std::exception {
public:
    explicit Error(std::string message, Location at = Location{});

    const char* what() const noexcept override { return parts_->text.c_str(); }

    /// The message alone: no layer, no location.
    const std::string& message() const noexcept { return parts_->message; }

    /// Path of the layer in whose forward the error arose ("encoder.0 (Linear 784->256)"); empty outside a module.
    const std::string& layer() const noexcept { return parts_->layer; }

    /// The innermost module that saw the error pass, or null. Outer modules use it to complete the layer's path.
    const void* module() const noexcept { return parts_->module; }

    /// Names the layer; called by modules while the error passes through them.
    void set_layer(std::string path, const void* module);

    /// Says where the failing call stands, unless that is known already: operators and layers learn it only from their caller.
    void set_location(Location at);

private:
    struct Parts {
        std::string message, where, layer, text;
        const void* module = nullptr;
    };
    void compose();

    std::shared_ptr<Parts> parts_;
};

/// Arrays whose shapes do not fit an operation, a layer or a loss.
class ShapeError : public Error {
    using Error::Error;
};

/// A tape used in a way that has no gradient: no path, replayed twice, two tapes, a parameter changed underneath.
class GraphError : public Error {
    using Error::Error;
};

/// A NaN or an infinity made out of finite numbers, found by a tape that checks (TapeOptions::check_finite).
class AnomalyError : public Error {
    using Error::Error;
};

/// Data whose content is not what its format or its use allows: truncated file, bad magic number, label out of range.
class DataError : public Error {
    using Error::Error;
};

/// The operating system refused: file missing, not readable, disk full.
class IoError : public Error {
    using Error::Error;
};

/// An option or argument outside its range.
class ConfigError : public Error {
    using Error::Error;
};

}  // namespace xtape

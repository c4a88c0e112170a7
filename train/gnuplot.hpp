// How plots reach gnuplot: a script in, a picture out.
#pragma once

#include <xtape/autodiff/error.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace xtape::train::detail {

/// A piece of a gnuplot script that stands for this text: quoted, so that nothing in it is a command; control
/// characters are spaces.
std::string gnuplot_text(std::string_view text);

/// "svg" or "png", from the file's extension. Throws ConfigError for any other extension or a size outside 100 .. 10000
/// pixels.
std::string picture_format(const std::filesystem::path& file, std::size_t width, std::size_t height, Location at);

/// Runs gnuplot on a script that draws to a terminal of the file's format and width x height pixels, and writes the
/// picture. The script reaches gnuplot through its standard input and the picture comes back through its standard
/// output, so neither the path nor anything else meets a shell. Throws as picture_format does; IoError when gnuplot is
/// not installed or fails, or the file cannot be written.
void draw(const std::filesystem::path& file, std::size_t width, std::size_t height, const std::string& script,
          Location at);

}  // namespace xtape::train::detail

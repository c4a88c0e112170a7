// Text that comes out of files, in error messages.
#pragma once

#include <string>
#include <string_view>

namespace xtape::files::detail {

/// The text in quotation marks; of a long one the first 80 bytes, control characters as "\x0a".
std::string in_quotes(std::string_view text);

}  // namespace xtape::files::detail

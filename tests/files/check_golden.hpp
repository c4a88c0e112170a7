// What every reader does with its golden files.
#pragma once

#include "files/golden.hpp"

#include <xtape/autodiff/error.hpp>

#include <doctest/doctest.h>

namespace support {

/// Those with a message are refused with it; `read` takes bytes and calls the file "x".
template <class Read>
void check_refused(const std::vector<Golden>& files, const Read& read) {
    for (const Golden& golden : files) {
        if (golden.message.empty()) continue;
        INFO(golden.name);
        CHECK_THROWS_WITH_AS(read(golden.bytes), ("x: " + golden.message).c_str(), xtape::DataError);
    }
}

/// Those without are read.
template <class Read>
void check_read(const std::vector<Golden>& files, const Read& read) {
    for (const Golden& golden : files) {
        if (!golden.message.empty()) continue;
        INFO(golden.name);
        CHECK_NOTHROW(read(golden.bytes));
    }
}

}  // namespace support

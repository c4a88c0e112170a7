// Signals that ask training to end.
#pragma once

namespace xtape::train::detail {

/// While one lives, the first SIGINT or SIGTERM is only noted; a second of the same kind does what it did before.
class [[nodiscard]] SignalScope {
public:
    SignalScope();
    ~SignalScope();
    SignalScope(const SignalScope&) = delete;
    SignalScope& operator=(const SignalScope&) = delete;
};

/// The signal that was noted, or 0.
int pending_signal();

/// "SIGINT".
const char* signal_name(int signal);

}  // namespace xtape::train::detail

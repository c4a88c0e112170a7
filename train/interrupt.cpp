#include <xtape/train/interrupt.hpp>

#include <array>
#include <csignal>

namespace xtape::train::detail {
namespace {

constexpr std::array signals{SIGINT, SIGTERM};

// What a signal handler may touch.
volatile std::sig_atomic_t noted = 0;

// The scopes nest: the outermost one keeps what was there before.
int depth = 0;
std::array<struct sigaction, signals.size()> before{};

extern "C" void note_signal(int signal) {
    noted = signal;
    for (std::size_t i = 0; i < signals.size(); ++i) {
        if (signals[i] == signal) sigaction(signal, &before[i], nullptr);  // async-signal-safe (POSIX 2.4.3)
    }
}

}  // namespace

SignalScope::SignalScope() {
    if (depth++ > 0) return;
    noted = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
        struct sigaction action {};
        action.sa_handler = note_signal;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        sigaction(signals[i], &action, &before[i]);
    }
}

SignalScope::~SignalScope() {
    if (--depth > 0) return;
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before[i], nullptr);
}

int pending_signal() { return noted; }

const char* signal_name(int signal) { return signal == SIGINT ? "SIGINT" : "SIGTERM"; }

}  // namespace xtape::train::detail

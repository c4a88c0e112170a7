// Stopping when nothing improves any more.
#pragma once

#include <xtape/train/callback.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace xtape::train {

/// Stops when a series of the history has not improved for `patience` epochs, and gives the model the weights of its best epoch
/// when training ends. L. Prechelt, "Early stopping - but when?", 1998. A loss or gradient norm that is not finite stops at once.
/// Throws ConfigError for an unknown monitor (the message lists those there are) and options out of range.
struct EarlyStopping {
    std::string monitor = {};    ///< a series of the history; empty: "val_loss", or "loss" without validation
    std::size_t patience = 5;    ///< epochs without improvement that are borne, at least 1
    double min_delta = 0;        ///< what counts as an improvement must be larger than this; at least 0
    bool restore_best = true;    ///< at the end of training the weights of the best epoch, otherwise the last ones

    std::shared_ptr<CallbackHooks> hooks() const;
};

}  // namespace xtape::train

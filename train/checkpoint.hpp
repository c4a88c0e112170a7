// Exact checkpoints while training runs.
#pragma once

#include <xtape/train/callback.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace xtape::train {

/// `train::Checkpoint{"runs/mnist"}`: saves everything that fit needs to continue to the last bit, as
/// FOLDER/step-0000000120.ckpt (after 120 steps), at the end of epochs and after a signal; and the model's weights of the best
/// epoch as FOLDER/best.safetensors, which nn::load reads. Each file is there wholly or not at all, tells when it is damaged, and
/// the one before is removed only after it. FitOptions::resume goes on from the folder.
///
/// Throws ConfigError for an unknown monitor, options out of range, a metric without state when every_steps is used, and when
/// training starts from the beginning in a folder that has checkpoints; IoError when a file cannot be written, with those before
/// in place.
struct Checkpoint {
    std::filesystem::path folder = {};  ///< made when it does not exist
    std::size_t every_epochs = 1;   ///< at least 1
    std::size_t every_steps = 0;    ///< also after so many steps, in the middle of epochs; 0: not
    std::size_t keep = 2;           ///< newest ones that stay, at least 1
    bool best = true;               ///< keep the best weights, too
    std::string monitor = {};       ///< what is best: a series of the history; empty: "val_loss", or "loss" without validation
    bool overwrite = false;         ///< a run from the beginning removes the folder's checkpoints

    std::shared_ptr<CallbackHooks> hooks() const;
};

}  // namespace xtape::train

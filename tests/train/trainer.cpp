// Trains a small network with exact checkpoints, for tests that end it at any moment:
//     trainer FOLDER EPOCHS EVERY_STEPS THREADS [STOP_AFTER_STEPS]
// Goes on from the checkpoints in FOLDER. At the end it writes the bits of weights, optimizer and history to FOLDER/result;
// with STOP_AFTER_STEPS it leaves, as if killed, when so many steps are done. A byte on standard output says that it begins.
#include "train/support.hpp"

#include <xtape/autodiff/parallel.hpp>
#include <xtape/optim/schedule.hpp>
#include <xtape/train/callbacks.hpp>
#include <xtape/train/checkpoint.hpp>
#include <xtape/train/early_stopping.hpp>
#include <xtape/train/resume.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace xtape;

namespace {

void run(const std::filesystem::path& folder, std::size_t epochs, std::size_t every, std::uint64_t stop_after) {
    seed(11);
    nn::Sequential model = support::network();
    optim::Adam adam{model.parameters(), {.lr = 1e-2}};
    const data::TensorDataset set = support::some_digits(0, 90), test = support::some_digits(90, 40);
    const train::LambdaCallback leave{.on_epoch_begin = [&](train::Session& s) {
                                          if (stop_after > 0 && s.steps() >= stop_after) ::_exit(0);
                                      },
                                      .on_batch_end = [&](train::Session& s) {
                                          if (stop_after > 0 && s.steps() > stop_after) ::_exit(0);
                                      }};
    const train::History history = train::fit(
        model, nn::cross_entropy, adam, set, test,
        {.epochs = epochs, .batch_size = 8, .accumulate = 2, .clip_norm = 5, .metrics = {train::Accuracy{}},
         .callbacks = {train::Checkpoint{.folder = folder, .every_steps = every}, train::LRSchedule{optim::exponential(0.999), train::Per::step},
                       train::EarlyStopping{.patience = 100}, leave},
         .resume = folder, .stop_on_signal = true});

    train::Snapshot result;
    result.put_all("model.", train::detail::module_state(model));
    result.put_all("optimizer.", train::detail::to_snapshot(adam.state()));
    result.put_all("history.", history.state());
    result.save(folder / "result");
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 5) return 2;
    set_threads(std::strtoul(arguments[4], nullptr, 10));
    if (::write(STDOUT_FILENO, "!", 1) != 1) return 1;
    try {
        run(arguments[1], std::strtoul(arguments[2], nullptr, 10), std::strtoul(arguments[3], nullptr, 10),
            count > 5 ? std::strtoul(arguments[5], nullptr, 10) : 0);
    } catch (const train::Interrupted& interrupted) {
        return 128 + interrupted.signal();
    } catch (const std::exception& error) {
        ::write(STDERR_FILENO, error.what(), std::char_traits<char>::length(error.what()));
        return 1;
    }
    return 0;
}

// Trainings side by side: one table, and one plot of their histories.
#pragma once

#include "support.hpp"

#include <string>
#include <vector>

namespace examples {

struct Compared {
    std::vector<std::string> row;  ///< of the table; the first cell is the name in the plot
    xtape::train::History history;
};

/// Prints the table and adds it to the report, with a plot of that series of the histories (OUT/PICTURE.svg). A training that has no
/// such series, because it failed, has no curve; without gnuplot there is no plot.
void show(Study& study, const std::string& title, const std::vector<std::string>& header, const std::vector<Compared>& trainings,
          const std::string& series, const std::string& picture, bool log_y = false);

/// Draws the plot to OUT/PICTURE.svg and adds it to the report; without gnuplot it says so.
void add_plot(Study& study, const xtape::train::Plot& plot, const std::string& picture);

}  // namespace examples

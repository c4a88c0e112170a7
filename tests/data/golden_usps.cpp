#include "data/golden.hpp"

namespace support {

std::string usps_line(const std::string& label, const std::string& value, const std::string& separator,
                      std::size_t values) {
    std::string text = label;
    for (std::size_t i = 0; i < values; ++i) text += separator + value;
    return text + "\n";
}

std::vector<Golden> golden_usps() {
    const std::string good = usps_line("6", "-0.631", ",");
    const std::string spaces = usps_line("9.0000", "-1.0000", " ");
    const Bytes packed = gzip(bytes(good));
    const std::string width = "expected 257 columns, a label and 16 x 16 grey values, got ";
    const std::string label = "expected a label from 0 to 9, got ";
    return {
        {"empty", {}, "expected at least one row, got the end of the file at line 1"},
        {"html", bytes("<!DOCTYPE html>\n"), width + "2"},
        {"256_columns", bytes(usps_line("6", "0", ",", 255)), width + "256"},
        {"258_columns", bytes(usps_line("6", "0", " ", 257)), width + "258"},
        {"short_line", bytes(good + "5,1,1\n"), "expected 257 columns as in line 1, got 3 at line 2"},
        {"short_line_of_spaces", bytes(spaces + "5 1 1\n"), "expected 257 columns as in line 1, got 3 at line 2"},
        {"label_10", bytes(good + usps_line("10", "0", ",")), label + "\"10\" at line 2, column 1"},
        {"label_negative", bytes(usps_line("-1", "0", " ")), label + "\"-1\" at line 1, column 1"},
        {"label_fraction", bytes(usps_line("1.5", "0", " ")), label + "\"1.5\" at line 1, column 1"},
        {"label_word", bytes(usps_line("six", "0", " ")), "expected a number, got \"six\" at line 1, column 1"},
        {"grey_above_1", bytes(spaces + usps_line("1", "1.001", " ")),
         "expected a grey value from -1 to 1, got \"1.001\" at line 2, column 2"},
        {"grey_of_bytes", bytes(usps_line("1", "255", ",")),
         "expected a grey value from -1 to 1, got \"255\" at line 1, column 2"},
        {"grey_missing", bytes(usps_line("1", "", ",")),
         "expected a number, got \"\", which is missing, at line 1, column 2"},
        {"gzip_truncated", Bytes(packed.begin(), packed.end() - 9),
         "expected more gzip data, got the end of the file at byte " + std::to_string(packed.size() - 9) +
             " (truncated)"},
        {"commas", bytes(good + good), ""},
        {"commas_packed", packed, ""},
        {"spaces", bytes(spaces + usps_line("5", "1", " ")), ""},
        {"spaces_at_the_ends", bytes("9.0000" + usps_line("", "0.500", " ", 256).substr(0, 6 * 256) + " \n"), ""},
        {"spaces_packed", gzip(bytes(spaces)), ""},
    };
}

}  // namespace support

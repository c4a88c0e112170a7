#include "data/golden.hpp"

#include <utility>

namespace support {

namespace {

std::string joined(std::size_t count) {
    std::string text = "n,c\n";
    for (std::size_t i = 0; i < count; ++i) text += "1,category" + std::to_string(i) + "\n";
    return text;
}

std::vector<Golden> bad_frames() {
    const std::string no_names = "expected a row with the names of the columns, got the end of the file at line ";
    const Bytes packed = gzip(bytes("n,c\n1,a\n"));
    return {
        {"empty", {}, no_names + "1"},
        {"byte_order_mark_alone", bytes("\xEF\xBB\xBF"), no_names + "1"},
        {"blank_lines", bytes("\n\r\n \t\r\n"), no_names + "4"},
        {"utf16_little", bytes({0xff, 0xfe, 'n', 0, ',', 0}), "expected text in UTF-8, got UTF-16 at byte 0"},
        {"utf16_big", bytes({0xfe, 0xff, 0, 'n', 0, ','}), "expected text in UTF-8, got UTF-16 at byte 0"},
        {"nul", bytes(std::string("n,c\n1,a\n2,\0b\n", 14)), "expected text, got a NUL byte at line 3"},
        {"nul_in_quotes", bytes(std::string("n,c\n1,\"\0\"\n", 10)), "expected text, got a NUL byte at line 2"},
        {"gzip_inside_gzip", gzip(packed), "expected text, got gzip inside gzip; decompress it once at byte 0"},
        {"gzip_truncated", Bytes(packed.begin(), packed.begin() + 12),
         "expected more gzip data, got the end of the file at byte 12 (truncated)"},
    };
}

std::vector<Golden> bad_rows() {
    return {
        {"too_few_cells", bytes("n,c\n1,a\n2\n"), "expected 2 columns as in line 1, got 1 at line 3"},
        {"too_many_cells", bytes("n,c\n1,a,b\n"), "expected 2 columns as in line 1, got 3 at line 2"},
        {"separator_at_the_end", bytes("\n\nn,c\n1,a,\n"), "expected 2 columns as in line 3, got 3 at line 4"},
        {"lines_in_quotes_count", bytes("n,c\n1,\"a\n\r\nb\"\n2\n"),
         "expected 2 columns as in line 1, got 1 at line 5"},
        {"quote_not_closed", bytes("n,c\n1,\"a\n2,b\n"),
         "expected a closing quote, got the end of the file at line 2, column 2"},
        {"quote_at_the_end", bytes("n,c\n1,\""),
         "expected a closing quote, got the end of the file at line 2, column 2"},
        {"quotes_twice_at_the_end", bytes("n,c\n1,\"\"\""),
         "expected a closing quote, got the end of the file at line 2, column 2"},
        {"text_behind_quote", bytes("n,c\r\n\"1\"5,a\r\n"),
         "expected a separator or the end of the line behind the closing quote, got \"5,a\" at line 2, column 1"},
        {"blank_behind_quote", bytes("n,c\n1,\"a\" \n"),
         "expected a separator or the end of the line behind the closing quote, got \" \" at line 2, column 2"},
        {"name_twice", bytes("n,c,n\n"), "expected names of columns that differ, got \"n\" again at line 1, column 3"},
        {"no_name_twice", bytes("n,c,,\n"),
         "expected names of columns that differ, got \"\" again at line 1, column 4"},
        {"other_names", bytes("age,\"sex\"\n1,a\n"), "expected a column \"n\", got \"age\", \"sex\""},
        {"other_separator", bytes("n;c\n1;a\n"), "expected a column \"n\", got \"n;c\""},
        {"other_case", bytes("N,c\n1,a\n"), "expected a column \"n\", got \"N\", \"c\""},
    };
}

// Files whose second line begins with this cell.
Golden bad_number(const std::string& name, const std::string& cell) {
    return {name, bytes("n,c\n" + cell + ",a\n"),
            "expected a number, got \"" + cell + "\" at line 2, column 1 (\"n\")"};
}

std::vector<Golden> bad_cells() {
    return {
        bad_number("word", "abc"),
        bad_number("number_and_unit", "12 kg"),
        bad_number("two_points", "1.2.3"),
        bad_number("point_alone", "."),
        bad_number("minus_alone", "-"),
        bad_number("two_signs", "--1"),
        bad_number("plus_and_minus", "+-1"),
        bad_number("exponent_without_digits", "1e"),
        bad_number("hexadecimal", "0x10"),
        bad_number("grouped", "1_000"),
        bad_number("infinite", "inf"),
        bad_number("minus_infinite", "-Infinity"),
        bad_number("nan_with_text", "nan(1)"),
        bad_number("typographic_minus", "\u22121"),
        bad_number("blanks_alone", "  "),
        {"grouped_by_comma", bytes("n,c\n\"1,000\",a\n"),
         "expected a number, got \"1,000\" at line 2, column 1 (\"n\")"},
        {"quote_in_number", bytes("n,c\n\"1\"\"\",a\n"), "expected a number, got \"1\"\" at line 2, column 1 (\"n\")"},
        {"control_characters", bytes("n,c\n1\x01\x7f,a\n"),
         "expected a number, got \"1\\x01\\x7f\" at line 2, column 1 (\"n\")"},
        {"beyond_float", bytes("n,c\n1,a\n-1e39,b\n"),
         "expected a number that float can hold, got \"-1e39\" at line 3, column 1 (\"n\")"},
        {"beyond_everything", bytes("n,c\n1e999999999,b\n"),
         "expected a number that float can hold, got \"1e999999999\" at line 2, column 1 (\"n\")"},
        {"carriage_returns", bytes("n,c\r1,a\rx,b\r"), "expected a number, got \"x\" at line 3, column 1 (\"n\")"},
        {"missing_number", bytes("n,c\n,a\n"),
         "expected a number, got \"\", which is missing, at line 2, column 1 (\"n\")"},
        {"missing_number_word", bytes("n,c\n1,a\nNA,a\n"),
         "expected a number, got \"NA\", which is missing, at line 3, column 1 (\"n\")"},
        {"missing_category", bytes("n,c\n1,\"\"\n"),
         "expected a category, got \"\", which is missing, at line 2, column 2 (\"c\")"},
        {"too_many_categories", bytes(joined(1025)),
         "expected at most 1024 categories for a one-hot encoding, got 1025 in column 2 (\"c\")"},
    };
}

std::vector<Golden> good() {
    return {
        {"plain", bytes("n,c\n1,a\n-2.5,b\n"), ""},
        {"line_ends", bytes("n,c\r\n1,a\r2,b\n3,c"), ""},
        {"byte_order_mark", bytes("\xEF\xBB\xBFn,c\n1,a\n"), ""},
        {"blank_lines_between", bytes("\n\nn,c\n\n1,a\n  \n2,b\n\n"), ""},
        {"quotes", bytes("\"n\",\"c\"\n\"1\",\"a,\"\"b\"\"\nc\"\n2,5\" disk\n"), ""},
        {"header_alone", bytes("c,n"), ""},
        {"other_columns", bytes("x,n,y,c\n,1,,a\n"), ""},
        {"packed", gzip(bytes("n,c\n1,a\n")), ""},
        {"numbers",
         bytes("n,c\n+1,a\n 2 ,a\n.5,a\n5.,a\n1e-3,a\n1E+3,a\n1e-60,a\n1e-400,a\n1e-9999,a\n" + std::string(400, '0') +
               "1." + std::string(400, '3') + ",a\n"),
         ""},
        {"most_categories", bytes(joined(1024)), ""},
    };
}

}  // namespace

std::vector<Golden> golden_csv() {
    std::vector<Golden> all;
    for (auto part : {bad_frames(), bad_rows(), bad_cells(), good()}) {
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace support

#include "files/golden.hpp"

#include <utility>

namespace support {

namespace {

// A file of version 1.0 with the header as it is, and so many bytes of data.
Bytes raw(const std::string& header, std::size_t data_bytes) {
    const auto size = static_cast<unsigned>(header.size());
    return bytes({0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, size & 255, size >> 8}) + bytes(header) + Bytes(data_bytes);
}

std::string header(const std::string& descr, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n";
}

Bytes described(const std::string& descr) { return raw(header(descr, "(2,)"), 8); }
Bytes shaped(const std::string& shape, std::size_t data_bytes = 8) { return raw(header("'<f4'", shape), data_bytes); }

std::string ones(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "1, ";
    return text;
}

std::vector<Golden> bad_frames() {
    const Bytes magic = bytes({0x93, 'N', 'U', 'M', 'P', 'Y'});
    const std::string wanted = "expected a .npy file, which starts with \\x93NUMPY, got ";
    const std::string version = "expected version 1.0, 2.0 or 3.0 of the .npy format, got ";
    return {
        {"empty", {}, wanted + "0 bytes at byte 0"},
        {"five_bytes", bytes({0x93, 'N', 'U', 'M', 'P'}), wanted + "5 bytes at byte 0"},
        {"zip", bytes("PK\x03\x04 zip"), wanted + "other bytes at byte 0"},
        {"magic_alone", magic, version + "the end of the file at byte 6"},
        {"version_0", magic + bytes({0, 0, 0, 0}), version + "0.0 at byte 6"},
        {"version_4", magic + bytes({4, 0, 0, 0, 0, 0}), version + "4.0 at byte 6"},
        {"version_1_1", magic + bytes({1, 1, 0, 0}), version + "1.1 at byte 6"},
        {"no_length", magic + bytes({1, 0, 9}),
         "expected the length of the .npy header, got the end of the file at byte 8"},
        {"no_length_2", magic + bytes({2, 0, 9, 0, 0}),
         "expected the length of the .npy header, got the end of the file at byte 8"},
        {"twelve_bytes_ask_4_GiB", magic + bytes({2, 0, 255, 255, 255, 255}),
         "expected a .npy header of at most 65536 bytes, got 4294967295 at byte 8"},
        {"twelve_bytes_ask_64_KiB", magic + bytes({3, 0, 0, 0, 1, 0}),
         "expected a .npy header of 65536 bytes, got 0 bytes at byte 12"},
        {"header_beyond_file", magic + bytes({1, 0, 3, 0, '{', '}'}),
         "expected a .npy header of 3 bytes, got 2 bytes at byte 10"},
        {"too_few_numbers", shaped("(2,)", 7), "expected 8 bytes for float32 of shape (2), got 7 at byte 68"},
        {"trailing_bytes", shaped("(2,)", 9), "expected 8 bytes for float32 of shape (2), got 9 at byte 68"},
        {"no_numbers", shaped("(1, 2)", 0), "expected 8 bytes for float32 of shape (1, 2), got 0 at byte 70"},
        {"bytes_without_elements", shaped("(0, 2)", 4),
         "expected 0 bytes for float32 of shape (0, 2), got 4 at byte 70"},
    };
}

std::vector<Golden> bad_dictionaries() {
    return {
        {"no_header", raw("", 0), "expected a dictionary as .npy header, got the end of the header at byte 10"},
        {"list", raw("[]", 0), "expected a dictionary as .npy header, got \"[\" at byte 10"},
        {"no_keys", raw("{}", 0), "expected the key \"descr\", got a header without it at byte 10"},
        {"no_order", raw("{'descr': '<f4', 'shape': (2,)}", 8),
         "expected the key \"fortran_order\", got a header without it at byte 10"},
        {"no_shape", raw("{'descr': '<f4', 'fortran_order': True}", 8),
         "expected the key \"shape\", got a header without it at byte 10"},
        {"unknown_key", raw("{'dtype': '<f4'}", 8),
         "expected the keys descr, fortran_order and shape, got \"dtype\" at byte 11"},
        {"key_twice", raw("{'descr': '<f4', 'descr': '<f8'}", 8),
         "expected a key that comes once, got \"descr\" twice at byte 27"},
        {"key_is_number", raw("{1: 2}", 8), "expected a key of the header, got \"1\" at byte 11"},
        {"key_without_end", raw("{'descr: 1}", 8), "expected a text that ends, got none at byte 11"},
        {"no_colon", raw("{'descr' '<f4'}", 8), "expected \":\" behind a key of the header, got \"'\" at byte 19"},
        {"no_comma", raw("{'descr': '<f4' 'shape': (2,)}", 8),
         "expected \",\" or \"}\" in the header, got \"'\" at byte 26"},
        {"two_commas", raw("{'descr': '<f4',, }", 8), "expected a key of the header, got \",\" at byte 26"},
        {"unclosed", raw("{'descr': '<f4',", 8), "expected a key of the header, got the end of the header at byte 26"},
        {"text_behind", raw("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} # text", 8),
         "expected nothing behind the dictionary, got \"#\" at byte 66"},
        {"order_is_number", raw("{'fortran_order': 1}", 8),
         "expected True or False as fortran_order, got \"1\" at byte 28"},
        {"order_in_small_letters", raw("{'fortran_order': false}", 8),
         "expected True or False as fortran_order, got \"f\" at byte 28"},
        {"order_missing", raw("{'fortran_order':", 8),
         "expected True or False as fortran_order, got the end of the header at byte 27"},
    };
}

std::vector<Golden> bad_values() {
    const std::string kinds = "expected a descr of b1, i1 to i8, u1 to u8, f2, f4 or f8 behind <, > or |, got ";
    const std::string extents = "expected extents that are integers from 0 in the shape, got ";
    const std::string countable = "expected a shape whose bytes can be counted, got float32 of shape ";
    return {
        {"objects", described("'|O'"), kinds + "\"|O\" at byte 20"},
        {"complex", described("'<c8'"), kinds + "\"<c8\" at byte 20"},
        {"unicode", described("'<U4'"), kinds + "\"<U4\" at byte 20"},
        {"long_double", described("'<f16'"), kinds + "\"<f16\" at byte 20"},
        {"no_byte_order", described("'f4'"), kinds + "\"f4\" at byte 20"},
        {"irrelevant_byte_order", described("'|f4'"), kinds + "\"|f4\" at byte 20"},
        {"native_byte_order", described("'=f4'"), kinds + "\"=f4\" at byte 20"},
        {"three_byte_integers", described("'<i3'"), kinds + "\"<i3\" at byte 20"},
        {"dates", described("'<M8[s]'"), kinds + "\"<M8[s]\" at byte 20"},
        {"structured", described("[('a', '<f4')]"), "expected a text as descr, got \"[\" at byte 20"},
        {"descr_is_number", described("4"), "expected a text as descr, got \"4\" at byte 20"},
        {"shape_is_number", shaped("2"), "expected a tuple as shape, got \"2\" at byte 60"},
        {"shape_is_list", shaped("[2]"), "expected a tuple as shape, got \"[\" at byte 60"},
        {"shape_in_parentheses", shaped("(2)"), "expected a tuple as shape, got a number in parentheses at byte 62"},
        {"shape_negative", shaped("(-2,)"), extents + "\"-\" at byte 61"},
        {"shape_with_plus", shaped("(+2,)"), extents + "\"+\" at byte 61"},
        {"shape_with_exponent", shaped("(1e3,)"), "expected \",\" or \")\" in the shape, got \"e\" at byte 62"},
        {"shape_of_python_2", shaped("(2L,)"), "expected \",\" or \")\" in the shape, got \"L\" at byte 62"},
        {"shape_of_commas", shaped("(,)"), extents + "\",\" at byte 61"},
        {"shape_of_text", shaped("('2',)"), extents + "\"'\" at byte 61"},
        {"shape_of_tuples", shaped("((2,),)"), extents + "\"(\" at byte 61"},
        {"extent_beyond_64_bits", shaped("(18446744073709551616,)"),
         "expected extents of 64 bits in the shape, got \"18446744073709551616\" at byte 61"},
        {"rank_33", shaped("(" + ones(33) + ")", 4), "expected at most 32 extents in the shape, got \"1\" at byte 157"},
        {"bytes_wrap_to_0", shaped("(4611686018427387904,)", 0), countable + "(4611686018427387904) at byte 10"},
        {"product_wraps_to_0", shaped("(4294967296, 4294967296)", 0),
         countable + "(4294967296, 4294967296) at byte 10"},
        {"product_beyond_64_bits", shaped("(9223372036854775808, 2)"),
         countable + "(9223372036854775808, 2) at byte 10"},
        {"zero_hides_overflow", shaped("(0, 18446744073709551615)", 0),
         countable + "(0, 18446744073709551615) at byte 10"},
    };
}

std::vector<Golden> good() {
    return {
        {"plain", shaped("(2,)"), ""},
        {"scalar", shaped("()", 4), ""},
        {"extent_0", shaped("(3, 0)", 0), ""},
        {"rank_32", shaped("(" + ones(32) + ")", 4), ""},
        {"other_quotes_and_order", raw("{\"shape\":(2 ,1),\"fortran_order\":True,\"descr\":\">f4\"}", 8), ""},
        {"one_byte_order", raw(header("'<u1'", "(3,)"), 3), ""},
    };
}

}  // namespace

std::vector<Golden> golden_npy() {
    std::vector<Golden> all;
    for (auto part : {bad_frames(), bad_dictionaries(), bad_values(), good()}) {
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace support

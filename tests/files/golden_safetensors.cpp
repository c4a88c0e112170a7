#include "files/golden.hpp"

#include <utility>

namespace support {

namespace {

Bytes length(std::uint64_t value) {
    Bytes result;
    for (int i = 0; i < 8; ++i) result.push_back(static_cast<std::byte>(value >> 8 * i));
    return result;
}

// A file with one array "w" of these fields and 8 bytes of data.
Bytes fields(const std::string& text) { return safetensors("{\"w\":{" + text + "}}", 8); }

std::string repeat(const std::string& text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += text;
    return result;
}

std::vector<Golden> bad_frames() {
    const std::string entry = R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    return {
        {"empty", {}, "expected a safetensors file of at least 8 bytes, got 0 bytes"},
        {"seven_bytes", Bytes(7), "expected a safetensors file of at least 8 bytes, got 7 bytes"},
        {"no_header", length(0), "expected a safetensors header that starts with \"{\", got none at byte 8"},
        {"length_beyond_file", length(5) + bytes("{}  "),
         "expected a safetensors header of 5 bytes, got 4 bytes at byte 8"},
        {"twelve_bytes_ask_16_MiB", length(16 << 20) + bytes("{}  "),
         "expected a safetensors header of 16777216 bytes, got 4 bytes at byte 8"},
        {"length_beyond_limit", length((16 << 20) + 1) + bytes("{}  "),
         "expected a safetensors header of at most 16777216 bytes, got a length of 16777217 at byte 0"},
        {"length_of_all_ones", length(~std::uint64_t{0}) + bytes("{}  "),
         "expected a safetensors header of at most 16777216 bytes, got a length of 18446744073709551615 at byte 0"},
        {"starts_with_space", safetensors(" {}", 0),
         "expected a safetensors header that starts with \"{\", got byte 32 at byte 8"},
        {"starts_with_list", safetensors("[]", 0),
         "expected a safetensors header that starts with \"{\", got byte 91 at byte 8"},
        {"trailing_bytes", safetensors("{" + entry + "}", 9), "expected 8 bytes of data as the header tells, got 9"},
        {"data_without_arrays", safetensors("{}", 1), "expected 0 bytes of data as the header tells, got 1"},
        {"truncated_data", safetensors("{" + entry + "}", 7),
         "\"w\": expected data_offsets that rise and end within the 7 bytes of data, got data_offsets [0, 8]"},
    };
}

std::vector<Golden> bad_json() {
    const std::string entry = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    return {
        {"unclosed", safetensors("{", 0),
         "expected JSON in the header, got \"syntax error while parsing object key - unexpected end of input; expected "
         "string literal\" at byte 10"},
        {"two_objects", safetensors("{}{}", 0),
         "expected JSON in the header, got \"syntax error while parsing value - unexpected '{'; expected end of "
         "input\" at byte 11"},
        {"padded_with_zeros", safetensors(std::string("{}\0\0", 4), 0),
         "expected JSON in the header, got a zero at byte 10"},
        {"invalid_utf8", safetensors("{\"\xff\":" + entry + "}", 8),
         "expected JSON in the header, got \"syntax error while parsing object key - invalid string: ill-formed UTF-8 "
         "byte\" at byte 11"},
        {"overlong_utf8", safetensors("{\"\xc0\xaf\":" + entry + "}", 8),
         "expected JSON in the header, got \"syntax error while parsing object key - invalid string: ill-formed UTF-8 "
         "byte\" at byte 11"},
        {"number_beyond_double", fields(R"("dtype":1e999)"),
         "expected JSON in the header, got \"number overflow parsing '1e999'\" at byte 27"},
        {"comment", safetensors("{/**/}", 0),
         "expected JSON in the header, got \"syntax error while parsing object key - invalid literal\" at byte 10"},
        {"name_twice", safetensors("{\"w\":" + entry + ",\"w\":" + entry + "}", 8),
         "\"w\": expected a name that comes once, got it twice"},
        {"metadata_twice", safetensors(R"({"__metadata__":{},"__metadata__":{}})", 0),
         "\"__metadata__\": expected a name that comes once, got it twice"},
        {"name_with_nul", safetensors("{\"a\\u0000b\":" + entry + "}", 8),
         "expected names without the character NUL, got \"a\\x00b\""},
        {"entry_is_number", safetensors(R"({"w":1})", 0),
         "\"w\": expected an object with dtype, shape and data_offsets, got 1"},
        {"entry_is_null", safetensors(R"({"w":null})", 0),
         "\"w\": expected an object with dtype, shape and data_offsets, got null"},
        {"entry_is_list", safetensors(R"({"w":[]})", 0),
         "\"w\": expected an object with dtype, shape and data_offsets, got a list"},
        {"entry_is_text", safetensors(R"({"w":"F32"})", 0),
         "\"w\": expected an object with dtype, shape and data_offsets, got a string"},
        {"metadata_is_list", safetensors(R"({"__metadata__":[]})", 0),
         "\"__metadata__\": expected an object of strings, got a list"},
        {"metadata_of_number", safetensors(R"({"__metadata__":{"epoch":1}})", 0),
         "\"__metadata__\": expected a string for \"epoch\", got 1"},
        {"metadata_of_object", safetensors(R"({"__metadata__":{"config":{}}})", 0),
         "\"__metadata__\": expected a string for \"config\", got an object"},
        {"metadata_key_twice", safetensors(R"({"__metadata__":{"a":"1","a":"2"}})", 0),
         "\"__metadata__\": expected a field \"a\" that comes once, got it twice"},
        {"nested_deeply", safetensors(repeat("{\"a\":", 100000), 0),
         "\"a\": expected the fields dtype, shape and data_offsets, got \"a\""},
    };
}

std::vector<Golden> bad_fields() {
    const std::string types = "BOOL, I8, U8, I16, U16, F16, BF16, I32, U32, F32, I64, U64, F64";
    return {
        {"no_dtype", fields(R"("shape":[2],"data_offsets":[0,8])"),
         "\"w\": expected the field \"dtype\", got an object without it"},
        {"no_shape", fields(R"("dtype":"F32","data_offsets":[0,8])"),
         "\"w\": expected the field \"shape\", got an object without it"},
        {"no_offsets", fields(R"("dtype":"F32","shape":[2])"),
         "\"w\": expected the field \"data_offsets\", got an object without it"},
        {"unknown_field", fields(R"("dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1])"),
         "\"w\": expected the fields dtype, shape and data_offsets, got \"strides\""},
        {"field_twice", fields(R"("dtype":"F32","dtype":"F64","shape":[2],"data_offsets":[0,8])"),
         "\"w\": expected a field \"dtype\" that comes once, got it twice"},
        {"unknown_dtype", fields(R"("dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8])"),
         "\"w\": expected a dtype that is one of " + types + ", got \"F8_E4M3\""},
        {"lower_case_dtype", fields(R"("dtype":"f32","shape":[2],"data_offsets":[0,8])"),
         "\"w\": expected a dtype that is one of " + types + ", got \"f32\""},
        {"dtype_is_number", fields(R"("dtype":32)"), "\"w\": expected a string as dtype, got 32"},
        {"dtype_is_list", fields(R"("dtype":["F32"])"), "\"w\": expected a string as dtype, got a list"},
        {"dtype_is_true", fields(R"("dtype":true)"), "\"w\": expected a string as dtype, got true"},
        {"shape_is_number", fields(R"("shape":2)"), "\"w\": expected a list as shape, got 2"},
        {"shape_is_object", fields(R"("shape":{})"), "\"w\": expected a list as shape, got an object"},
        {"extent_negative", fields(R"("shape":[-2])"),
         "\"w\": expected extents that are integers from 0 in the shape, got -2"},
        {"extent_fraction", fields(R"("shape":[2.0])"),
         "\"w\": expected extents that are integers from 0 in the shape, got 2.0"},
        {"extent_with_exponent", fields(R"("shape":[1e3])"),
         "\"w\": expected extents that are integers from 0 in the shape, got 1e3"},
        {"extent_beyond_64_bits", fields(R"("shape":[18446744073709551616])"),
         "\"w\": expected extents that are integers from 0 in the shape, got 18446744073709551616"},
        {"extent_is_text", fields(R"("shape":["2"])"),
         "\"w\": expected extents that are integers from 0 in the shape, got a string"},
        {"extent_is_list", fields(R"("shape":[[2]])"),
         "\"w\": expected extents that are integers from 0 in the shape, got a list"},
        {"extent_is_false", fields(R"("shape":[false])"),
         "\"w\": expected extents that are integers from 0 in the shape, got false"},
        {"rank_33", fields("\"shape\":[1" + repeat(",1", 32) + "]"),
         "\"w\": expected at most 32 extents in the shape, got more"},
        {"offsets_are_text", fields(R"("data_offsets":"0,8")"), "\"w\": expected a list as data_offsets, got a string"},
        {"one_offset", fields(R"("data_offsets":[0])"), "\"w\": expected two integers from 0 as data_offsets, got 1"},
        {"three_offsets", fields(R"("data_offsets":[0,4,8])"),
         "\"w\": expected two integers from 0 as data_offsets, got more"},
        {"offset_negative", fields(R"("data_offsets":[-1,8])"),
         "\"w\": expected two integers from 0 as data_offsets, got -1"},
    };
}

std::vector<Golden> bad_sizes() {
    const std::string within = "\"w\": expected data_offsets that rise and end within the 8 bytes of data, got ";
    const std::string countable = "\"w\": expected a shape whose bytes can be counted, got ";
    const auto two = [](const std::string& first, const std::string& second) {
        return safetensors(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
                               R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
                           8);
    };
    return {
        {"offsets_fall", fields(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), within + "data_offsets [8, 0]"},
        {"offsets_beyond_data", fields(R"("dtype":"F32","shape":[4],"data_offsets":[0,16])"),
         within + "data_offsets [0, 16]"},
        {"offsets_wrap", fields(R"("dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0])"),
         within + "data_offsets [18446744073709551608, 0]"},
        {"product_wraps_to_0", fields(R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])"),
         countable + "U8 of shape (4294967296, 4294967296)"},
        {"bytes_wrap_to_8", fields(R"("dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8])"),
         countable + "F32 of shape (4611686018427387906)"},
        {"product_beyond_63_bits", fields(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8])"),
         countable + "U8 of shape (9223372036854775808)"},
        {"zero_hides_overflow", fields(R"("dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0])"),
         countable + "U8 of shape (0, 4294967296, 4294967296)"},
        {"too_few_bytes", fields(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"),
         "\"w\": expected 12 bytes for F32 of shape (3), got 8 (data_offsets [0, 8])"},
        {"too_many_bytes", fields(R"("dtype":"F32","shape":[],"data_offsets":[0,8])"),
         "\"w\": expected 4 bytes for F32 of shape (), got 8 (data_offsets [0, 8])"},
        {"zeros_with_bytes", fields(R"("dtype":"F32","shape":[0,2],"data_offsets":[0,8])"),
         "\"w\": expected 0 bytes for F32 of shape (0, 2), got 8 (data_offsets [0, 8])"},
        {"overlap", two("[0,4]", "[2,6]"), "\"b\": expected data_offsets that continue at 4, got 2 (arrays overlap)"},
        {"same_bytes", two("[0,4]", "[0,4]"),
         "\"b\": expected data_offsets that continue at 4, got 0 (arrays overlap)"},
        {"hole",
         safetensors(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                     R"("b":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}})",
                     8),
         "\"b\": expected data_offsets that continue at 4, got 5 (a hole)"},
        {"starts_late", fields(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"),
         "\"w\": expected data_offsets that continue at 0, got 4 (a hole)"},
    };
}

std::vector<Golden> good() {
    return {
        {"no_arrays", safetensors("{}", 0), ""},
        {"padded_with_spaces", safetensors("{}      ", 0), ""},
        {"only_metadata", safetensors(R"({"__metadata__":{"format":"pt"}})", 0), ""},
        {"scalar", safetensors(R"({"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})", 8), ""},
        {"extent_0", safetensors(R"({"e":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}})", 0), ""},
        {"fields_in_any_order",
         safetensors(R"({"b":{"data_offsets":[2,6],"shape":[2,2],"dtype":"I8"},"a":{"dtype":"BF16","shape":[1],)"
                     R"("data_offsets":[0,2]}})",
                     6),
         ""},
        {"unicode",
         safetensors("{\"\xc3\xa9\\u00e9\\ud83d\\ude00\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
         ""},
        {"unaligned",
         safetensors(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32",)"
                     R"("shape":[1],"data_offsets":[1,5]}})",
                     5),
         ""},
        {"rank_32",
         safetensors("{\"w\":{\"dtype\":\"I64\",\"shape\":[1" + repeat(",1", 31) + "],\"data_offsets\":[0,8]}}", 8),
         ""},
    };
}

}  // namespace

Bytes safetensors(const std::string& header, std::size_t data_bytes) {
    Bytes result = length(header.size()) + bytes(header);
    for (std::size_t i = 0; i < data_bytes; ++i) result.push_back(static_cast<std::byte>(i));
    return result;
}

std::vector<Golden> golden_safetensors() {
    std::vector<Golden> all;
    for (auto part : {bad_frames(), bad_json(), bad_fields(), bad_sizes(), good()}) {
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace support

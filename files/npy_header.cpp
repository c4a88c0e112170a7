#include <xtape/autodiff/error.hpp>
#include <xtape/files/npy_header.hpp>
#include <xtape/files/text.hpp>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

namespace xtape::files::detail {

namespace {

constexpr std::pair<std::string_view, Element> kinds[] = {
    {"b1", Element::boolean}, {"i1", Element::int8},    {"u1", Element::uint8},   {"i2", Element::int16},
    {"u2", Element::uint16},  {"i4", Element::int32},   {"u4", Element::uint32},  {"i8", Element::int64},
    {"u8", Element::uint64},  {"f2", Element::float16}, {"f4", Element::float32}, {"f8", Element::float64},
};

class Parser {
public:
    Parser(std::string_view text, std::size_t position, const std::string& file)
        : text_(text), position_(position), file_(file) {}

    NpyHeader parse();

private:
    [[noreturn]] void fail(const std::string& wanted, const std::string& got, std::size_t at) const {
        throw DataError(file_ + ": expected " + wanted + ", got " + got + " at byte " + std::to_string(position_ + at));
    }
    [[noreturn]] void unexpected(const std::string& wanted) const {
        fail(wanted, at_ == text_.size() ? "the end of the header" : in_quotes(text_.substr(at_, 1)), at_);
    }

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    bool accept(char c) {
        skip_space();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void expect(char c, const std::string& wanted) {
        if (!accept(c)) unexpected(wanted);
    }

    std::string_view string(const std::string& wanted);
    void descr(NpyHeader& header);
    bool boolean();
    std::size_t extent();
    Shape shape();

    std::string_view text_;
    std::size_t position_;
    const std::string& file_;
    std::size_t at_ = 0;
};

std::string_view Parser::string(const std::string& wanted) {
    skip_space();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) unexpected(wanted);
    const std::size_t start = at_ + 1, end = text_.find(text_[at_], start);
    if (end == std::string_view::npos) fail("a text that ends", "none", at_);
    at_ = end + 1;
    return text_.substr(start, end - start);
}

void Parser::descr(NpyHeader& header) {
    skip_space();
    const std::size_t start = at_;
    const std::string_view text = string("a text as descr");
    const auto* kind = std::end(kinds);
    if (text.size() == 3 && (text[0] == '<' || text[0] == '>' || text[0] == '|')) {
        kind = std::find_if(std::begin(kinds), std::end(kinds), [&](auto& k) { return k.first == text.substr(1); });
    }
    // What has several bytes has an order.
    if (kind == std::end(kinds) || (text[0] == '|' && byte_count(kind->second) > 1)) {
        fail("a descr of b1, i1 to i8, u1 to u8, f2, f4 or f8 behind <, > or |", in_quotes(text), start);
    }
    header.element = kind->second;
    header.big_endian = text[0] == '>';
}

bool Parser::boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}}) {
        if (text_.substr(at_).starts_with(word)) {
            at_ += word.size();
            return value;
        }
    }
    unexpected("True or False as fortran_order");
}

std::size_t Parser::extent() {
    skip_space();
    std::uint64_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc::invalid_argument) unexpected("extents that are integers from 0 in the shape");
    if (error != std::errc()) {
        fail("extents of 64 bits in the shape", in_quotes({begin, static_cast<std::size_t>(end - begin)}), at_);
    }
    at_ += static_cast<std::size_t>(end - begin);
    return value;
}

// A Python tuple: one of a single number has a comma behind it.
Shape Parser::shape() {
    expect('(', "a tuple as shape");
    Shape shape;
    bool comma = true;
    while (!accept(')')) {
        if (!comma) unexpected("\",\" or \")\" in the shape");
        if (shape.size() == max_rank) unexpected("at most " + std::to_string(max_rank) + " extents in the shape");
        shape.push_back(extent());
        comma = accept(',');
    }
    if (shape.size() == 1 && !comma) fail("a tuple as shape", "a number in parentheses", at_ - 1);
    return shape;
}

NpyHeader Parser::parse() {
    NpyHeader header;
    std::set<std::string_view> keys;
    expect('{', "a dictionary as .npy header");
    bool comma = true;
    while (!accept('}')) {
        if (!comma) unexpected("\",\" or \"}\" in the header");
        const std::size_t start = at_;
        const std::string_view key = string("a key of the header");
        expect(':', "\":\" behind a key of the header");
        if (key == "descr") {
            descr(header);
        } else if (key == "fortran_order") {
            header.fortran_order = boolean();
        } else if (key == "shape") {
            header.shape = shape();
        } else {
            fail("the keys descr, fortran_order and shape", in_quotes(key), start);
        }
        if (!keys.insert(key).second) fail("a key that comes once", in_quotes(key) + " twice", start);
        comma = accept(',');
    }
    for (const char* key : {"descr", "fortran_order", "shape"}) {
        if (!keys.contains(key)) fail("the key " + in_quotes(key), "a header without it", 0);
    }
    skip_space();
    if (at_ != text_.size()) unexpected("nothing behind the dictionary");
    return header;
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> text, std::size_t position, const std::string& file) {
    return Parser({reinterpret_cast<const char*>(text.data()), text.size()}, position, file).parse();
}

std::string npy_dictionary(Element element, const Shape& shape) {
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](auto& k) { return k.second == element; });
    if (kind == std::end(kinds)) {
        throw ConfigError("npy: expected a kind of number that NumPy has, got " + std::string(name_of(element)));
    }
    std::string text = std::string("{'descr': '") + (byte_count(element) > 1 ? '<' : '|') + std::string(kind->first) +
                       "', 'fortran_order': False, 'shape': (";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + (shape.size() == 1 ? ",), }" : "), }");
}

}  // namespace xtape::files::detail

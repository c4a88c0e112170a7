#include <xtape/autodiff/error.hpp>
#include <xtape/files/safetensors_header.hpp>
#include <xtape/files/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

namespace xtape::files::detail {

namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, Element> types[] = {
    {"BOOL", Element::boolean}, {"I8", Element::int8},     {"U8", Element::uint8},      {"I16", Element::int16},
    {"U16", Element::uint16},   {"F16", Element::float16}, {"BF16", Element::bfloat16}, {"I32", Element::int32},
    {"U32", Element::uint32},   {"F32", Element::float32}, {"I64", Element::int64},     {"U64", Element::uint64},
    {"F64", Element::float64},
};

// Follows the JSON event by event, so that a key that comes twice is seen, nothing is nested deeper than the format
// allows, and no tree of values is built.
class Parser final : public nlohmann::json_sax<json> {
public:
    explicit Parser(const std::string& file) : file_(file) {}

    SafetensorsHeader header;

    bool null() override { unexpected("null"); }
    bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
    bool number_float(number_float_t, const string_t& text) override { unexpected(text); }
    bool binary(binary_t&) override { unexpected("binary data"); }
    bool number_integer(number_integer_t value) override { unexpected(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override;
    bool string(string_t& value) override;
    bool start_object(std::size_t) override;
    bool key(string_t& name) override;
    bool end_object() override;
    bool start_array(std::size_t) override;
    bool end_array() override;
    bool parse_error(std::size_t position, const std::string& token, const json::exception& error) override;

private:
    enum class Place { outside, top, entry, shape, offsets, metadata };

    [[noreturn]] void fail(const std::string& where, const std::string& wanted, const std::string& got) const {
        throw DataError(file_ + ": " + (where.empty() ? "" : where + ": ") + "expected " + wanted + ", got " + got);
    }
    [[noreturn]] void unexpected(const std::string& got) const;
    std::string where() const;
    std::string wanted() const;
    void finish_entry();

    const std::string& file_;
    Place place_ = Place::outside;
    std::set<std::string> names_, fields_;
    std::string key_, field_;
    SafetensorsEntry entry_;
    std::size_t offset_count_ = 0;
};

std::string Parser::where() const { return place_ == Place::outside ? "" : in_quotes(key_); }

// What the format has at this place.
std::string Parser::wanted() const {
    switch (place_) {
        case Place::outside:
            return "a JSON object as the header";
        case Place::top:
            return key_ == "__metadata__" ? "an object of strings" : "an object with dtype, shape and data_offsets";
        case Place::metadata:
            return "a string for " + in_quotes(field_);
        case Place::shape:
            return "extents that are integers from 0 in the shape";
        case Place::offsets:
            return "two integers from 0 as data_offsets";
        case Place::entry:
            break;
    }
    if (field_ == "dtype") return "a string as dtype";
    return field_ == "shape" ? "a list as shape" : "a list as data_offsets";
}

void Parser::unexpected(const std::string& got) const { fail(where(), wanted(), got); }

bool Parser::number_unsigned(number_unsigned_t value) {
    if (place_ == Place::shape) {
        if (entry_.shape.size() == max_rank) {
            fail(where(), "at most " + std::to_string(max_rank) + " extents in the shape", "more");
        }
        entry_.shape.push_back(value);
        return true;
    }
    if (place_ == Place::offsets) {
        if (offset_count_ == 2) unexpected("more");
        entry_.offsets[offset_count_++] = value;
        return true;
    }
    unexpected(std::to_string(value));
}

bool Parser::string(string_t& value) {
    if (place_ == Place::metadata) {
        header.metadata.emplace(field_, std::move(value));
        return true;
    }
    if (place_ != Place::entry || field_ != "dtype") unexpected("a string");
    const auto* type = std::find_if(std::begin(types), std::end(types), [&](auto& t) { return t.first == value; });
    if (type == std::end(types)) {
        std::string known;
        for (const auto& [name, element] : types) known += (known.empty() ? "" : ", ") + std::string(name);
        fail(where(), "a dtype that is one of " + known, in_quotes(value));
    }
    entry_.element = type->second;
    return true;
}

bool Parser::start_object(std::size_t) {
    if (place_ == Place::outside) {
        place_ = Place::top;
    } else if (place_ == Place::top) {
        place_ = key_ == "__metadata__" ? Place::metadata : Place::entry;
        fields_.clear();
        entry_ = {key_, {}, {}, {}};
        offset_count_ = 0;
    } else {
        unexpected("an object");
    }
    return true;
}

bool Parser::key(string_t& name) {
    if (place_ == Place::top) {
        key_ = std::move(name);
        if (key_.find('\0') != std::string::npos) fail("", "names without the character NUL", in_quotes(key_));
        if (!names_.insert(key_).second) fail(where(), "a name that comes once", "it twice");
        return true;
    }
    field_ = std::move(name);
    if (place_ == Place::entry && field_ != "dtype" && field_ != "shape" && field_ != "data_offsets") {
        fail(where(), "the fields dtype, shape and data_offsets", in_quotes(field_));
    }
    if (!fields_.insert(field_).second) fail(where(), "a field " + in_quotes(field_) + " that comes once", "it twice");
    return true;
}

bool Parser::end_object() {
    if (place_ == Place::entry) finish_entry();
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
}

void Parser::finish_entry() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
        if (!fields_.contains(field)) fail(where(), "the field " + in_quotes(field), "an object without it");
    }
    header.entries.push_back(std::move(entry_));
}

bool Parser::start_array(std::size_t) {
    if (place_ != Place::entry || field_ == "dtype") unexpected("a list");
    place_ = field_ == "shape" ? Place::shape : Place::offsets;
    return true;
}

bool Parser::end_array() {
    if (place_ == Place::offsets && offset_count_ != 2) unexpected(std::to_string(offset_count_));
    place_ = Place::entry;
    return true;
}

bool Parser::parse_error(std::size_t position, const std::string&, const json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error ...; last read: '...'"
    std::string reason = error.what();
    reason.erase(0, std::min(reason.find("] "), reason.size() - 2) + 2);
    if (reason.starts_with("parse error")) reason.erase(0, reason.find(": ") + 2);
    reason.erase(std::min(reason.find("; last read"), reason.size()));
    throw DataError(file_ + ": expected JSON in the header, got \"" + reason + "\" at byte " +
                    std::to_string(8 + position));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> bytes, const std::string& file) {
    // The JSON library takes this byte for the end and would not see what stands behind it.
    if (const auto nul = std::find(bytes.begin(), bytes.end(), std::byte{0}); nul != bytes.end()) {
        throw DataError(file + ": expected JSON in the header, got a zero at byte " +
                        std::to_string(8 + (nul - bytes.begin())));
    }
    const auto* begin = reinterpret_cast<const char*>(bytes.data());
    Parser parser(file);
    json::sax_parse(begin, begin + bytes.size(), &parser);
    return std::move(parser.header);
}

std::string_view safetensors_name(Element element) {
    return std::find_if(std::begin(types), std::end(types), [&](auto& t) { return t.second == element; })->first;
}

}  // namespace xtape::files::detail

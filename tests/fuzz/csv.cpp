#include "fuzz/target.hpp"

#include <xtape/data/csv.hpp>

#include <algorithm>
#include <iterator>

using namespace xtape;

namespace {

// What is wrong with one column must not hide the others.
template <class F>
void allow_data_error(F&& f) {
    try {
        f();
    } catch (const DataError&) {
    }
}

void use(const data::Table& table) {
    for (std::size_t i = 0; i < std::min<std::size_t>(table.columns(), 4); ++i) {
        const std::string& name = table.names()[i];
        if (table.column(name) != i) std::abort();
        for (std::size_t row = 0; row < table.rows(); ++row) {
            const std::string text = table.text(row, name);
            fuzz::touch(std::as_bytes(std::span(text)));
        }
        if (table.drop_missing({name}).rows() + table.missing(name) != table.rows()) std::abort();
        allow_data_error([&] { table.numbers(name, 0); });
        allow_data_error([&] { table.numbers<double>(name, data::Missing::mean()); });
        allow_data_error([&] {
            const data::Features features = table.features(
                {data::Column::index(name, {.missing = "none"}), data::Column::one_hot(name, {.missing = "none"})});
            fuzz::touch(std::as_bytes(std::span(features.values.data(), features.values.size())));
            if (table.features(features.columns).values != features.values) std::abort();
        });
    }
    allow_data_error([&] { table.matrix(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const data::CsvOptions options[] = {
        {},
        {.header = false, .separator = ' '},
        {.separator = ';', .decimal = ',', .comment = '#', .trim = true},
        {.header = false, .separator = '\t', .names = {"a", "b"}},
    };
    const auto read = [&](const data::CsvOptions& o) {
        fuzz::run(data, size, [&](std::span<const std::byte> bytes) { use(data::read_csv(bytes, "x", o)); });
    };
#ifdef XTAPE_LIBFUZZER
    // One reading an execution: libFuzzer chooses the options too, by one more byte at the end, which found/csv does without.
    if (size == 0) return 0;
    read(options[data[--size] % std::size(options)]);
#else
    for (const data::CsvOptions& o : options) read(o);
#endif
    return 0;
}

#include "parts.hpp"

#include <xtape/autodiff/random.hpp>
#include <xtape/data/digits.hpp>
#include <xtape/files/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace examples {

using namespace xtape;

Parts parts_of_digits(const std::array<std::size_t, 3>& sizes, const std::filesystem::path& file) {
    const data::TensorDataset digits = data::digits();
    const IndexArray order = random::permutation(digits.size());
    const std::array names{"train", "validation", "test"};
    std::vector<std::string> rows;
    std::vector<data::TensorDataset> parts;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const std::span<const std::int64_t> part(order.data() + begin, sizes[i]);
        parts.push_back(digits.subset(part));
        for (const std::int64_t row : part)
            rows.push_back(fmt::format("{},{},{}", names[i], row, digits.labels()(row)));
        begin += sizes[i];
    }
    if (!file.empty()) write_csv(file, "part,row,label", rows);
    return {parts[0], parts[1], parts[2]};
}

void write_csv(const std::filesystem::path& file, const std::string& header, const std::vector<std::string>& rows) {
    const std::string text = fmt::format("{}\n{}\n", header, fmt::join(rows, "\n"));
    files::write_atomically(file, std::as_bytes(std::span(text)));
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string joined(const std::vector<double>& values) {
    std::string text;
    for (const double value : values) text += fmt::format("{}{:.2f}", text.empty() ? "" : " ", value);
    return text;
}

}  // namespace examples

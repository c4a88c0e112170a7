#include "data/golden.hpp"
#include "files/allocations.hpp"
#include "files/check_golden.hpp"

#include <xtape/data/usps_rows.hpp>

#include <doctest/doctest.h>

using namespace xtape;
using support::bytes;
using support::Bytes;
using support::usps_line;

namespace {

data::UspsRows read_rows(const Bytes& content) { return data::read_usps(content, "x"); }

}  // namespace

TEST_CASE("USPS digits are read from commas and from spaces") {
    std::string first = "6.0000";
    for (int i = 0; i < 256; ++i) first += i == 17 ? " -0.6310" : " -1.0000";
    // Lines of zip.train end with a space.
    const std::string spaces = first + " \n" + usps_line("5", "1", " ");
    std::string commas = "6";
    for (int i = 0; i < 256; ++i) commas += i == 17 ? ",-0.631" : ",-1";
    commas += "\n" + usps_line("5", "1", ",");
    for (const Bytes& content :
         {bytes(spaces), bytes(commas), support::gzip(bytes(spaces)), support::gzip(bytes(commas))}) {
        const data::UspsRows rows = read_rows(content);
        CHECK(to_string(rows.features.shape()) == "(2, 256)");
        CHECK(rows.labels == IndexArray{6, 5});
        CHECK(rows.features(0, 16) == -1.f);
        CHECK(rows.features(0, 17) == -0.631f);
        CHECK(rows.features(1, 255) == 1.f);
    }
}

TEST_CASE("every bad USPS file is refused with what is wrong and where") {
    support::check_refused(support::golden_usps(), read_rows);
    support::check_read(support::golden_usps(), read_rows);
}

TEST_CASE("small USPS files ask for little memory") {
    for (const support::Golden& golden : support::golden_usps()) {
        INFO(golden.name);
        const std::size_t asked = support::bytes_asked_by([&] {
            try {
                read_rows(golden.bytes);
            } catch (const DataError&) {
            }
        });
        CHECK(asked < (1 << 20));
    }
}

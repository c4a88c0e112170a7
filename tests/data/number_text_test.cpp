#include "files/support.hpp"

#include <xtape/data/csv.hpp>
#include <xtape/data/number_text.hpp>

#include <doctest/doctest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <locale>
#include <sstream>

using namespace xtape;
using data::detail::NumberText;

namespace {

template <class T>
T number(std::string_view text, char decimal = '.') {
    T value = std::numeric_limits<T>::quiet_NaN();
    return data::detail::number_from_text(text, decimal, value) == NumberText::number
               ? value
               : std::numeric_limits<T>::quiet_NaN();
}

template <class T>
NumberText kind(std::string_view text) {
    T value = 0;
    return data::detail::number_from_text(text, '.', value);
}

// Numbers written with a point are these, whatever the locale.
void check_table() {
    const data::Table table =
        data::read_csv(support::bytes("a,b\n1.5,-0.25\n1e3,1000.125\n1e-400,1.7976931348623157e308\n"), "x");
    CHECK(table.matrix<double>() == Array64{{1.5, -0.25}, {1000, 1000.125}, {0, 1.7976931348623157e308}});
    const data::Table commas =
        data::read_csv(support::bytes("a;b\n1,5;-0,25\n"), "x", {.separator = ';', .decimal = ','});
    CHECK(commas.matrix<double>() == Array64{{1.5, -0.25}});
}

class CommaAndDots : public std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_CASE("numbers are rounded to the nearest") {
    CHECK(number<float>("0.1") == 0.1f);
    CHECK(number<double>("0.1") == 0.1);
    // Half-way between two floats, and a little more than that in the 20th decimal.
    CHECK(number<float>("1.00000005960464477539") == 1.f);
    CHECK(number<float>("1.00000005960464477540") == std::nextafter(1.f, 2.f));
    CHECK(number<double>("9007199254740993") == 9007199254740992.0);
    CHECK(number<double>("179769313486231570814527423731704356798070e267") == std::numeric_limits<double>::max());
    CHECK(std::signbit(number<float>("-0")));
}

TEST_CASE("numbers too small are 0 or denormal, numbers too large are none") {
    CHECK(number<float>("1e-45") == std::numeric_limits<float>::denorm_min());
    CHECK(number<float>("1e-60") == 0.f);
    CHECK(number<float>("-1e-4940") == 0.f);
    CHECK(number<double>("4.9e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(number<double>("1e-400") == 0.0);
    CHECK(number<double>("1e-99999") == 0.0);
    CHECK(number<double>("0." + std::string(500, '0') + "1") == 0.0);
    CHECK(kind<float>("3.5e38") == NumberText::out_of_range);
    CHECK(kind<double>("3.5e38") == NumberText::number);
    CHECK(kind<double>("-2e308") == NumberText::out_of_range);
    CHECK(kind<double>("1e99999") == NumberText::out_of_range);
    CHECK(kind<double>(std::string(400, '9')) == NumberText::out_of_range);
}

TEST_CASE("a decimal comma is read where it is asked for") {
    CHECK(number<double>(" -1,25e1 ", ',') == -12.5);
    CHECK(number<double>("7", ',') == 7);
    CHECK(std::isnan(number<double>("1.5", ',')));
    CHECK(std::isnan(number<double>("1,5")));
    CHECK(std::isnan(number<double>("1,5,5", ',')));
}

TEST_CASE("numbers do not depend on the C++ locale") {
    const std::locale before = std::locale::global(std::locale(std::locale::classic(), new CommaAndDots));
    std::ostringstream text;
    text << 1000.5;
    CHECK(text.str() == "1.000,5");
    check_table();
    std::locale::global(before);
}

TEST_CASE("numbers do not depend on the C locale") {
    // The locale is made for this test, as most machines do not have it.
    const support::TemporaryFolder folder;
    const std::string make =
        "localedef -i de_DE -f UTF-8 '" + (folder.path() / "de_DE.UTF-8").string() + "' >/dev/null 2>&1";
    const bool made = std::system(make.c_str()) == 0;
    const char* const path = std::getenv("LOCPATH");
    const std::string path_before = path == nullptr ? "" : path;
    if (made) ::setenv("LOCPATH", folder.path().c_str(), 1);
    const std::string before = std::setlocale(LC_ALL, nullptr);
    if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) {
        MESSAGE("skipped: no locale de_DE.UTF-8, and localedef cannot make it");
    } else {
        CHECK(std::string(std::localeconv()->decimal_point) == ",");
        CHECK(std::strtod("1,5", nullptr) == 1.5);
        check_table();
        std::setlocale(LC_ALL, before.c_str());
    }
    if (path_before.empty()) {
        ::unsetenv("LOCPATH");
    } else {
        ::setenv("LOCPATH", path_before.c_str(), 1);
    }
}

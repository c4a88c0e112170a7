// The tables of a summary, and its arithmetic.
#include <xtape/autodiff/inspect.hpp>

#include <doctest/doctest.h>

#include <sstream>

using namespace xtape;

namespace {

TapeSummary example() {
    OperationSummary linear;
    linear.name = "linear";
    linear.count = 3;
    linear.elements = 20'480;
    linear.kept_bytes = 3 << 20;
    linear.replays = 3;
    linear.forward_seconds = 3e-3;
    linear.backward_seconds = 5e-3;
    linear.moved_bytes = 4e6;
    linear.flops = 6e8;
    OperationSummary relu;
    relu.name = "an_operation_whose_name_is_too_long";
    relu.count = 2;
    relu.elements = 100;
    relu.kept_bytes = 1 << 20;
    relu.shared_bytes = 500;
    relu.forward_seconds = 1e-6;
    relu.backward_seconds = 2;
    relu.moved_bytes = 3'000;
    TapeSummary summary;
    summary.operations = {relu, linear};
    summary.observed = summary.profiled = true;
    summary.records = 1;
    summary.freed = 4;
    summary.parameters = 6;
    summary.watched = 1;
    summary.live_bytes = 4096;
    summary.peak_bytes = 4 << 20;
    summary.parameter_bytes = 1023;
    summary.record_bytes = 1 << 16;
    return summary;
}

constexpr const char* memory =
    "operation                     count       elements         kept       shared   share\n"
    "linear                            3          20480      3.0 MiB          0 B   75.0%\n"
    "an_operation_whose_na...          2            100      1.0 MiB        500 B   25.0%\n"
    "total                             5          20580      4.0 MiB        500 B  100.0%\n"
    "kept now 4.0 KiB, at most 4.0 MiB, each array once; besides: parameters 1023 B, records 64.0 KiB\n"
    "on the tape 1 operation, 6 parameters, 1 watched tensor; 4 operations replayed and freed\n";

constexpr const char* times =
    "operation                   count     forward    backward   share       moved      GB/s   GFLOP/s\n"
    "an_operation_whose_na...        2     1.00 us      2.00 s   99.6%     2.9 KiB      0.00      0.00\n"
    "linear                          3     3.00 ms     5.00 ms    0.4%     3.8 MiB      0.50    200.00\n"
    "total                           5     3.00 ms      2.00 s  100.0%     3.8 MiB      0.00    199.93\n"
    "GB/s: forward and backward; GFLOP/s: forward only\n";

}  // namespace

TEST_CASE("the tables of a summary are aligned, sorted by what they show, and fit in 100 columns") {
    const TapeSummary summary = example();
    CHECK(summary.memory_table() == memory);
    CHECK(summary.time_table() == times);
    std::istringstream lines(to_string(summary));
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("a summary prints its memory table, after its time table when time was measured") {
    TapeSummary summary = example();
    std::ostringstream out;
    out << summary;
    CHECK(out.str() == to_string(summary));
    CHECK(to_string(summary) == std::string(times) + "\n" + memory);
    summary.profiled = false;
    CHECK(to_string(summary) == memory);
}

TEST_CASE("the peak is not claimed when nobody watched") {
    TapeSummary summary;
    summary.live_bytes = 10;
    CHECK(summary.memory_table() ==
          "operation                     count       elements         kept       shared   share\n"
          "total                             0              0          0 B          0 B    0.0%\n"
          "kept now 10 B, each array once; besides: parameters 0 B, records 0 B\n"
          "on the tape 0 operations, 0 parameters, 0 watched tensors; 0 operations replayed and freed\n");
}

TEST_CASE("rates are those of the time they belong to") {
    const TapeSummary summary = example();
    const OperationSummary& linear = summary.operations[1];
    CHECK(linear.seconds() == 8e-3);
    CHECK(linear.gigaflops() == doctest::Approx(200));             // 6e8 in 3 ms: the forward alone
    CHECK(linear.gigabytes_per_second() == doctest::Approx(0.5));  // 4 MB in 8 ms
    CHECK(OperationSummary{}.gigaflops() == 0);
    CHECK(OperationSummary{}.gigabytes_per_second() == 0);
    CHECK(summary.total().flops == 6e8);
    CHECK(summary.total().name == "total");
}

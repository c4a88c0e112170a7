#include "files/support.hpp"

#include <xtape/autodiff/error.hpp>
#include <xtape/files/read.hpp>
#include <xtape/files/safetensors.hpp>
#include <xtape/train/snapshot.hpp>

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>
#include <cmath>
#include <limits>

using namespace xtape;

namespace {

train::Snapshot example() {
    train::Snapshot snapshot;
    snapshot.put("weights", Array{{1.f, -2.f}, {0.5f, 1e-45f}});
    snapshot.put("sums", Array64{0.1, std::numeric_limits<double>::infinity()});
    snapshot.put("places", IndexArray{3, -1});
    snapshot.put_number("rate", std::nan(""));
    snapshot.put_count("steps", std::numeric_limits<std::uint64_t>::max());
    snapshot.put_text("note", "\"xtape.crc32\":\"00000000\" and caf\u00e9");
    return snapshot;
}

}  // namespace

TEST_CASE("a snapshot comes back from its file") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "s.ckpt";
    example().save(path);
    const train::Snapshot copy = train::Snapshot::load(path);
    CHECK(copy.array<float>("weights") == Array{{1.f, -2.f}, {0.5f, 1e-45f}});
    CHECK(copy.array<double>("sums") == Array64{0.1, std::numeric_limits<double>::infinity()});
    CHECK(copy.array<std::int64_t>("places") == IndexArray{3, -1});
    CHECK(std::isnan(copy.number("rate")));
    CHECK(copy.count("steps") == std::numeric_limits<std::uint64_t>::max());
    CHECK(copy.text("note") == "\"xtape.crc32\":\"00000000\" and caf\u00e9");
    CHECK(copy.values().size() == 6);
    CHECK(files::read_safetensors(path).arrays.size() == 5);  // other programs read it, too
}

TEST_CASE("a snapshot's file with any byte changed in any bit is refused") {
    const support::TemporaryFolder folder;
    example().save(folder.path() / "s.ckpt");
    const std::vector<std::byte> good = files::read_file(folder.path() / "s.ckpt");
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::vector<std::byte> bad = good;
        bad[i] ^= static_cast<std::byte>(1u << (i % 8));
        CHECK_THROWS_AS(train::Snapshot::load(folder.write("bad.ckpt", bad)), DataError);
    }
    for (std::size_t length = 0; length < good.size(); length += 7) {
        CHECK_THROWS_AS(train::Snapshot::load(folder.write("short.ckpt", {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)})),
                        DataError);
    }
}

TEST_CASE("a damaged snapshot's error names the file") {
    const support::TemporaryFolder folder;
    const auto path = folder.write("other.ckpt", support::bytes("hello"));
    CHECK_THROWS_WITH_AS(train::Snapshot::load(path),
                         (path.string() + ": expected a file with the checksum \"xtape.crc32\", found none").c_str(), DataError);
    CHECK_THROWS_AS(train::Snapshot::load(folder.path() / "none.ckpt"), IoError);
}

TEST_CASE("a snapshot's values are asked for by name and kind") {
    const train::Snapshot snapshot = example();
    CHECK_THROWS_WITH_AS((void)snapshot.number("nothing"), "snapshot: expected an array of float64 \"nothing\", found none", DataError);
    CHECK_THROWS_WITH_AS((void)snapshot.array<double>("weights"),
                         "snapshot: expected an array of float64 \"weights\", found something else of that name", DataError);
    CHECK_THROWS_WITH_AS((void)snapshot.number("sums"), "snapshot: expected a number \"sums\", found an array of shape (2)", DataError);
    CHECK_THROWS_WITH_AS((void)snapshot.text("steps"), "snapshot: expected a text \"steps\", found something else of that name", DataError);
    train::Snapshot twice = snapshot;
    CHECK_THROWS_WITH_AS(twice.put_number("rate", 1), "snapshot: expected names that differ, got \"rate\" twice", ConfigError);
}

TEST_CASE("a part of a snapshot has the names behind a prefix") {
    train::Snapshot all;
    all.put_all("model.", example());
    all.put_number("modela", 1);
    CHECK(all.part("model.").values().size() == 6);
    CHECK(all.part("model.").array<std::int64_t>("places") == IndexArray{3, -1});
    CHECK(all.part("nothing.").values().empty());
}

TEST_CASE("a snapshot that cannot be written leaves the one before") {
    const support::TemporaryFolder folder;
    const auto path = folder.path() / "s.ckpt";
    example().save(path);
    train::Snapshot large = example();
    large.put("large", Array::from_shape({100000}));

    // Without the signal a write beyond the limit fails with EFBIG.
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limits{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limits) == 0);
    const rlimit small{20000, limits.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_THROWS_AS(large.save(path), IoError);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limits) == 0);
    std::signal(SIGXFSZ, before);

    CHECK(train::Snapshot::load(path).values().size() == 6);
    CHECK_THROWS_AS(large.save("/dev/full"), IoError);
    CHECK_THROWS_AS(large.save(folder.path() / "none" / "s.ckpt"), IoError);
}

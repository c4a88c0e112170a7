#!/usr/bin/env bash
# get_data_test.sh ROOT: what scripts/get-data does with whole, damaged and missing files. No network: everything comes from
# a folder or a file:// address.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
root="$1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

# holds FOLDER NAME...: these files are in it, hidden ones counted, and no others.
holds() {
    local folder="$1" got
    shift
    got="$(cd "$folder" 2>/dev/null && find . -mindepth 1 -printf '%P\n' | sort | tr '\n' ' ')" || got="no such folder "
    [[ "$got" == "$*${*:+ }" ]] || {
        printf 'FAILED: %s: expected "%s", got "%s"\n' "$folder" "$*" "$got"
        failures=$((failures + 1))
    }
}

# A copy of the script with a list of its own.
mkdir scripts mirror
cp "$root/scripts/get-data" "$root/scripts/lib.sh" scripts
echo "first file" >mirror/one
echo "second file" >mirror/two
cat >scripts/get-data.list <<LIST
# comment
small one sha256:$(sha256sum mirror/one | cut -d ' ' -f 1) file://$work/mirror
small two md5:$(md5sum mirror/two | cut -d ' ' -f 1) file://$work/mirror
LIST

if command -v curl >/dev/null; then # wget knows no file://
    expect 0 "small is in data/small" scripts/get-data small data
    holds data small small/one small/two
    cmp mirror/one data/small/one
    expect 0 "data/small/two is there" scripts/get-data small data
    expect 1 "cannot fetch file://$work/none/one; --from takes another address or a folder" \
        scripts/get-data small elsewhere --from "file://$work/none"
    holds . data data/small data/small/one data/small/two mirror mirror/one mirror/two scripts scripts/get-data \
        scripts/get-data.list scripts/lib.sh
fi

expect 0 "small is in copied/small" scripts/get-data small copied --from mirror
holds copied small small/one small/two

echo "damaged" >copied/small/one
expect 0 "fetching one from mirror/" scripts/get-data small copied --from=mirror/
cmp mirror/one copied/small/one

echo "damaged" >mirror/one
expect 1 "get-data: one from mirror is damaged or another file: expected sha256:" scripts/get-data small new --from mirror
[[ ! -e new ]]
echo "also damaged" >copied/small/one
expect 1 ", got sha256:" scripts/get-data small copied --from mirror
[[ "$(cat copied/small/one)" == "also damaged" ]]
holds copied small small/one small/two
echo "first file" >mirror/one
echo "damaged" >mirror/two
expect 1 "two from mirror is damaged or another file: expected md5:" scripts/get-data small half --from mirror
holds half small small/one
rm mirror/two
expect 1 "mirror has no file two" scripts/get-data small half --from mirror

expect 1 "no data set is called big" scripts/get-data big data
expect 1 "expected a name and a folder" scripts/get-data small
expect 1 "--from needs an address or a folder" scripts/get-data small data --from
expect 1 "unknown option --form" scripts/get-data small data --form mirror
expect 0 "usage: scripts/get-data NAME DIR" scripts/get-data --help

# The real list: USPS files are checked by their form.
digits() { # LINES LAST-LINE
    awk -v lines="$1" -v last="$2" 'BEGIN {
        line = "6.0000"
        for (i = 0; i < 256; ++i) line = line " -0.5000"
        for (i = 1; i < lines; ++i) print line " "
        print last == "" ? line " " : last }' | gzip
}
mkdir usps
digits 7291 "" >usps/zip.train.gz
digits 2007 "" >usps/zip.test.gz
expect 0 "usps is in real/usps" "$root/scripts/get-data" usps real --from usps
holds real usps usps/zip.test.gz usps/zip.train.gz
digits 2006 "" >usps/zip.test.gz
expect 1 "expected numbers:2007x257, got numbers:2006x257" "$root/scripts/get-data" usps other --from usps
digits 2007 "6 1 1" >usps/zip.test.gz
expect 1 "expected numbers:2007x257, got numbers:none" "$root/scripts/get-data" usps other --from usps
echo "<html>" >usps/zip.test.gz
expect 1 "expected numbers:2007x257, got numbers:none" "$root/scripts/get-data" usps other --from usps
expect 0 "mnist, fashion-mnist, usps, insurance" "$root/scripts/get-data" --help
echo "<html>" >usps/insurance.csv
expect 1 "insurance.csv from usps is damaged or another file: expected sha256:505c1cbc" \
    "$root/scripts/get-data" insurance other --from usps

# Whole originals, where they are at hand.
if [[ -f "${XTAPE_DATA:-}/mnist/train-images-idx3-ubyte.gz" ]]; then
    expect 0 "mnist is in whole/mnist" "$root/scripts/get-data" mnist whole --from "$XTAPE_DATA/mnist"
fi
if [[ -f "${XTAPE_DATA:-}/small/insurance.csv" ]]; then
    expect 0 "insurance is in whole/insurance" "$root/scripts/get-data" insurance whole --from "$XTAPE_DATA/small"
fi

((failures == 0)) || exit 1
echo "all as expected"

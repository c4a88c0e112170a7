#!/usr/bin/env bash
# gallery_test.sh ROOT BUILD: what scripts/gallery refuses, and that its list names studies that the programs have.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
root="$1" build="$2"

expect 0 'usage: scripts/gallery' "$root/scripts/gallery" --help
expect 1 'there is no experiment 99' "$root/scripts/gallery" 99
expect 1 '--seeds: expected numbers separated by commas, got few' "$root/scripts/gallery" --seeds few
expect 1 '--jobs: expected a number from 1 on, got 0' "$root/scripts/gallery" --jobs=0
expect 1 '--data: there is no folder /no/such' "$root/scripts/gallery" --data /no/such
expect 1 'unknown option --fast' "$root/scripts/gallery" --fast

while read -r program study _; do
    [[ "$program" == \#* || "$study" == all ]] && continue
    "$build/examples/$program" --help | tr '\n' ' ' | grep -Eq -- "--study [^-]*[{,]${study}[,}]" || {
        printf 'FAILED: scripts/gallery.list: %s has no study %s\n' "$program" "$study"
        failures=$((failures + 1))
    }
done <"$root/scripts/gallery.list"
((failures == 0)) && echo "all as it should be"

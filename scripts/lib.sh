# Shared by the scripts beside it: `source` it first. They work from any directory.
# shellcheck shell=bash
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Debian packages of the libraries that everything together needs.
libraries=(
    libxtensor-dev libxtensor-blas-dev libxsimd-dev libtbb-dev libopenblas-dev libfmt-dev zlib1g-dev libpng-dev libcli11-dev doctest-dev
    librapidcheck-dev nlohmann-json3-dev
)

say() { printf '== %s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null; }

# A tool counts as present wherever it comes from; a library has to be Debian's.
missing_packages() {
    have cmake || echo cmake
    have ninja || echo ninja-build
    have c++ || have g++ || have clang++ || [[ -n "${CXX:-}" ]] || echo g++
    have gnuplot || echo gnuplot-nox # draws the pictures of the examples
    local package
    for package in "${libraries[@]}"; do
        # shellcheck disable=SC2016  # ${...} is dpkg-query's own syntax
        [[ "$(dpkg-query --show --showformat '${db:Status-Abbrev}' "$package" 2>/dev/null)" == ii* ]] || echo "$package"
    done
}

install_packages() {
    have dpkg-query || return 0 # not Debian: CMake names what it does not find
    local missing as_root=()
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0

    local advice="these Debian packages are missing; install them and run this again:
  apt-get install ${missing[*]}"
    have apt-get || fail "$advice"
    if ((EUID != 0)); then
        have sudo || fail "$advice"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    local log
    log="$(mktemp)"
    if ! { "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get failed; $advice"
    fi
    rm -f "$log"
}

# build PRESET [TARGET...]: configures and builds with all cores; without targets, everything.
build() {
    local preset="$1" target arguments=()
    shift
    for target in "$@"; do arguments+=(--target "$target"); done
    cd "$root"
    say "configuring build/$preset"
    cmake --preset "$preset" | sed -n 's/^-- xtape/   xtape/p'
    say "building on $(nproc) cores"
    cmake --build --preset "$preset" --parallel "$(nproc)" "${arguments[@]}"
}

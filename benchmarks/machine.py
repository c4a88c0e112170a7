"""What a run was made with: the machine, the compiler, the libraries, the commit."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

PACKAGES = ["libxtensor-dev", "libxsimd-dev", "libtbb-dev", "libopenblas-dev", "libtorch-dev", "libdlib-dev", "python3-sklearn"]


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def cached(build, name):
    """A variable of CMake's cache."""
    cache = build / "CMakeCache.txt"
    found = re.search(rf"^{name}:\w+=(.*)$", cache.read_text(), re.MULTILINE) if cache.exists() else None
    return found[1] if found else ""


def processor():
    found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def flags():
    """What the processor can do, as Linux names it."""
    found = re.search(r"^(?:flags|Features)\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].split() if found else []


def simd():
    return next((name for name in ("avx512f", "avx2", "avx", "sse2", "asimd") if name in flags()), "")


def commit(folder):
    name = output("git", "-C", str(folder), "rev-parse", "--short=10", "HEAD")
    changed = output("git", "-C", str(folder), "status", "--porcelain", "--untracked-files=no")
    return name + (" with changes" if name and changed else "")


def describe(build):
    versions = {package: output("dpkg-query", "--show", "--showformat", "${Version}", package) for package in PACKAGES}
    compiler = output(cached(build, "CMAKE_CXX_COMPILER") or "c++", "--version").splitlines()
    return {"date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
            "commit": commit(pathlib.Path(__file__).resolve().parent),
            "processor": processor(), "simd": simd(), "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "kernel": platform.release(),
            "compiler": compiler[0] if compiler else "", "arch": cached(build, "XTAPE_ARCH"),
            "packages": {package: version for package, version in versions.items() if version},
            "load": os.getloadavg()[0]}


def processor_ticks():
    """Ticks since boot: all, and those that another virtual machine took."""
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[7]


def summary(machine):
    text = (f"{machine['date']}, commit {machine['commit']}: {machine['processor']} ({machine['simd']}), {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB; {machine['compiler']}, XTAPE_ARCH {machine['arch']}; "
            + ", ".join(f"{package} {version}" for package, version in machine["packages"].items())
            + f". Load when it began {machine['load']:.1f}")
    if machine.get("core"):
        text += (f". OpenBLAS does not know this processor by itself: libtorch, dlib, scikit-learn and the hand-written loop are given "
                 f"OPENBLAS_CORETYPE={machine['core']}, xtape is not")
    return text + (f"; {machine['stolen_percent']:.1f} % of the time stolen by other machines." if "stolen_percent" in machine else ".")

"""What this machine has and lacks: Debian's packages, libraries, a compiler, a Python that is new enough.

Standard library only, and readable by Pythons older than charstudio needs, so that they can say so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
APT_LISTS = Path("/var/lib/apt/lists")


class CannotPrepare(Exception):  # noqa: N818 - it reads as the sentence it carries
    """What stands in the way, in words for the person at the keyboard."""


class Library(NamedTuple):
    """A system library: Debian's package, the file the loader looks for, and what it is."""

    package: str
    soname: str
    words: str


WINDOW = (
    Library("libglib2.0-0", "libglib-2.0.so.0", "GLib"),
    Library("libgl1", "libGL.so.1", "OpenGL"),
    Library("libegl1", "libEGL.so.1", "EGL"),
    Library("libxkbcommon0", "libxkbcommon.so.0", "xkbcommon"),
    Library("libdbus-1-3", "libdbus-1.so.3", "D-Bus"),
    Library("libfontconfig1", "libfontconfig.so.1", "fontconfig"),
    Library("libpulse0", "libpulse.so.0", "the PulseAudio client"),
    Library("libxrandr2", "libXrandr.so.2", "Xrandr"),
)
DISPLAY = (
    Library("libxcb-cursor0", "libxcb-cursor.so.0", "xcb cursor"),
    Library("libxkbcommon-x11-0", "libxkbcommon-x11.so.0", "xkbcommon for X11"),
    Library("libxcb-icccm4", "libxcb-icccm.so.4", "xcb icccm"),
    Library("libxcb-keysyms1", "libxcb-keysyms.so.1", "xcb keysyms"),
    Library("libxcb-shape0", "libxcb-shape.so.0", "xcb shape"),
)


def say(text: str) -> None:
    """Tell the person at the keyboard what happens now."""
    print(f"charstudio: {text}", flush=True)


def run(*command: str) -> int:
    """Run a command whose output the person sees; its exit code."""
    return subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode


def read(*command: str) -> str | None:
    """What a command printed, or None if it failed or is not there."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(), check=False, capture_output=True, encoding="utf-8"
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    ours = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0", "PYTHONUTF8": "1"}
    return {**os.environ, **ours, "DEBIAN_FRONTEND": "noninteractive"}


# What is there


def is_debian(os_release: str) -> bool:
    """Whether `/etc/os-release` speaks of Debian, Ubuntu or a child of theirs."""
    lines = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    names = " ".join(lines.get(key, "").strip("\"'") for key in ("ID", "ID_LIKE")).split()
    return bool({"debian", "ubuntu"} & set(names))


def on_debian() -> bool:
    """Whether Debian's package tools look after this machine."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    return is_debian(text) and shutil.which("dpkg-query") is not None


def is_root() -> bool:
    """Whether we may install system packages."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_display() -> bool:
    """Whether a window can be shown: always outside Linux, with X or Wayland there."""
    if platform.system() != "Linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def installed_packages() -> frozenset[str]:
    """The names of Debian's installed packages, and the older names that they provide."""
    shown = read("dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}, ${Provides}\n") or ""
    names: set[str] = set()
    for line in shown.splitlines():
        status, _, provided = line.partition("\t")
        if status == "installed":
            names.update(word.split()[0].split(":")[0] for word in provided.split(",") if word.strip())
    return frozenset(names)


def loads(soname: str) -> bool:
    """Whether the loader finds this library."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def compiler_works() -> bool:
    """Whether a small C++ program can be built here."""
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if not compiler or not (os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")):
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "small.cpp"
        source.write_text("#include <vector>\nint main() { return std::vector<int>{}.size(); }\n", "utf-8")
        return read(*compiler.split(), str(source), "-o", str(Path(folder) / "small")) is not None


def venv_works(python: str) -> bool:
    """Whether this Python can make virtual environments (Debian splits that off)."""
    return read(python, "-c", "import venv, ensurepip") is not None


def python_version(python: str) -> tuple[int, int] | None:
    """The version of a Python, or None if it does not run."""
    shown = read(python, "-c", "import sys; print(*sys.version_info[:2])")
    if not shown:
        return None
    major, minor = shown.split()
    return int(major), int(minor)


def find_python() -> str:
    """The Python that the environment is made with: the one that runs us, or a newer one on the path."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return str(getattr(sys, "_base_executable", sys.executable))
    for name in ("python3.13", "python3.12", "python3.11", "python3.14"):
        found = shutil.which(name)
        if found and (python_version(found) or (0, 0)) >= OLDEST_PYTHON:
            return found
    wanted = ".".join(map(str, OLDEST_PYTHON))
    raise CannotPrepare(
        f"Python {wanted} or newer is needed; this is {platform.python_version()}, and no newer one "
        "is on the path. Debian 12, Ubuntu 24.04 and all later ones have it as python3."
    )


CPU_WORDS = {  # what llama.cpp calls it: what /proc/cpuinfo calls it
    "AVX": "avx",
    "AVX2": "avx2",
    "F16C": "f16c",
    "FMA": "fma",
    "BMI2": "bmi2",
    "AVX_VNNI": "avx_vnni",
    "AVX512": "avx512f",
    "AVX512_VBMI": "avx512vbmi",
    "AVX512_VNNI": "avx512_vnni",
    "AVX512_BF16": "avx512_bf16",
    "AMX_INT8": "amx_int8",
}


def processor() -> frozenset[str] | None:
    """Which of the instructions that llama.cpp may use this processor has; None where nobody says."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return None
    flags = next((line.split() for line in text.splitlines() if line.startswith("flags")), None)
    return None if flags is None else frozenset(CPU_WORDS.values()) & frozenset(flags)


# What is missing


def libraries_wanted(*, display: bool) -> tuple[Library, ...]:
    """What must be there to draw: a window on a display needs more than the tests do."""
    return WINDOW + DISPLAY if display else WINDOW


def missing_packages(python: str, *, display: bool, build: bool) -> list[str]:
    """Debian's packages that are wanted and not there; those for building only if something is built."""
    there = installed_packages()
    newer = any(name.endswith("t64") for name in there)  # Debian 13, Ubuntu 24.04
    missing = [lib.package for lib in libraries_wanted(display=display) if lib.package not in there]
    missing = ["libglib2.0-0t64" if newer and name == "libglib2.0-0" else name for name in missing]
    if build and not venv_works(python):
        missing.append(venv_package(python))
    if build and "build-essential" not in there and not compiler_works():
        missing.append("build-essential")
    return missing


def venv_package(python: str) -> str:
    """The package that lets this Python make environments; a second Python beside Debian's has its own."""
    own = python_version(python)
    default = python_version("/usr/bin/python3")
    return "python3-venv" if own is None or own == default else "python{}.{}-venv".format(*own)


def apt_line(names: list[str]) -> str:
    """The line a person types to install these packages."""
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(names)}"


def require_system(python: str, *, display: bool, build: bool, install: bool) -> None:
    """See that libraries, environments and a compiler are there; install what is missing where we may."""
    if on_debian():
        names = missing_packages(python, display=display, build=build)
        if names and install and is_root():
            _install_packages(names)
            names = missing_packages(python, display=display, build=build)
        if names:
            raise CannotPrepare(
                f"these system packages are missing: {' '.join(names)}. "
                f"Type this line, then start again:\n\n    {apt_line(names)}\n"
            )
        return
    if platform.system() == "Linux":
        _require_libraries(display=display)
    if build:
        _require_tools(python)


def _install_packages(names: list[str]) -> None:
    say(f"installing system packages: {' '.join(names)}")
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends", *names]
    if any(APT_LISTS.glob("*Packages*")) and run(*command) == 0:
        return
    say("fetching Debian's package lists first")
    if run("apt-get", "update") == 0 and run(*command) == 0:
        return
    raise CannotPrepare(
        "apt-get could not install the system packages; its own words stand above. "
        f"Once this line works, start again:\n\n    {apt_line(names)}\n"
    )


def _require_libraries(*, display: bool) -> None:
    missing = [lib for lib in libraries_wanted(display=display) if not loads(lib.soname)]
    if missing:
        listed = "\n".join(f"    {lib.words} ({lib.soname})" for lib in missing)
        raise CannotPrepare(
            "these system libraries are missing; your system's package manager has them "
            f"(README.md has Debian's names for them):\n\n{listed}\n"
        )


def _require_tools(python: str) -> None:
    if not venv_works(python):
        raise CannotPrepare(f"{python} cannot make environments: its modules venv and ensurepip are missing.")
    if platform.system() != "Windows" and not compiler_works():  # on Windows it does not stand on the path
        hint = "xcode-select --install" if platform.system() == "Darwin" else "your package manager has one"
        raise CannotPrepare(
            f"no working C and C++ compiler was found, and llama.cpp is built from source ({hint})."
        )

"""Makes a fresh copy of this folder ready to run: system libraries, `.venv`, and everything charstudio needs.

    python3 packaging/prepare.py check    says what is missing on this machine and changes nothing
    python3 packaging/prepare.py app      installs the program
    python3 packaging/prepare.py test     installs the program and the tools of the tests
    python3 packaging/prepare.py open     installs the program and opens its window

Standard library only. Running it again is quick, and repairs what an interrupted run left half done.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import machine
from machine import ROOT, CannotPrepare, read, run, say

VENV = ROOT / ".venv"
PINS = ROOT / "packaging" / "tested-versions.txt"
OLDEST_PIP = (25, 1)  # the first that installs dependency groups
TORCH = "torch==2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
FOUND_TORCH = (  # read, not imported: its own dependencies may not be there yet
    "import importlib.util as u, runpy, pathlib; "
    "version = pathlib.Path(u.find_spec('torch').submodule_search_locations[0], 'version.py'); "
    "print(runpy.run_path(str(version))['cuda'] or 'cpu')"
)


# The environment


def venv_program(name: str) -> Path:
    """A program inside the environment."""
    return VENV / ("Scripts" if os.name == "nt" else "bin") / (f"{name}.exe" if os.name == "nt" else name)


def venv_is_sound(python: str) -> bool:
    """Whether the environment runs, has pip, was made here and for this version of Python."""
    own = str(venv_program("python"))
    if not Path(own).exists() or read(own, "-m", "pip", "--version") is None:
        return False
    made = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    command = next((line for line in made.splitlines() if line.startswith("command =")), "")
    moved = bool(command) and not command.endswith(str(VENV))
    return not moved and machine.python_version(own) == machine.python_version(python)


def make_venv(python: str) -> str:
    """Make the environment, or make it anew if it is broken; its own Python."""
    if not venv_is_sound(python):
        say("making the Python environment in .venv")
        if run(python, "-m", "venv", "--clear", str(VENV)) != 0:
            raise CannotPrepare("the Python environment could not be made; the lines above say why.")
    own = str(venv_program("python"))
    shown = read(own, "-c", "import pip; print(pip.__version__)") or "0"
    if tuple(int(part) for part in shown.strip().split(".")[:2] if part.isdigit()) < OLDEST_PIP:
        pip_install(own, "--upgrade", "pip>={}.{}".format(*OLDEST_PIP))
    return own


def pip_install(python: str, *wanted: str) -> None:
    """Install with pip, or say in one sentence that it failed."""
    if run(python, "-m", "pip", "install", *wanted) != 0:
        raise CannotPrepare(
            "pip could not install everything; its own words stand above. "
            "What is done is kept: start again to go on."
        )


def half_installed(packages: Path) -> list[Path]:
    """The `.dist-info` folders whose package is not wholly there, as after a run stopped in the middle."""
    return [folder for folder in sorted(packages.glob("*.dist-info")) if not _is_whole(folder)]


def _is_whole(folder: Path) -> bool:
    """Whether pip came to its end (INSTALLER and RECORD come last) and no file is gone or was emptied.

    Sizes are not compared: PySide6's two packages write some of the same files.
    """
    if not (folder / "INSTALLER").exists() or not (folder / "RECORD").exists():
        return False
    with (folder / "RECORD").open(encoding="utf-8", newline="") as lines:
        filled = [row[0] for row in csv.reader(lines) if len(row) == 3 and row[2] not in ("", "0")]
    try:
        return all((folder.parent / name).stat().st_size for name in filled)
    except OSError:
        return False


def repair(python: str) -> None:
    """Forget half-installed packages, so that pip installs them again."""
    shown = read(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    if not shown:
        return
    packages = Path(shown.strip())
    for folder in half_installed(packages):
        say(f"{folder.name.split('-')[0]} was left half installed and is installed again")
        shutil.rmtree(folder)
    for left in packages.glob("~*"):  # what pip calls a package while it removes it
        shutil.rmtree(left, ignore_errors=True)


# PyTorch, and the engine


def would_install(python: str, *wanted: str) -> list[dict[str, Any]] | None:
    """What pip would install, as the metadata of its report; None if pip does not find it."""
    shown = read(python, "-m", "pip", "install", "--quiet", "--dry-run", "--report", "-", *wanted)
    try:
        return [item["metadata"] for item in json.loads(shown or "")["install"]]
    except ValueError:
        return None


def is_cuda(metadata: dict[str, Any]) -> bool:
    """Whether a package of pip's report belongs to a CUDA build."""
    name, version = metadata["name"].lower(), metadata["version"]
    return name.startswith(("nvidia-", "cuda-")) or (name == "torch" and "+cu" in version)


def install_torch(python: str) -> None:
    """Install PyTorch's CPU build, before anything asks for torch and gets gigabytes of CUDA."""
    if (read(python, "-c", FOUND_TORCH) or "").strip() == "cpu":
        return
    say("installing PyTorch (CPU build, about 200 MB)")
    from_cpu_index = ["--index-url", CPU_INDEX, "--retries", "1", "--timeout", "30", "--no-deps", TORCH]
    offered = would_install(python, *from_cpu_index)
    if offered and (platform.system() == "Darwin" or offered[0]["version"].endswith("+cpu")):
        pip_install(python, *from_cpu_index)
        return
    say(f"{CPU_INDEX} has no answer; asking the package index that pip uses")
    offered = would_install(python, TORCH)
    if offered is None:
        raise CannotPrepare(
            f"{TORCH} was found neither at {CPU_INDEX} nor where pip looks; is the network there?"
        )
    if any(is_cuda(each) for each in offered):
        raise CannotPrepare(
            f"{CPU_INDEX} cannot be reached, and elsewhere pip finds PyTorch with gigabytes of CUDA only. "
            "Make that address reachable, or show pip a CPU build (PIP_FIND_LINKS), and start again."
        )
    pip_install(python, TORCH)


def require_cpu_torch(python: str) -> None:
    """Hold that the PyTorch that loads is a CPU build."""
    build = read(python, "-c", "import torch; print(torch.version.cuda or 'cpu')")
    if build is None:
        raise CannotPrepare("PyTorch was installed but does not load. Remove .venv and start again.")
    if build.strip() != "cpu":
        raise CannotPrepare(
            f"PyTorch here is built for CUDA {build.strip()}; its CPU build is needed. "
            "Remove .venv and start again."
        )


def engine_fits(python: str, has: frozenset[str] | None) -> bool:
    """Whether llama.cpp loads and uses only instructions of this processor.

    It is built for the machine that builds it, and pip keeps the build: on another processor it would die.
    """
    shown = read(python, "-c", "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())")
    if shown is None:
        return False
    on = [part.split("=")[0] for part in shown.split("|") if part.strip().endswith("= 1")]
    uses = {machine.CPU_WORDS.get(word.split(":")[-1].strip()) for word in on} - {None}
    return has is None or uses <= has


def require_engine(python: str) -> None:
    """Hold that llama.cpp runs on this processor; build it anew where a kept build does not."""
    has = machine.processor()
    if engine_fits(python, has):
        return
    say("building llama.cpp anew for this processor (some minutes)")
    anew = ["--force-reinstall", "--no-deps", "--no-cache-dir", "--no-binary", "llama-cpp-python"]
    pip_install(python, *anew, "-c", str(PINS), "llama-cpp-python")
    if not engine_fits(python, has):
        raise CannotPrepare("llama.cpp was built but does not load. Remove .venv and start again.")


# The whole


def key(python: str) -> str:
    """What a finished set-up depends on; when it changes, the set-up runs again."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", PINS, Path(__file__), Path(machine.__file__)):
        digest.update(path.read_bytes())
    place = (machine.python_version(python), str(VENV), sorted(machine.processor() or ()))
    digest.update(repr(place).encode())
    return digest.hexdigest()


def is_prepared(kind: str, wanted: str) -> bool:
    """Whether a run for `app` or `test` came to its end and nothing changed since."""
    stamp = VENV / f".stamp-{kind}"
    there = all(os.path.exists(path) for path in (stamp, venv_program("python"), venv_program("charstudio")))
    return there and stamp.read_text(encoding="utf-8") == wanted


def require_own_folder() -> None:
    """Hold that we may write here; a set-up once run with sudo leaves what the user cannot change."""
    if os.path.lexists(VENV) and not os.access(VENV, os.W_OK):
        raise CannotPrepare(
            f"{VENV} belongs to someone else (was this run with sudo before?). Remove it and start again:\n\n"
            f"    sudo rm -r {VENV}\n"
        )
    if not os.access(ROOT, os.W_OK):
        raise CannotPrepare(f"nothing can be written in {ROOT}; copy the folder to a place of your own.")


def prepare(kind: str, *, display: bool) -> None:
    """Bring this folder to the point where the program (`app`) or its tests (`test`) run."""
    python = machine.find_python()
    wanted = key(python)
    done = is_prepared(kind, wanted)
    machine.require_system(python, display=display, build=not done, install=True)
    if done:
        return
    require_own_folder()
    say("setting up in .venv; the first time llama.cpp is built, which takes some minutes")
    for stamp in VENV.glob(".stamp-*"):
        stamp.unlink()
    own = make_venv(python)
    repair(own)
    install_torch(own)
    say("installing charstudio and what it needs")
    tools = ["--group", "test"] if kind == "test" else []
    pip_install(own, "-c", str(PINS), "-e", f"{ROOT}[all]", *tools)
    require_cpu_torch(own)
    require_engine(own)
    for name in {kind, "app"}:
        (VENV / f".stamp-{name}").write_text(wanted, encoding="utf-8")
    say("ready")


def open_app() -> int:
    """Open the window, or run the demonstration where there is no display."""
    program = str(venv_program("charstudio"))
    if machine.has_display():
        return run(program)
    say("No display here; running the demonstration instead: charstudio demo")
    return run(program, "demo")


def main(arguments: list[str] | None = None) -> int:
    """Do what was asked; 0, or 1 after a sentence that says what stands in the way."""
    parser = argparse.ArgumentParser(description="Makes this folder ready to run charstudio.")
    parser.add_argument("do", choices=["check", "app", "test", "open"])
    do = parser.parse_args(arguments).do
    try:
        if do == "check":
            python, display = machine.find_python(), machine.has_display()
            machine.require_system(python, display=display, build=True, install=False)
            say("nothing is missing on this machine")
            return 0
        prepare("test" if do == "test" else "app", display=machine.has_display() and do != "test")
        return open_app() if do == "open" else 0
    except CannotPrepare as problem:
        print(f"charstudio: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncharstudio: stopped. Start the same command again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

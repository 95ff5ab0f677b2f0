"""The set-up script, on machines that are described rather than had."""

import importlib.util
import io
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGING))
    monkeypatch.delitem(sys.modules, "machine", raising=False)
    module = importlib.import_module("machine")
    yield module
    sys.modules.pop("machine", None)


@pytest.fixture
def prepare(machine, monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("prepare", PACKAGING / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


class Debian:
    """A Debian machine with some packages; apt-get adds to them when its lists are there."""

    def __init__(self, packages, *, root, fetched=True):
        self.packages, self.root, self.fetched, self.ran = set(packages), root, fetched, []

    def become(self, monkeypatch, machine):
        monkeypatch.setattr(machine, "on_debian", lambda: True)
        monkeypatch.setattr(machine, "is_root", lambda: self.root)
        monkeypatch.setattr(machine, "venv_works", lambda python: "python3-venv" in self.packages)
        monkeypatch.setattr(machine, "compiler_works", lambda: False)
        monkeypatch.setattr(machine, "python_version", lambda python: (3, 11))
        monkeypatch.setattr(machine, "read", self.read)
        monkeypatch.setattr(machine, "run", self.run)
        return self

    def read(self, *command):
        assert command[0] == "dpkg-query"
        return "".join(f"installed\t{name}, \n" for name in sorted(self.packages))

    def run(self, *command):
        self.ran.append(" ".join(command))
        if command[1] == "update":
            self.fetched = True
            return 0
        if not self.fetched:
            return 100
        self.packages.update(command[command.index("--no-install-recommends") + 1 :])
        return 0


WINDOW = ["libglib2.0-0", "libgl1", "libegl1", "libxkbcommon0", "libdbus-1-3", "libfontconfig1"]
WINDOW += ["libpulse0", "libxrandr2"]
DISPLAY = ["libxcb-cursor0", "libxkbcommon-x11-0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0"]
BUILD = ["python3-venv", "build-essential"]
EVERYTHING = [*WINDOW, *DISPLAY, *BUILD]


def test_a_bare_debian_12_lacks_exactly_the_documented_packages(machine, monkeypatch):
    Debian([], root=False).become(monkeypatch, machine)
    assert sorted(machine.missing_packages("python3", display=True, build=True)) == sorted(EVERYTHING)


def test_without_a_display_the_xcb_packages_are_not_asked_for(machine, monkeypatch):
    Debian(BUILD, root=False).become(monkeypatch, machine)
    missing = machine.missing_packages("python3", display=False, build=True)
    assert missing == WINDOW


def test_with_nothing_to_build_no_compiler_is_asked_for(machine, monkeypatch):
    Debian(WINDOW, root=False).become(monkeypatch, machine)
    assert machine.missing_packages("python3", display=False, build=False) == []
    assert machine.missing_packages("python3", display=False, build=True) == BUILD


def test_a_compiler_that_works_is_enough_whatever_package_it_came_from(machine, monkeypatch):
    Debian(["python3-venv", *WINDOW], root=False).become(monkeypatch, machine)
    monkeypatch.setattr(machine, "compiler_works", lambda: True)
    assert machine.missing_packages("python3", display=False, build=True) == []


def test_without_root_the_exact_line_is_given_and_nothing_is_run(machine, monkeypatch):
    debian = Debian(set(EVERYTHING) - {"libegl1", "libpulse0"}, root=False).become(monkeypatch, machine)
    with pytest.raises(machine.CannotPrepare) as stopped:
        machine.require_system("python3", display=False, build=True, install=True)
    assert (
        "\n    sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1 libpulse0\n"
        in str(stopped.value)
    )
    assert debian.ran == []


def test_root_installs_what_is_missing_without_fetching_lists_that_are_there(machine, monkeypatch, tmp_path):
    debian = Debian(set(EVERYTHING) - {"libpulse0"}, root=True).become(monkeypatch, machine)
    monkeypatch.setattr(machine, "APT_LISTS", tmp_path)
    (tmp_path / "debian_main_Packages").touch()
    machine.require_system("python3", display=True, build=True, install=True)
    assert "libpulse0" in debian.packages
    assert [line for line in debian.ran if "update" in line] == []
    machine.require_system("python3", display=True, build=True, install=True)
    assert len(debian.ran) == 1


@pytest.mark.parametrize(
    ("lists", "updates"), [([], [True, False]), (["old_Packages"], [False, True, False])]
)
def test_root_fetches_lists_that_are_absent_or_stale(machine, monkeypatch, tmp_path, lists, updates):
    debian = Debian([], root=True, fetched=False).become(monkeypatch, machine)
    monkeypatch.setattr(machine, "APT_LISTS", tmp_path)
    for name in lists:
        (tmp_path / name).touch()
    machine.require_system("python3", display=False, build=True, install=True)
    assert [line.split()[-1] == "update" for line in debian.ran] == updates


def test_an_apt_that_fails_twice_stops_with_the_line_to_try(machine, monkeypatch):
    debian = Debian([], root=True).become(monkeypatch, machine)
    monkeypatch.setattr(machine, "run", lambda *command: 100)
    with pytest.raises(machine.CannotPrepare, match="sudo apt-get update"):
        machine.require_system("python3", display=False, build=True, install=True)
    assert debian.packages == set()


def test_checking_as_root_changes_nothing(machine, monkeypatch):
    debian = Debian([], root=True).become(monkeypatch, machine)
    with pytest.raises(machine.CannotPrepare):
        machine.require_system("python3", display=False, build=True, install=False)
    assert debian.ran == []


def test_the_renamed_glib_of_newer_systems_counts_and_is_asked_for_by_its_name(machine, monkeypatch):
    listed = (
        "installed\tlibglib2.0-0t64, libglib2.0-0 (= 2.80.0-6ubuntu3)\n"
        "installed\tlibssl3t64, libssl3 (= 3.0.13)\n"
        "config-files\tlibegl1, \n"
    )
    monkeypatch.setattr(machine, "read", lambda *command: listed)
    assert "libglib2.0-0" in machine.installed_packages()
    missing = machine.missing_packages("python3", display=False, build=False)
    assert "libegl1" in missing
    assert not [name for name in missing if "glib" in name]
    monkeypatch.setattr(machine, "read", lambda *command: "installed\tlibssl3t64, libssl3 (= 3.0.13)\n")
    assert "libglib2.0-0t64" in machine.missing_packages("python3", display=False, build=False)


def test_a_second_python_beside_debians_has_its_own_venv_package(machine, monkeypatch):
    versions = {"/usr/bin/python3": (3, 10), "/usr/bin/python3.12": (3, 12)}
    monkeypatch.setattr(machine, "python_version", versions.get)
    assert machine.venv_package("/usr/bin/python3.12") == "python3.12-venv"
    assert machine.venv_package("/usr/bin/python3") == "python3-venv"


@pytest.mark.parametrize(
    ("text", "debian"),
    [
        ('ID=debian\nVERSION_ID="12"\n', True),
        ("ID=ubuntu\nID_LIKE=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('NAME="Fedora Linux"\nID=fedora\n', False),
        ("", False),
    ],
)
def test_debian_and_its_children_are_known_by_os_release(machine, text, debian):
    assert machine.is_debian(text) is debian


def test_other_linux_goes_on_when_the_libraries_load(machine, monkeypatch):
    monkeypatch.setattr(machine, "on_debian", lambda: False)
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    monkeypatch.setattr(machine, "loads", lambda soname: soname != "libxcb-cursor.so.0")
    machine.require_system(sys.executable, display=False, build=False, install=True)
    with pytest.raises(machine.CannotPrepare, match=r"xcb cursor \(libxcb-cursor.so.0\)"):
        machine.require_system(sys.executable, display=True, build=False, install=True)


def test_other_systems_without_a_compiler_are_told_so(machine, monkeypatch):
    monkeypatch.setattr(machine, "on_debian", lambda: False)
    monkeypatch.setattr(machine.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(machine, "venv_works", lambda python: True)
    monkeypatch.setattr(machine, "compiler_works", lambda: False)
    with pytest.raises(machine.CannotPrepare, match="xcode-select --install"):
        machine.require_system(sys.executable, display=True, build=True, install=True)


def test_no_compiler_on_the_path_is_seen(machine, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert machine.compiler_works() is False


def test_an_old_python_with_no_newer_one_beside_it_is_refused(machine, monkeypatch, tmp_path):
    monkeypatch.setattr(machine.sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(machine.CannotPrepare, match=r"Python 3\.11 or newer is needed"):
        machine.find_python()


def test_an_old_python_hands_over_to_a_newer_one_that_runs(machine, monkeypatch, tmp_path):
    for name, said in (("python3.13", "exit 127"), ("python3.12", "echo 3 12")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{said}\n", "utf-8")
        program.chmod(0o755)
    monkeypatch.setattr(machine.sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.find_python() == str(tmp_path / "python3.12")


@pytest.mark.parametrize("shown", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_is_x_or_wayland(machine, monkeypatch, shown):
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert machine.has_display() is False
    monkeypatch.setenv(shown, ":0")
    assert machine.has_display() is True


@pytest.mark.parametrize(("display", "ran"), [(True, ["charstudio"]), (False, ["charstudio", "demo"])])
def test_the_window_opens_and_without_a_display_the_demonstration_runs(
    prepare, machine, monkeypatch, capsys, display, ran
):
    seen = []
    monkeypatch.setattr(machine, "has_display", lambda: display)
    monkeypatch.setattr(
        prepare, "run", lambda *command: seen.append([Path(command[0]).stem, *command[1:]]) or 0
    )
    assert prepare.open_app() == 0
    assert seen == [ran]
    assert ("No display here" in capsys.readouterr().out) is not display


# PyTorch


class Pip:
    """A pip that finds torch on some indexes: what it offers by index, what it was told to install."""

    def __init__(self, *, cpu_index, elsewhere, installed=""):
        self.cpu_index, self.elsewhere, self.installed, self.ran = cpu_index, elsewhere, installed, []

    def become(self, monkeypatch, prepare):
        monkeypatch.setattr(prepare, "would_install", self.would_install)
        monkeypatch.setattr(prepare, "pip_install", lambda python, *wanted: self.ran.append(wanted))
        monkeypatch.setattr(prepare, "read", lambda *command: self.installed)
        monkeypatch.setattr(prepare.platform, "system", lambda: "Linux")
        return self

    def would_install(self, python, *wanted):
        return self.cpu_index if "--index-url" in wanted else self.elsewhere


CPU = [{"name": "torch", "version": "2.13.0+cpu"}]
PLAIN = [{"name": "torch", "version": "2.13.0"}, {"name": "sympy", "version": "1.14.0"}]
CUDA = [*PLAIN, {"name": "nvidia-cudnn-cu13", "version": "9.20.0.48"}]


def test_a_cpu_torch_that_is_there_is_left_alone(prepare, monkeypatch):
    pip = Pip(cpu_index=None, elsewhere=None, installed="cpu\n").become(monkeypatch, prepare)
    prepare.install_torch("python")
    assert pip.ran == []


def test_torch_comes_from_the_cpu_index(prepare, monkeypatch):
    pip = Pip(cpu_index=CPU, elsewhere=CUDA).become(monkeypatch, prepare)
    prepare.install_torch("python")
    assert [prepare.CPU_INDEX in wanted for wanted in pip.ran] == [True]


@pytest.mark.parametrize("cpu_index", [None, PLAIN[:1]])
def test_where_the_cpu_index_gives_no_cpu_build_pip_is_asked_for_one(prepare, monkeypatch, cpu_index):
    pip = Pip(cpu_index=cpu_index, elsewhere=PLAIN).become(monkeypatch, prepare)
    prepare.install_torch("python")
    assert pip.ran == [(prepare.TORCH,)]


@pytest.mark.parametrize("elsewhere", [CUDA, [{"name": "torch", "version": "2.13.0+cu130"}]])
def test_a_cuda_build_is_refused_before_it_is_downloaded(prepare, machine, monkeypatch, elsewhere):
    pip = Pip(cpu_index=None, elsewhere=elsewhere).become(monkeypatch, prepare)
    with pytest.raises(machine.CannotPrepare, match="gigabytes of CUDA"):
        prepare.install_torch("python")
    assert pip.ran == []


def test_a_cuda_build_that_came_all_the_same_is_named(prepare, machine, monkeypatch):
    monkeypatch.setattr(prepare, "read", lambda *command: "13.0\n")
    with pytest.raises(machine.CannotPrepare, match=r"built for CUDA 13\.0"):
        prepare.require_cpu_torch("python")


def test_torch_is_read_from_its_version_file_without_importing_it(prepare, monkeypatch, tmp_path):
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n", "utf-8")
    (package / "version.py").write_text("cuda = None\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert prepare.read(sys.executable, "-c", prepare.FOUND_TORCH) == "cpu\n"
    (package / "version.py").write_text("cuda = '13.0'\n", "utf-8")
    assert prepare.read(sys.executable, "-c", prepare.FOUND_TORCH) == "13.0\n"


# llama.cpp


@pytest.mark.parametrize(
    ("said", "has", "fits"),
    [
        ("CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 1 | OPENMP = 1 | ", {"avx2", "avx512f"}, True),
        ("CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 1 | OPENMP = 1 | ", {"avx2"}, False),
        ("CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 0 | ", {"avx2"}, True),
        ("CPU : AVX512 = 1 | ", None, True),
        (None, {"avx2"}, False),
    ],
)
def test_a_kept_build_of_llama_cpp_must_fit_the_processor(prepare, monkeypatch, said, has, fits):
    monkeypatch.setattr(prepare, "read", lambda *command: said)
    assert prepare.engine_fits("python", has if has is None else frozenset(has)) is fits


# Again, and after an interruption


def test_a_package_left_half_installed_is_found(prepare, tmp_path):
    def package(name, *, record=True, installer=True, body="x = 1"):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (tmp_path / f"{name}.py").write_text(body, "utf-8")
        if record:
            (folder / "RECORD").write_text(
                f"{name}.py,sha256=x,5\n{name}.pyc,,\n{name}-1.0.dist-info/RECORD,,\n", "utf-8"
            )
        if installer:
            (folder / "INSTALLER").write_text("pip", "utf-8")

    package("whole")
    package("emptied", body="")
    package("of_another_size", body="x = 10")
    package("no_record", record=False)
    package("no_installer", installer=False)
    package("gone")
    (tmp_path / "gone.py").unlink()
    found = [folder.name.split("-")[0] for folder in prepare.half_installed(tmp_path)]
    assert found == ["emptied", "gone", "no_installer", "no_record"]


def finished(prepare):
    for path in (prepare.venv_program("python"), prepare.venv_program("charstudio")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (prepare.VENV / ".stamp-app").write_text("as wanted", "utf-8")


def test_only_a_finished_set_up_of_the_same_kind_counts(prepare):
    assert not prepare.is_prepared("app", "as wanted")
    finished(prepare)
    assert prepare.is_prepared("app", "as wanted")
    assert not prepare.is_prepared("test", "as wanted")
    assert not prepare.is_prepared("app", "changed since")


def test_a_run_that_fails_leaves_no_stamp_and_the_next_one_goes_on(prepare, machine, monkeypatch, tmp_path):
    finished(prepare)
    monkeypatch.setattr(machine, "find_python", lambda: sys.executable)
    monkeypatch.setattr(machine, "require_system", lambda *a, **k: None)
    for step in ("repair", "install_torch", "require_cpu_torch", "require_engine"):
        monkeypatch.setattr(prepare, step, lambda *a: None)
    monkeypatch.setattr(prepare, "make_venv", lambda python: python)
    monkeypatch.setattr(prepare, "run", lambda *command: 1)
    assert prepare.main(["test"]) == 1
    assert list(prepare.VENV.glob(".stamp-*")) == []
    monkeypatch.setattr(prepare, "run", lambda *command: 0)
    assert prepare.main(["test"]) == 0
    assert sorted(path.name for path in prepare.VENV.glob(".stamp-*")) == [".stamp-app", ".stamp-test"]
    monkeypatch.setattr(prepare, "run", lambda *command: pytest.fail("a finished set-up ran again"))
    assert prepare.main(["test"]) == 0


def test_the_key_changes_with_the_project_file(prepare, monkeypatch, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\n", "utf-8")
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    before = prepare.key(sys.executable)
    assert prepare.key(sys.executable) == before
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")
    assert prepare.key(sys.executable) != before


def test_an_environment_that_was_moved_here_is_made_anew(prepare):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prepare.VENV)], check=True)
    assert not prepare.venv_is_sound(sys.executable)  # no pip: as after an interrupted start
    own = str(prepare.venv_program("python"))
    prepare.read = lambda *command: "pip 26"
    assert prepare.venv_is_sound(own)
    made = prepare.VENV / "pyvenv.cfg"
    made.write_text(made.read_text("utf-8").replace(str(prepare.VENV), "/elsewhere/.venv"), "utf-8")
    assert not prepare.venv_is_sound(own)


def test_a_folder_of_someone_else_is_named(prepare, machine, monkeypatch):
    prepare.VENV.mkdir()
    monkeypatch.setattr(prepare.os, "access", lambda path, mode: False)
    with pytest.raises(machine.CannotPrepare, match="belongs to someone else"):
        prepare.require_own_folder()


def test_ctrl_c_is_a_sentence(prepare, machine, monkeypatch, capsys):
    def pressed():
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "find_python", pressed)
    assert prepare.main(["app"]) == 130
    assert "Start the same command again" in capsys.readouterr().err


def test_problems_are_said_on_standard_error(prepare, machine, monkeypatch):
    def stop():
        raise machine.CannotPrepare("no Python")

    said = io.StringIO()
    monkeypatch.setattr(machine, "find_python", stop)
    monkeypatch.setattr(sys, "stderr", said)
    assert prepare.main(["check"]) == 1
    assert said.getvalue() == "charstudio: no Python\n"

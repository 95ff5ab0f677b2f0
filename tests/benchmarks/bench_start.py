"""How long until the window listens, beside a bare PySide6 window in the same run.

    python tests/benchmarks/bench_start.py

Both are started as a new process; the clock runs from before the process exists until the first
event that the window handles after its first paint. Medians of five, in turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BARE = """
import sys, time, json
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([]); window = QMainWindow(); window.show()
app.processEvents(); window.grab()
QTimer.singleShot(0, lambda: (print(json.dumps({"s": time.time() - float(sys.argv[1])})), app.quit()))
app.exec()
"""
OURS = """
import sys, time, json
from charstudio import paths, settings
from charstudio.gui.app import Window, application
from PySide6.QtCore import QTimer
app = application(); opened = Window(app, paths.default_library(), settings.load()); opened.window.show()
app.processEvents(); opened.window.grab()
def tell():
    heavy = [m for m in ("torch", "llama_cpp", "pyttsx3", "sentence_transformers") if m in sys.modules]
    print(json.dumps({"s": time.time() - float(sys.argv[1]), "heavy": heavy})); app.quit()
QTimer.singleShot(0, tell)
app.exec(); opened.close()
"""


def started(code: str, home: str) -> dict[str, object]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "CHARSTUDIO_HOME": home}
    found = subprocess.run(
        [sys.executable, "-c", code, str(time.time())], env=environment, capture_output=True, check=True
    )
    return dict(json.loads(found.stdout.splitlines()[-1]))


def run(rounds: int = 5) -> tuple[float, float, list[str]]:
    """(seconds of ours, seconds of the bare window, heavy modules that ours imported)."""
    with tempfile.TemporaryDirectory() as home:
        started(OURS, home)
        ours, bare = [], []
        heavy: list[str] = []
        for _n in range(rounds):
            found = started(OURS, home)
            ours.append(float(str(found["s"])))
            heavy += list(found["heavy"])  # type: ignore[call-overload]
            bare.append(float(str(started(BARE, home)["s"])))
    return statistics.median(ours), statistics.median(bare), heavy


def main() -> None:
    ours, bare, heavy = run()
    print(
        f"window listens after {ours:.2f} s; a bare PySide6 window after {bare:.2f} s; ratio {ours / bare:.1f}"
    )
    print(f"heavy modules in the window's process: {', '.join(heavy) or 'none'}")


if __name__ == "__main__":
    main()

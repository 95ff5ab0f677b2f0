"""A child process for the tests of children: it counts, waits, refuses and stumbles."""

from __future__ import annotations

import os
import time

from charstudio.children import serve
from charstudio.errors import StudioError


def count(request, cancel):
    for n in range(request["to"]):
        yield {"n": n}
    yield {"done": {"total": request["to"]}}


def noise(request, cancel):
    os.write(1, b'{"id": 1, "done": {"fine": false}}\n')
    print("hello")
    yield {"done": {"fine": True}}


def wait(request, cancel):
    while True:
        cancel.check()
        time.sleep(0.01)
        yield {}


def refuse(request, cancel):
    raise StudioError("That cannot be done.")
    yield


def stumble(request, cancel):
    yield {"n": 1 // 0}


def hang(request, cancel):
    # a number so long that Python lets nobody else have a turn while it is worked out
    yield {"done": {"digits": len(str((10 ** request["digits"]) ** 2 % 7))}}


def slow(request, cancel):
    time.sleep(request["seconds"])
    yield {"done": {"fine": True}}


if __name__ == "__main__":
    serve(
        {
            "count": count,
            "noise": noise,
            "wait": wait,
            "refuse": refuse,
            "stumble": stumble,
            "hang": hang,
            "slow": slow,
        }
    )

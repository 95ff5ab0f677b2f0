"""Keeps the keys of model servers in the system's keyring, or for this run where there is none."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from charstudio.i18n import _

SERVICE = "charstudio model server"


class Backend(Protocol):
    """What is asked of a keyring; `keyring.backend.KeyringBackend` is one."""

    def get_password(self, service: str, username: str) -> str | None: ...  # noqa: D102
    def set_password(self, service: str, username: str, password: str) -> None: ...  # noqa: D102
    def delete_password(self, service: str, username: str) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether a key outlives this run, and the sentence that tells so."""

    lasting: bool
    sentence: str


class Keys:
    """One key a server, by its address without path; `backend` None takes the system's keyring.

    That one is looked for with the first question: finding it takes longer than the window may wait.
    """

    def __init__(self, backend: Backend | None = None) -> None:
        self._given = backend
        self._for_this_run: dict[str, str] = {}

    @functools.cached_property
    def _backend(self) -> Backend | None:
        return self._given or system_keyring()

    def keep(self, address: str, key: str) -> Kept:
        """Keep a key; says whether the keyring took it or it is gone when charstudio closes."""
        server = _server_of(address)
        self._for_this_run[server] = key
        why = _("there is no system keyring here")
        if self._backend is not None:
            try:
                self._backend.set_password(SERVICE, server, key)
                return Kept(True, _("The key is in the system keyring."))
            except _troubles():
                why = _("the system keyring did not take it")
        return Kept(False, _("The key is kept until charstudio closes: {why}.", why=why))

    def find(self, address: str) -> str:
        """The key for a server, or nothing."""
        server = _server_of(address)
        if server not in self._for_this_run and self._backend is not None:
            try:
                self._for_this_run[server] = self._backend.get_password(SERVICE, server) or ""
            except _troubles():
                return ""
        return self._for_this_run.get(server, "")

    def forget(self, address: str) -> bool:
        """Forget a key here and in the keyring; False where the keyring would not let it go."""
        server = _server_of(address)
        self._for_this_run.pop(server, None)
        if self._backend is None:
            return True
        try:
            if self._backend.get_password(SERVICE, server) is not None:
                self._backend.delete_password(SERVICE, server)
        except _troubles():
            self._for_this_run[server] = ""
            return False
        return True


def system_keyring() -> Backend | None:
    """The keyring of this system; None where there is none, or only one that writes keys down in plain."""
    try:
        import keyring
    except ImportError:
        return None
    try:
        found = keyring.get_keyring()
        # keyring gives what it recommends 1 and more; plain files and the one that always fails have less.
        return found if found.priority >= 1 else None
    except _troubles():
        return None


def _troubles() -> tuple[type[Exception], ...]:
    try:
        from keyring.errors import KeyringError
    except ImportError:
        return (OSError, RuntimeError)
    return (KeyringError, OSError, RuntimeError)


def _server_of(address: str) -> str:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()

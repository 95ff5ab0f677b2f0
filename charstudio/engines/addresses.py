"""What a writer may paste as the address of a model, and under which name its file may be kept."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from charstudio.engines.gguf import MAX_PARTS
from charstudio.errors import EngineError
from charstudio.i18n import _

_HUB = "huggingface.co"
_SHORT = re.compile(r"hf:(?P<repo>[\w.-]+/[\w.-]+)/(?P<file>[\w./ +-]+\.gguf)", re.IGNORECASE)
_PART = re.compile(r"-(\d{5})-of-(\d{5})(?=\.gguf)", re.IGNORECASE)
_DEVICES = frozenset("con prn aux nul".split()) | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
LONGEST_NAME = 150


def address_of(said: str) -> str:
    """The address that is meant: `hf:owner/repo/file.gguf`, a page of a file on the hub, or a plain one.

    Raises `EngineError` when it is none that may be asked.
    """
    said = said.strip()
    if said.lower().startswith("hf:"):
        short = _SHORT.fullmatch(said)
        if short is None or ".." in said:
            raise EngineError(_("Name a file of a repository, such as hf:owner/repository/file.gguf."))
        return f"https://{_HUB}/{short['repo']}/resolve/main/{short['file'].replace(' ', '%20')}"
    said = said if "://" in said else f"https://{said}"
    check_address(said)
    parts = urlsplit(said)
    if parts.hostname in (_HUB, f"www.{_HUB}", "hf.co"):
        return urlunsplit(("https", _HUB, _file_on_hub(parts.path), "", ""))
    return urlunsplit(parts._replace(fragment=""))


def _file_on_hub(path: str) -> str:
    """The path that gives the file itself, from that of the page about it."""
    steps = path.strip("/").split("/")
    if len(steps) < 5 or steps[2] not in ("blob", "resolve", "raw"):
        raise EngineError(
            _("That is the page of a repository; choose one of its .gguf files and give the address of that.")
        )
    return "/" + "/".join([*steps[:2], "resolve", *steps[3:]])


def check_address(url: str, come_from: str = "") -> None:
    """Raise `EngineError` for an address that may not be asked: only https, or http on this computer.

    From another computer (`come_from`) nobody may be sent to this one.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise EngineError(_("That is no address; it begins with https://.")) from exc
    if not host or parts.scheme not in ("https", "http"):
        raise EngineError(_("That is no address; it begins with https://."))
    if parts.username or parts.password:
        raise EngineError(_("The address holds a name or password; leave it out."))
    if parts.scheme == "http" and not is_here(host):
        raise EngineError(_("The address {host} is not safe to load from; use one with https://.", host=host))
    if come_from and is_here(host) and not is_here(urlsplit(come_from).hostname or ""):
        raise EngineError(_("The address leads back to this computer; that is refused."))


def sent_to(url: str, location: str) -> str:
    """Where an answer sends on to; raises `EngineError` when one may not go there."""
    target = urljoin(url, location)
    check_address(target, come_from=url)
    return target


def is_here(host: str) -> bool:
    """Whether a host is this computer itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def file_name(url: str) -> str:
    """A name for the file that is safe on every system and ends in .gguf."""
    last = unquote(urlsplit(url).path).replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r"[^\w.+() -]", "_", last).strip(". ")
    stem = re.sub(r"\.gguf$", "", name, flags=re.IGNORECASE)[:LONGEST_NAME].rstrip(". ") or "model"
    return f"{'_' if stem.split('.')[0].strip().lower() in _DEVICES else ''}{stem}.gguf"


def part_addresses(url: str) -> tuple[str, ...]:
    """The addresses of all parts of a model, from that of any one; the address itself when it is whole."""
    path = urlsplit(url).path
    found = _PART.search(path)
    count = int(found[2]) if found else 1
    if not 1 < count <= MAX_PARTS:
        return (url,)
    return tuple(
        urlunsplit(urlsplit(url)._replace(path=_PART.sub(f"-{n:05}-of-{count:05}", path)))
        for n in range(1, count + 1)
    )

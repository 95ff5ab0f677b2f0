"""The process in which llama.cpp runs: `python -m charstudio.engines.llama_child`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from charstudio.children import serve
from charstudio.errors import Cancel, EngineError
from charstudio.i18n import _


class Host:
    """Holds the one model of this process and answers what is asked of it."""

    def __init__(self) -> None:
        self._model: Any = None

    def load(self, request: dict[str, Any], cancel: Cancel) -> Iterator[dict[str, Any]]:
        """Load a model file; says how far it is."""
        try:
            from charstudio.engines.decoding import loaded
        except ImportError as exc:
            raise EngineError(
                _("Language models need the extra `engine`: pip install 'charstudio[engine]'.")
            ) from exc
        for said in loaded(request["path"], request["context"], request["threads"], cancel):
            if isinstance(said, dict):
                yield said
            else:
                self._model = said
        model = self._model
        yield {"done": {"name": model.name, "context": model.context, "has_template": bool(model.template)}}

    def count(self, request: dict[str, Any], _cancel: Cancel) -> Iterator[dict[str, Any]]:
        """Count the tokens of texts."""
        yield {"done": {"counts": [len(self._model.tokens(text)) for text in request["texts"]]}}

    def stream(self, request: dict[str, Any], cancel: Cancel) -> Iterator[dict[str, Any]]:
        """Write a reply."""
        from charstudio.engines.decoding import Draw

        prompt = self._model.prompt_tokens(request["messages"], request["flat"])
        stops = [] if self._model.template else request["stops"]
        yield from self._model.reply(prompt, stops, Draw(**request["sampling"]), cancel)


def main() -> None:
    """Serve until the parent is gone."""
    host = Host()
    serve({"load": host.load, "count": host.count, "stream": host.stream})


if __name__ == "__main__":
    main()

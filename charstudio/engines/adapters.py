"""LoRA adapters and control vectors: loaded once, put on before a prompt that wants them, taken off after."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import llama_cpp as llama
import numpy as np

from charstudio.engines.native import Native, last_words
from charstudio.engines.slots import AdapterKey
from charstudio.engines.vectors import read_directions
from charstudio.errors import EngineError
from charstudio.i18n import _


class Adapters:
    """The adapters of one model."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._loras: dict[str, Any] = {}
        self._vectors: dict[str, Any] = {}
        self._on: AdapterKey = ()

    def use(self, wanted: AdapterKey) -> None:
        """Put on exactly these adapters; raises `EngineError` and leaves the old ones on."""
        if wanted == self._on:
            return
        loras = [(self._lora(path), strength) for kind, path, strength in wanted if kind == "lora"]
        vectors = [(self._vector(path), strength) for kind, path, strength in wanted if kind == "vector"]
        self._put_on(loras)
        self._steer(vectors)
        self._on = wanted

    def _put_on(self, loras: list[tuple[Any, float]]) -> None:
        handles = (llama.llama_adapter_lora_p_ctypes * max(1, len(loras)))(*(handle for handle, _s in loras))
        scales = (ctypes.c_float * max(1, len(loras)))(*(strength for _h, strength in loras))
        if llama.llama_set_adapters_lora(self._native.ctx, handles, len(loras), scales):
            raise EngineError(_("The adapter could not be put on; choose another one."))

    def _steer(self, vectors: list[tuple[Any, float]]) -> None:
        ctx, layers = self._native.ctx, llama.llama_model_n_layer(self._native.model)
        if not vectors:
            llama.llama_set_adapter_cvec(ctx, None, 0, 0, 0, 0)
            return
        total = np.sum([matrix * strength for matrix, strength in vectors], axis=0, dtype=np.float32)
        flat = np.ascontiguousarray(total).ravel()
        pointer = flat.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        if llama.llama_set_adapter_cvec(ctx, pointer, flat.size, total.shape[1], 1, layers):
            raise EngineError(_("The control vector could not be put on; choose another one."))

    def _lora(self, path: str) -> Any:
        if path not in self._loras:
            _there(path)
            handle = llama.llama_adapter_lora_init(self._native.model, os.fsencode(path))
            if not handle:
                raise EngineError(
                    _(
                        "The adapter {name} does not fit this model ({why}); choose another one.",
                        name=Path(path).name,
                        why=last_words("dapter", "lora", "tensor", "rror") or _("it is no LoRA in GGUF form"),
                    )
                )
            self._loras[path] = handle
        return self._loras[path]

    def _vector(self, path: str) -> Any:
        """A control vector as a matrix: one row for each layer from the first on, zero where it has none."""
        if path not in self._vectors:
            _there(path)
            width = int(llama.llama_model_n_embd(self._native.model))
            layers = int(llama.llama_model_n_layer(self._native.model))
            matrix = np.zeros((layers - 1, width), np.float32)
            for layer, direction in read_directions(Path(path)).items():
                if not 1 <= layer < layers or len(direction) != width:
                    raise EngineError(
                        _(
                            "The control vector {name} was made for another model; choose another one.",
                            name=Path(path).name,
                        )
                    )
                matrix[layer - 1] = direction
            self._vectors[path] = matrix
        return self._vectors[path]


def _there(path: str) -> None:
    if not Path(path).is_file():
        raise EngineError(_("There is no adapter file at {path}; take it off or choose another.", path=path))

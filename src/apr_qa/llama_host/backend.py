"""The llama.cpp server inside this process, asked over a private socket.

That is the only door to token ids and full distributions: the wheel's own call for completions leaves the ids out.
"""

from __future__ import annotations

import http.client
import os
import tempfile
from pathlib import Path
from typing import Any, cast

from apr_qa.hosting import HostError
from apr_qa.llama_host.wire import exchange

LONGEST_CONTEXT = 8192
"""A float32 cache of a long context takes gigabytes; questions to be certified are short."""


class Backend:
    """One model in llama.cpp, set for exactness: float32 cache, no flash attention, one sequence, CPU only."""

    def __init__(self, path: Path) -> None:
        """Load `path`. Raises HostError of kind `load`; llama.cpp gives its reason on standard error only."""
        import xllamacpp

        self._folder = tempfile.TemporaryDirectory(prefix="llama-")
        self._socket = Path(self._folder.name) / "s.sock"
        parameters = xllamacpp.CommonParams()
        parameters.hostnames = [str(self._socket)]
        parameters.model.path = str(path)
        parameters.n_ctx = LONGEST_CONTEXT
        parameters.n_parallel = 1
        parameters.n_gpu_layers = 0
        parameters.warmup = False
        parameters.verbosity = 1
        parameters.fit_params = False
        # Half the cores: threads of llama.cpp spin while they wait, and starve one another beside other work.
        parameters.cpuparams.n_threads = max(1, len(os.sched_getaffinity(0)) // 2)
        parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        try:
            self._server = xllamacpp.Server(parameters)
        except RuntimeError:
            raise HostError("load", f"llama.cpp cannot load {path.name}; its log on standard error says why") from None
        meta = self.ask("GET", "/v1/models")["data"][0]["meta"]
        self.vocabulary = int(meta["n_vocab"])
        self.trained_context = int(meta["n_ctx_train"])

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the server answers. Raises HostError of kind `request`, `context` or `internal`."""
        status, said = exchange(self._socket, method, path, body)
        if status == http.client.OK:
            return cast("dict[str, Any]", said)
        error = said.get("error", {})
        kind = "context" if error.get("type") == "exceed_context_size_error" else "request"
        raise HostError(kind if status < 500 else "internal", str(error.get("message", said)))

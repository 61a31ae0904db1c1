"""`ollama`: a real Ollama server on the loopback, started by us; the same GGUF file by an engine nobody here wrote."""

from __future__ import annotations

from dataclasses import replace

from apr_qa.engines._hosted import embedded
from apr_qa.vocab.axes import Cell, Format, Modality
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Engine, Server, Setting
from apr_qa.vocab.evidence import EngineFacts

GET_IT = "go install github.com/ollama/ollama@v0.5.7 (with Go, gcc and g++), then put its folder on the PATH"
_SPARE_BYTES = 1 << 30

_HOSTED = embedded(
    "ollama",
    "apr_qa.ollama_host",
    (Format.GGUF,),
    summary="A real Ollama server, started on the loopback; asked by HTTP, for parity of the same GGUF file.",
    get_it=GET_IT,
)


def _supports(facts: EngineFacts, cell: Cell) -> str:
    return _HOSTED.supports(facts, cell) or ("" if cell.modality is Modality.SERVE else "ollama is a server only")


def _served(server: Server) -> Server:
    def command(setting: Setting) -> Command:
        """Its store takes a copy of the file."""
        size = sum(file.stat().st_size for file in setting.artefact.files)
        return replace(server.command(setting), file_limit_bytes=size + _SPARE_BYTES)

    return replace(server, command=command)


OLLAMA: Engine = replace(
    _HOSTED,
    supports=_supports,
    one_shot=None,
    batch=None,
    conversation=None,
    server=_served(_HOSTED.server) if _HOSTED.server else None,
)

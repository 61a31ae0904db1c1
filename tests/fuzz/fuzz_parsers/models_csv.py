"""The registry's table, our own or the original's."""

from __future__ import annotations

from pathlib import Path

from fuzz_target import Target, text

from apr_qa.errors import InputError
from apr_qa.registry.legacy import read_legacy_csv
from apr_qa.registry.rows import billions, further_columns, parse_csv, size_of

_TABLE = Path(__file__).resolve().parents[3] / "docs" / "certifications" / "models.csv"


def _read(data: bytes) -> None:
    said = text(data)
    for row in parse_csv(said):
        billions(row.get("parameters", ""))
        size_of(row.get("parameters", ""))
    further_columns(said)
    read_legacy_csv(said)


TARGET = Target(
    name="models_csv",
    read=_read,
    refusals=(InputError,),
    seeds=(
        b"".join(_TABLE.read_bytes().splitlines(keepends=True)[:4]),
        b"model_id,status,mqs_score,g1,last_certified,tps_gguf_cpu,more\r\na/b,certified,1000,true,2026-01-01,1.5,=x\r\n",
        b'model_id,parameters\n"a""b",8x7B\n',
    ),
    words=(b"model_id", b"parameters", b"\r\n", b'""', b"1e999", b"nan", b"\0", b"9999-12-31T23:59:59-23:59", b"8x7B"),
)

"""Evidence files, as work planes and other people hand them in: sealed, journal, laid out anew, the original's."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from fuzz_target import Target
from record_builders import all_claims, judged, observation, run_record, scenario

from apr_qa.errors import InputError
from apr_qa.evidence.chain import hash_of
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.vocab.evidence import Evidence

_HELD = os.memfd_create("evidence.json")
_FILE = Path(f"/proc/self/fd/{_HELD}")
"""A file in memory: writing to a disk would take most of the time."""
_ZERO = "0" * 64


def _read(data: bytes) -> None:
    _FILE.write_bytes(_chained(data) if data.startswith(b"#") else data)
    read_evidence(_FILE)


def _chained(data: bytes) -> bytes:
    """Return the lines of a journal with right hashes, so that the fuzzer gets behind the chain."""
    head, lines = "", []
    for line in data[1:].split(b"\n"):
        lines.append(line.replace(_ZERO.encode(), head.encode(), 1))
        head = hash_of(lines[-1])
    return b"\n".join(lines) + b"\n"


def _seeds() -> tuple[bytes, ...]:
    run = run_record(claims=all_claims(1)[:3], scenarios=(scenario(),))
    evidence = Evidence(run=run, observations=(observation(),), judged=tuple(map(judged, run.claims)), notes=("a",))
    with tempfile.TemporaryDirectory() as folder:
        seal_evidence(evidence, Path(folder, "evidence.json"))
        sealed = Path(folder, "evidence.json").read_bytes()
    document = json.loads(sealed)
    lines = [json.dumps({**r, "prev": _ZERO}, separators=(",", ":")).encode() for r in document["records"]]
    first = {"kind": "run", "prev": "", "schema_version": 1, "record": document["run"]}
    journal = b"#" + b"\n".join([json.dumps(first, separators=(",", ":")).encode(), *lines])
    return (sealed, json.dumps(document, indent=1).encode(), journal, *_original())


def _original() -> tuple[bytes, ...]:
    asked = {
        "format": "gguf",
        "backend": "cpu",
        "modality": "chat",
        "prompt": "2+2?",
        "model": {"org": "a", "name": "b"},
    }
    record = {"scenario": asked, "gate_id": "F-A1-001", "outcome": "Corroborated", "output": "Assistant: 4\n\nYou: "}
    record |= {"metrics": {"duration_ms": 5}, "timestamp": "2026-01-01T00:00:00Z", "exit_code": 0}
    served = {**record, "scenario": {**asked, "modality": "serve"}, "output": '{"text":"4","token_ids":[1]}'}
    array = [record, served, {**record, "outcome": "Timeout", "reason": "late"}]
    export = {"playbook": {"name": "x", "tier": "mvp"}, "evidence": array}
    return json.dumps(array).encode(), json.dumps(export).encode()


TARGET = Target(
    name="evidence",
    read=_read,
    refusals=(InputError,),
    seeds=_seeds(),
    longest=8192,
    words=(
        b'"kind":"run"',
        b'"kind":"note",',
        b'"prev":"' + _ZERO.encode() + b'",',
        b"1e999",
        b"NaN",
        b"\\ud800",
        b"[" * 40,
    ),
)

"""What a certification costs besides the engine: time and memory a scenario, and reading and scoring the evidence.

A child program certifies a model with a warm engine that costs next to nothing (`server.py`), once with few scenarios
and once with many; what differs between the two, less the engine's own time, is ours.
"""

from __future__ import annotations

import http.client
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from figures import Figure, timed

HERE = Path(__file__).resolve().parent


@contextmanager
def engine() -> Iterator[int]:
    """Run the server; yields its port."""
    with subprocess.Popen([sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            yield int(program.stdout.readline())
        finally:
            program.kill()


def certify_once(scenarios: int, port: int, output: Path) -> dict[str, Any]:
    """Certify the tiny GGUF with `scenarios` questions over HTTP; return times in seconds and peak memory in bytes."""
    from apr_qa.pipeline.certify import certify
    from apr_qa.pipeline.prepare import prepare
    from apr_qa.pipeline.progress import Silent
    from apr_qa.pipeline.rescore import rescore
    from apr_qa.pipeline.targets import by_words
    from apr_qa.pipeline.wishes import Wishes
    from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Modality, Tier

    (target,) = by_words(["apr-qa/tiny"], Tier.MVP)
    matrix = replace(target.playbook.matrix, scenario_count=scenarios)
    target = replace(target, playbook=replace(target.playbook, matrix=matrix))
    wishes = Wishes(
        engine=f"openai=http://127.0.0.1:{port}/v1",
        formats=(Format.GGUF,),
        backends=(Backend.CPU,),
        modalities=(Modality.SERVE,),
        output=output,
        workers=1,
        policy=FailurePolicy.COLLECT_ALL,
    )
    ready = prepare(target, wishes, lambda _doing: None)
    began = time.perf_counter()
    done = certify(ready, Silent())
    wall = time.perf_counter() - began
    began = time.perf_counter()
    rescore(done.path)
    return {
        "scenarios": len(done.evidence.observations),
        "records": len(done.evidence.observations) + len(done.evidence.judged) + len(done.evidence.run.scenarios),
        "wall_s": wall,
        "engine_s": sum(seen.elapsed_s for seen in done.evidence.observations),
        "reading_s": time.perf_counter() - began,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _in_a_child(scenarios: int, port: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as output:
        argv = [sys.executable, str(HERE / "certifying.py"), str(scenarios), str(port), output]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _ask_bare(port: int, times: int) -> None:
    door = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(times):
        door.request("POST", "/v1/chat/completions", body=b"{}", headers={"Content-Type": "application/json"})
        door.getresponse().read()
    door.close()


def overhead(few: int, many: int, rounds: int) -> list[Figure]:
    """Return our own time and memory a scenario, from the difference between `few` and `many` scenarios."""
    with engine() as port:
        pairs = [(_in_a_child(few, port), _in_a_child(many, port)) for _ in range(rounds)]
        bare = median(timed(lambda: _ask_bare(port, 500), rounds)) / 500

    def a_scenario(name: str, less: str = "") -> list[float]:
        differences = [(m[name] - f[name] - (m[less] - f[less] if less else 0), m, f) for f, m in pairs]
        return [value / (m["scenarios"] - f["scenarios"]) for value, m, f in differences]

    ours = [1000 * value for value in a_scenario("wall_s", "engine_s")]
    whole = [1000 * value for value in a_scenario("wall_s")]
    records = pairs[-1][1]["records"]
    first = median(f["peak_bytes"] for f, _ in pairs) / 1e6
    last = [m["peak_bytes"] / 1e6 for _, m in pairs]
    named = f"{many - few:,} more scenarios"
    return [
        Figure(name="our time a scenario, engine warm", unit="ms", values=ours, target="under 5 ms"),
        Figure(
            name="  with the engine's own",
            unit="ms",
            values=whole,
            bare=1000 * bare,
            bare_is="the bare request",
        ),
        Figure(
            name=f"reading and scoring {records:,} records",
            unit="s",
            values=[m["reading_s"] for _, m in pairs],
        ),
        Figure(
            name=f"peak memory, {named}",
            unit="MB",
            values=last,
            target="flat",
            bare=first,
            bare_is=f"with {few:,}",
        ),
    ]


if __name__ == "__main__":
    print(json.dumps(certify_once(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))

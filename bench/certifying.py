"""What a certification costs besides the engine: time and memory a scenario, and reading and scoring the evidence.

A child program certifies a model with a warm engine that costs next to nothing (`server.py`), once with few scenarios
and once with many; what differs between the two is the cost of a scenario. The engine is another program, so that the
child's processor time is ours alone.
"""

from __future__ import annotations

import http.client
import json
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

from bench.figures import Figure, peak_mb, timed

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
    """Certify the tiny GGUF with `scenarios` questions over HTTP; return times in seconds and peak memory in MB."""
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
    began, spent = time.perf_counter(), time.process_time()
    done = certify(ready, Silent())
    wall, own = time.perf_counter() - began, time.process_time() - spent
    (reading,) = timed(lambda: rescore(done.path), 1)
    return {
        "scenarios": len(done.evidence.observations),
        "records": len(done.evidence.observations) + len(done.evidence.judged) + len(done.evidence.run.scenarios),
        "wall_s": wall,
        "own_s": own,
        "reading_s": reading,
        "peak_mb": peak_mb(),
    }


def _in_a_child(scenarios: int, port: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as output:
        argv = [sys.executable, "-m", "bench.certifying", str(scenarios), str(port), output]
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
        bare = median(timed(lambda: _ask_bare(port, 500), rounds, time.perf_counter)) / 500

    def a_scenario(name: str) -> list[float]:
        return [1000 * (m[name] - f[name]) / (m["scenarios"] - f["scenarios"]) for f, m in pairs]

    records, more = pairs[-1][1]["records"], pairs[-1][1]["scenarios"] - pairs[-1][0]["scenarios"]
    first = median(f["peak_mb"] for f, _ in pairs)
    return [
        Figure(name="our time a scenario, engine warm", unit="ms cpu", values=a_scenario("own_s"), target="under 5 ms"),
        Figure(
            name="  by the clock, with the engine's",
            unit="ms",
            values=a_scenario("wall_s"),
            bare=1000 * bare,
            bare_is="the bare request",
        ),
        Figure(
            name=f"reading and scoring {records:,} records",
            unit="s cpu",
            values=[m["reading_s"] for _, m in pairs],
        ),
        Figure(
            name=f"peak memory, {more:,} more scenarios",
            unit="MB",
            values=[m["peak_mb"] for _, m in pairs],
            target="within 10 % of without them",
            bare=first,
            bare_is="without them",
        ),
    ]


if __name__ == "__main__":
    print(json.dumps(certify_once(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))

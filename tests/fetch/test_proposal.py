"""Results for the Hub: read back by the Hub's own library, sent only when told to, and only where they are true."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import HfApi, parse_eval_result_entries

from apr_qa.errors import AprQaError, InputError
from apr_qa.fetch.proposal import Proposal, propose
from apr_qa.pipeline.hub_results import proposal_of
from apr_qa.pipeline.rescore import Rescored

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))

import sample_models  # (after the path is set)

COMMIT = "c" * 40
DATASET = "my-lab/apr-qa-mqs"


def _found(case: Any = None, **run: Any) -> Rescored:
    evidence, card = case or sample_models.passing()
    changed = {"model": "org/model", "revision": COMMIT, "narrowed": (), "unlocked": "", **run}
    return Rescored(
        evidence=dataclasses.replace(evidence, run=dataclasses.replace(evidence.run, **changed)), scorecard=card
    )


class _Hub(BaseHTTPRequestHandler):
    """The three routes of a pull request."""

    seen: list[tuple[str, str]]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._say({"id": "org/model", "sha": COMMIT})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        self.seen.append((self.path, body))
        if "/preupload/" in self.path:
            files = [{**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]]
            self._say({"files": files})
        else:
            base = f"http://{self.headers['host']}/org/model"
            told = {"commitUrl": f"{base}/commit/{'d' * 40}", "commitOid": "d" * 40}
            self._say({**told, "pullRequestUrl": f"{base}/discussions/3"})

    def _say(self, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """A Hub on loopback that takes pull requests; yields what was sent to it."""
    seen: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Hub", (_Hub,), {"seen": seen}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: HfApi(endpoint=base, token="hf_x"))
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    yield seen
    server.shutdown()
    server.server_close()


def test_the_hubs_own_library_reads_it() -> None:
    """One entry: the benchmark, the tier's task, the score, when, and a sentence with the bound and the digest."""
    found = _found()
    made = proposal_of(found, DATASET, "https://example.org/certificate")
    (entry,) = parse_eval_result_entries(yaml.safe_load(made.text))
    assert (entry.dataset_id, entry.task_id) == (DATASET, f"mqs_{found.scorecard.tier}")
    assert (entry.value, entry.source_url) == (found.scorecard.mqs, "https://example.org/certificate")
    assert str(entry.notes).startswith(f"{found.scorecard.status}, MQS {found.scorecard.mqs} of 1000: ")
    assert found.evidence.seal in str(entry.notes)
    assert made.path == f".eval_results/apr-qa-{found.scorecard.tier}.yaml"


@pytest.mark.parametrize(
    ("found", "dataset", "why"),
    [
        (_found(sample_models.partial_run()), DATASET, "no verdict"),
        (_found(revision=""), DATASET, "no commit of the Hub"),
        (_found(narrowed=("backends: cpu",)), DATASET, "smaller than its tier"),
        (_found(), "no dataset", "no id of a dataset"),
    ],
)
def test_what_would_mislead_is_not_proposed(found: Rescored, dataset: str, why: str) -> None:
    """No verdict, another model, half a claim, a board that does not exist."""
    with pytest.raises(InputError, match=why):
        proposal_of(found, dataset)


def test_a_pull_request_is_opened(hub: list[tuple[str, str]]) -> None:
    """The file as it was shown, in a pull request, never on the branch itself."""
    made = proposal_of(_found(), DATASET)
    assert propose(made).endswith("/org/model/discussions/3")
    path, body = hub[-1]
    assert path == "/api/models/org/model/commit/main?create_pr=1"
    (file,) = (json.loads(line)["value"] for line in body.splitlines() if json.loads(line)["key"] == "file")
    assert (file["path"], base64.b64decode(file["content"]).decode()) == (made.path, made.text)


def test_a_model_that_moved_on_gets_nothing(hub: list[tuple[str, str]]) -> None:
    """What was certified is not what lies there now."""
    with pytest.raises(AprQaError, match="by now"):
        propose(proposal_of(_found(revision="e" * 40), DATASET))
    assert hub == []


def test_without_a_token_nothing_is_asked(hub: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names the variable."""
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    made = Proposal(repo="org/model", revision=COMMIT, path="x", text="x", title="x", body="x")
    with pytest.raises(InputError, match="no token") as told:
        propose(made)
    assert "HF_TOKEN" in told.value.remedy
    assert hub == []

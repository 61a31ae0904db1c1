"""Every command line of the guide that this program was made after, and every option of its tables."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sample_models
from command_line import ROOT
from typer.main import get_command

from apr_qa.catalog.models import find
from apr_qa.cli.main import application
from apr_qa.evidence.seal import seal_evidence

MUSEUM = ROOT / "tests" / "museum"
FAKE = ROOT / "tests" / "commands" / "fake_apr.py"
TINY = ROOT / "models" / "tiny"
PLAYBOOK = "playbooks/models/qwen2.5-coder-1.5b-mvp.playbook.yaml"
LINES = f"""
certify --family qwen-coder --tier mvp
run {PLAYBOOK} --output certifications/qwen2.5-coder-1.5b/evidence.json
certify --family qwen-coder --tier mvp --model-cache ~/.cache/apr/models
run {PLAYBOOK} --output certifications/qwen2.5-coder-1.5b/ --failure-policy collect-all
certify --family qwen-coder --tier mvp --dry-run
score certifications/my-model/evidence.json
report certifications/my-model/evidence.json --output certifications/my-model/ --formats all
export-csv --evidence-dir docs/certifications/evidence --output docs/certifications/models.csv
validate-contract /path/to/model.gguf
certify --model model.apr
generate Qwen/Qwen2.5-Coder-1.5B-Instruct -c 50
score evidence.json
report evidence.json --formats all
list --size small
lock-playbooks playbooks/models/
tickets evidence.json --repo paiml/aprender
parity --model-family qwen2.5-coder-1.5b
export-csv --evidence-dir evidence/
export-evidence source.json --model Qwen/Qwen2.5-Coder-1.5B-Instruct
validate-contract model.gguf
tools /path/to/model
""".strip().splitlines()
OPTIONS = (
    ["--tier", "quick"],
    *(["--failure-policy", word] for word in ("stop-on-first", "stop-on-p0", "collect-all", "fail-fast")),
    ["--workers", "4"],
    ["--timeout", "60000"],
    ["--no-gpu"],
    ["--model-cache", "models"],
    ["--apr-binary", "apr"],
    ["--dry-run"],
    ["--fail-fast"],
)
FAMILIES = ("qwen-coder", "llama", "starcoder", "mistral", "phi", "deepseek")
TARGETS = (
    "certify-smoke", "certify-mvp", "certify-quick", "certify-standard", "certify-deep", "certify-qwen", "ci-smoke",
    "nightly-7b", "update-certifications",
)  # fmt: skip


ROOT_COMMAND = get_command(application())


def parse(words):
    """Let the command line take `words` apart, as it does before it runs a command."""
    root = ROOT_COMMAND
    name, command, rest = root.resolve_command(root.make_context("apr-qa", [words[0]]), words)
    return command.make_context(name, list(rest), parent=None)


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_guide_is_understood(line):
    """The command is there, and takes its arguments and options."""
    assert parse(shlex.split(line))


@pytest.mark.parametrize(
    ("start", "option"), [*itertools.product((["certify", "--family", "qwen-coder"], ["run", PLAYBOOK]), OPTIONS)]
)
def test_every_key_option_is_taken_by_certify_and_run(start, option):
    """The guide lists them once for both."""
    assert parse([*start, *option])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_that_the_guide_hints_at_is_found(tell, family):
    """Names people use find models of the registry."""
    assert tell("list", "--family", family, "--json").json


def test_make_targets_and_scripts_are_there():
    """Shortcuts and scripts of the guide exist."""
    targets = set(
        re.findall(r"[\w%-]+", " ".join(re.findall(r"(?m)^([a-z][\w% -]*):", (ROOT / "Makefile").read_text())))
    )
    assert set(TARGETS) <= targets
    for name in ("diagnose-conversion.sh", "validate-schemas.sh"):
        assert (ROOT / "scripts" / name).stat().st_mode & 0o111


def test_a_template_becomes_a_playbook(tell, tmp_path, monkeypatch):
    """Copied and filled in as the guide says, the mvp template plans its 18 scenarios."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "playbooks" / "templates" / "mvp.yaml").read_text()
    path = tmp_path / "my-model-1.5b-mvp.playbook.yaml"
    path.write_text(text.replace("${MODEL_ID}", "apr-qa/tiny").replace("${MODEL_NAME}", "my-model-1.5b"))
    planned = tell(
        "run", path, "--model-path", "models/tiny", "--engine", "reference", "--no-gpu", "--dry-run", "--json"
    )
    assert planned.status == 0, planned.err
    matrix = [s for s in planned.json["plan"]["scenarios"] if s["purpose"] == "matrix"]
    assert len(matrix) == 9
    assert len(planned.json["plan"]["matrix_cells"]) == 18


DRY, ALONE = ("--dry-run",), ("--engine", "reference", "--no-gpu", "--modalities", "run")
"""What is added where a line would ask a model of 1.5B for minutes, or apr, which a fresh machine does not have."""
RUNS = {
    0: (DRY, 0), 1: (DRY, 0), 2: (DRY, 0), 3: (DRY, 0), 4: ((), 0), 5: ((), 0), 6: ((), 0), 7: ((), 0), 8: ((), 0),
    9: (ALONE, 3), 10: ((), 0), 11: ((), 0), 12: ((), 0), 13: ((), 0), 14: ((), 0), 15: ((), 0), 16: ((), 0),
    17: ((), 0), 18: ((), 0), 19: ((), 0), 20: (("--apr-binary", "bin/apr"), 0),
}  # fmt: skip
"""Line by number: what is added, and how it ends. An APR file alone is PARTIAL: it lacks its ground truth."""
MISSING = {
    "score certifications/other/evidence.json": 2,
    "report other.json --formats all": 2,
    "validate-contract other.gguf": 2,
    "certify --model other.apr": 2,
    "tools other": 2,
    "generate other": 2,
    "list --size enormous": 2,
    "lock-playbooks other/": 2,
    "parity --model-family other": 2,
    "export-csv --evidence-dir other/": 2,
    "export-evidence evidence.json --model Qwen/Qwen2.5-Coder-1.5B-Instruct": 2,
}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder with all that the lines name: the tiny model stands in for each model, evidence is the museum's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = tmp_path / ".cache" / "apr" / "models"
    monkeypatch.setenv("APR_QA_MODEL_CACHE", str(cache))
    cache.mkdir(parents=True)
    for model in find("qwen-coder"):
        (cache / model.model.replace("/", "--")).symlink_to(TINY)
    for folder in ("evidence", "certifications/my-model", "docs/certifications/evidence"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(MUSEUM / "evidence-v1.json", tmp_path / folder / "evidence.json")
    shutil.copy(MUSEUM / "evidence-v1.json", "evidence.json")
    shutil.copytree(ROOT / "playbooks", "playbooks")
    shutil.copytree(TINY / "safetensors", "model")
    shutil.copy(TINY / "apr" / "model.apr", "model.apr")
    shutil.copy(TINY / "gguf" / "model-f16.gguf", "model.gguf")
    evidence, _ = sample_models.passing()
    run = dataclasses.replace(evidence.run, model="Qwen/Qwen2.5-Coder-1.5B-Instruct")
    seal_evidence(dataclasses.replace(evidence, run=run), tmp_path / "source.json")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "faults").touch()
    program = tmp_path / "bin" / "apr"
    program.write_text(f"#!{sys.executable} -I\n{FAKE.read_text()}")
    program.chmod(0o755)
    return tmp_path


def words_of(line):
    """The words as a shell gives them to the program; `/path/to/` is where the user's files are."""
    return [str(Path(word).expanduser()) if word[0] == "~" else word.removeprefix("/path/to/") for word in line.split()]


@pytest.mark.parametrize("number", RUNS)
def test_every_line_runs(tell, checkout, number):
    """As it is written, and dry where a model would be asked for long: it ends as its exit status promises."""
    line = LINES[number]
    if line.startswith("parity"):
        made = ("--create", "--chat", "--max-tokens", "4", "--prompt", "What is 2+2?", "--model-path", TINY)
        assert tell(*line.split(), *made).status == 0
    more, status = RUNS[number]
    said = tell(*words_of(line), *more)
    assert said.status == status, said
    assert said.out
    if line.startswith("export-csv"):
        assert (checkout / "docs" / "certifications" / "models.csv").is_file()


def test_no_line_is_left_out():
    """Each line of the guide is run."""
    assert list(RUNS) == list(range(len(LINES)))


@pytest.mark.parametrize("line", MISSING)
def test_a_line_about_what_is_not_there_is_bad_input(tell, checkout, line):
    """The error names it, and the exit status is 2."""
    said = tell(*line.split())
    assert said.status == MISSING[line], said
    assert "error:" in said.err


def test_the_scripts_of_the_guide_run(checkout):
    """A playbook meets its schema: 0; a file that is not there: 2. What they start is tested with its own line."""
    for script, path, status in (("diagnose-conversion.sh", "other.gguf", 2), ("validate-schemas.sh", PLAYBOOK, 0)):
        command = [ROOT / "scripts" / script, path]
        assert subprocess.run(command, capture_output=True, check=False).returncode == status, script

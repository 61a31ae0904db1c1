"""Every command line of the guide that this program was made after, and every option of its tables."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil

import pytest
import yaml
from command_line import ROOT
from typer.main import get_command

from apr_qa.cli.main import application

MUSEUM = ROOT / "tests" / "museum"
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


def test_the_cheap_lines_run_as_they_are_written(tell, tmp_path, monkeypatch):
    """On evidence of the museum, in an empty folder: each ends as its exit status promises."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(MUSEUM / "evidence-v1.json", "evidence.json")
    (tmp_path / "evidence").mkdir()
    shutil.copy("evidence.json", "evidence")
    (tmp_path / "playbooks" / "models").mkdir(parents=True)
    ends = {
        "score evidence.json": 0,
        "report evidence.json --formats all": 0,
        "list --size small": 0,
        "lock-playbooks playbooks/models/": 0,
        "tickets evidence.json --repo paiml/aprender": 0,
        "export-csv --evidence-dir evidence/": 0,
        "export-csv --evidence-dir docs/certifications/evidence --output docs/certifications/models.csv": 2,
        "certify --model model.apr": 2,
        "tools /path/to/model": 2,
    }
    for line, status in ends.items():
        assert tell(*shlex.split(line)).status == status, line
    assert (tmp_path / "docs" / "certifications" / "models.csv").is_file()
    assert yaml.safe_load((tmp_path / "playbooks" / "playbook.lock.yaml").read_text())["entries"] == {}

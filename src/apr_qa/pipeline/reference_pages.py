"""Reference pages, made from the catalogues: what the program has, its pages say."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apr_qa import errors
from apr_qa.catalog.tiers import tiers
from apr_qa.evidence.schema import evidence_schema
from apr_qa.pipeline._schema_tables import code, table, tables_of
from apr_qa.pipeline.engines import ROOM as ENGINES
from apr_qa.pipeline.results import REPORTS
from apr_qa.pipeline.trial import GATES, ORACLES
from apr_qa.playbook.schema import schema
from apr_qa.registry.store import record_schema
from apr_qa.rooms import furnish
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.gates import Gate, GateSpec, Oracle
from apr_qa.vocab.plugs import Engine, Report

_MADE = "<!-- Made by `apr-qa docs`; do not edit. -->\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDoc:
    """An option or argument as its help has it."""

    names: str
    help: str
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDoc:
    """A command: its words, its help, its options."""

    words: str
    help: str
    options: tuple[OptionDoc, ...]


def reference_pages(commands: Sequence[CommandDoc]) -> Mapping[str, str]:
    """Return the text of every reference page by file name."""
    made = {
        "cli.md": _cli(commands),
        "gates.md": _gates(),
        "oracles.md": _oracles(),
        "engines.md": _engines(),
        "reports.md": _reports(),
        "tiers.md": _tiers(),
        "playbook.md": _playbook(),
        "evidence.md": _evidence(),
        "record.md": _record(),
        "exit-status.md": _exits(),
    }
    return {name: _MADE + "\n\n".join(parts).rstrip() + "\n" for name, parts in made.items()}


def _cli(commands: Sequence[CommandDoc]) -> Iterator[str]:
    yield "# Commands"
    yield "Every command takes `--help`. An option is written in full: `--backends cpu` or `--backends=cpu`."
    yield table(
        ("Command", "What it does"),
        [(f"[`apr-qa {c.words}`](#apr-qa-{c.words.replace(' ', '-')})", _first(c.help)) for c in commands],
    )
    for command in commands:
        yield f"## apr-qa {command.words}"
        yield _as_markdown(command.help)
        rows = [(code(option.names), option.help, code(option.default)) for option in command.options]
        if rows:
            yield table(("Option", "Means", "Default"), rows)


def _gates() -> Iterator[str]:
    specs = [gate.spec for gate in furnish(GATES, Gate)]
    specs.sort(key=lambda spec: (spec.gateway is None, spec.gateway or "", spec.category, spec.id))
    yield "# Gates"
    yield "A gate is one falsifiable claim. One that was not judged is not a pass. `apr-qa explain GATE` says the same."
    rows = [
        (f"[{spec.id}](#{spec.anchor})", spec.gateway or "", spec.category, spec.severity, spec.claim) for spec in specs
    ]
    yield table(("Gate", "Gateway", "Category", "Severity", "Claim"), rows)
    for spec in specs:
        yield f"## {spec.id}"
        yield spec.claim
        yield "\n".join(_gate_facts(spec))


def _gate_facts(spec: GateSpec) -> Iterator[str]:
    falls = f"; when it falls, {spec.gateway} falls and the score is 0" if spec.gateway else ""
    yield f"- **Counts** in {spec.category} with weight {spec.weight:g}, severity {spec.severity}{falls}."
    yield f"- **Tried at** {', '.join(spec.tiers)}."
    yield f"- **Applies to** {' / '.join(', '.join(axis) for axis in (spec.formats, spec.backends, spec.modalities))}."
    yield f"- **Version** {spec.version}: raised when the same observation may get another verdict."
    if spec.remedy:
        yield f"- **Remedy** {spec.remedy}"


def _oracles() -> Iterator[str]:
    yield "# Oracles"
    yield "An oracle judges the text of one answer. Garbage is asked first, then the oracle that knows the prompt."
    rows = [(code(oracle.name), oracle.claim, str(oracle.version)) for oracle in furnish(ORACLES, Oracle)]
    yield table(("Oracle", "Asserts", "Version"), rows)


def _engines() -> Iterator[str]:
    yield "# Engines"
    yield "`--engine auto` takes `apr` where it is installed, else the embedded engines."
    rows = [
        (
            code(engine.name),
            engine.summary,
            ", ".join(_abilities(engine)),
            code(engine.get_it) if engine.get_it else "",
        )
        for engine in furnish(ENGINES, Engine)
    ]
    yield table(("Engine", "What it is", "Can", "How to get it"), rows)


def _abilities(engine: Engine) -> Iterator[str]:
    able = {
        "run": engine.one_shot,
        "run in batches": engine.batch,
        "chat": engine.conversation,
        "serve": engine.server,
        "convert": engine.conversion,
    }
    yield from (name for name, found in able.items() if found is not None)


def _reports() -> Iterator[str]:
    yield "# Reports"
    yield "`apr-qa report EVIDENCE --formats all` writes them; a comma-separated list chooses."
    rows = [(code(r.name), code(r.file_name), r.summary) for r in furnish(REPORTS, Report)]
    yield table(("Report", "File", "What it holds"), rows)


def _tiers() -> Iterator[str]:
    yield "# Tiers"
    yield "How hard we try, and the most that may be said. Probes are planned besides the matrix."
    rows = [
        (
            code(spec.tier),
            spec.summary,
            _product(spec),
            str(spec.repeats),
            spec.minutes,
            str(spec.certified_at),
            spec.best_status,
        )
        for spec in tiers().values()
    ]
    yield table(("Tier", "For", "Matrix scenarios", "Repeats", "Time", "CERTIFIED from MQS", "At most"), rows)


def _product(spec: TierSpec) -> str:
    axes = [len(spec.formats), len(spec.backends), len(spec.modalities), spec.scenario_count]
    return f"{' x '.join(map(str, axes))} = {len(spec.cells) * spec.scenario_count}"


def _playbook() -> Iterator[str]:
    whole = schema()
    yield "# Playbook fields"
    yield (
        "Every key that a playbook may hold; another one is an error. The same as JSON Schema:"
        " `playbooks/playbook.schema.yaml`. A generated playbook to look at: `playbooks/models/tiny-mvp.playbook.yaml`."
    )
    yield from tables_of(whole, "The file")


def _evidence() -> Iterator[str]:
    yield "# Evidence fields"
    yield (
        "What `evidence.json` holds, and each line of a journal. A field that is not listed here is refused; what was"
        " not measured is null. The same as JSON Schema: `playbooks/evidence.schema.json`."
    )
    yield from tables_of(evidence_schema(), "The file")


def _record() -> Iterator[str]:
    yield "# Record fields"
    yield (
        "One certification in the registry: a file below `docs/certifications/records/`, named after the SHA-256 of its"
        " bytes and never changed. `models.csv`, the table of the README, badges and the site are derived from these."
    )
    yield from tables_of(record_schema(), "Record")


def _exits() -> Iterator[str]:
    yield "# Exit statuses"
    yield "One table for every command. For several models the worst one counts."
    yield table(("Status", "Name", "Means"), [(str(v), code(n), m) for n, v, m in _exit_members()])
    faults = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.AprQaError)]
    rows = [(code(kind.__name__), str(int(kind.exit_status)), _first(inspect.getdoc(kind) or "")) for kind in faults]
    yield "## Expected faults"
    yield table(("Fault", "Status", "When"), rows)


def _exit_members() -> Iterator[tuple[str, int, str]]:
    """Names, values and the sentence under each, from the table's own source."""
    (body,) = [node.body for node in ast.parse(inspect.getsource(errors.Exit)).body if isinstance(node, ast.ClassDef)]
    for line, said in itertools.pairwise(body):
        if isinstance(line, ast.Assign) and isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant):
            name = ast.unparse(line.targets[0])
            yield name, int(errors.Exit[name]), str(said.value.value)


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def _as_markdown(text: str) -> str:
    """Examples of a help text are one code block."""
    head, mark, examples = text.partition("\n\nExample")
    if not mark:
        return text
    listed = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    return f"{head}\n\n```console\n" + "\n".join(f"$ {line}" for line in listed) + "\n```"

"""`apr-qa parity`: golden answers, and who agrees with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import Json, several
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Format

if TYPE_CHECKING:
    from apr_qa.pipeline.parity import Checked
    from apr_qa.truth.goldens import Corpus

PROMPTS = (
    "What is 2+2?",
    "def add(a, b):",
    "The capital of France is",
    "List 3 colors",
    "你好",
)
"""Asked by --create when no --prompt is given."""


Family = Annotated[
    str, typer.Option("--model-family", "-m", help="Folder of the model below --corpus-path: `tiny/v1`.")
]
CorpusPath = Annotated[Path, typer.Option(help="Where golden corpora lie.")]
Show = Annotated[bool, typer.Option("--list", help="List the prompts of the corpus.")]
SelfCheck = Annotated[bool, typer.Option("--self-check", help="Are the goldens whole, and would a wrong answer fall?")]
LogitsFile = Annotated[Path | None, typer.Option(help="Hold these logits against the golden of --prompt.")]
Prompt = Annotated[list[str] | None, typer.Option(help="A prompt; may be given several times with --create.")]
Tolerance = Annotated[str, typer.Option(help="fp32, fp16, int8 or int4; else by the type that the file is stored in.")]
Create = Annotated[bool, typer.Option("--create", help="Make goldens with the reference engine.")]
Chat = Annotated[bool, typer.Option("--chat", help="With --create: put prompts through the chat template.")]
MaxTokens = Annotated[int, typer.Option(min=1, help="With --create: the longest answer, in tokens.")]
Engine = Annotated[str, typer.Option(help="Verify this engine: auto, reference, llama.cpp, apr ...")]
ModelPath = Annotated[Path | None, typer.Option(help="The model's files, for --create and --engine.")]
Formats = Annotated[str, typer.Option(help="With --engine: only these formats, comma-separated.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options that a mode needs besides the corpus."""

    family: str
    prompts: tuple[str, ...]
    tolerance: str
    chat: bool
    max_tokens: int
    engine: str
    model_path: Path | None
    formats: str
    json: bool


def parity(
    model_family: Family = "",
    corpus_path: CorpusPath = Path("goldens"),
    show: Show = False,
    self_check: SelfCheck = False,
    logits_file: LogitsFile = None,
    prompt: Prompt = None,
    tolerance: Tolerance = "",
    create: Create = False,
    chat: Chat = False,
    max_tokens: MaxTokens = 50,
    engine: Engine = "",
    model_path: ModelPath = None,
    formats: Formats = "",
    json: Json = False,
) -> int:
    """Check engines or logits against golden answers, and make such answers.

    Reads the original's corpora and folders of oracle files. Logits decide where there are any; else texts do, but for
    late near ties. With nothing else named, the corpus itself is checked. Exit status: 0 all agree, 1 something
    differs, 2 bad input, 3 something could not be compared.

    Examples:

        apr-qa parity -m tiny/v1 --create --chat --model-path models/tiny

        apr-qa parity -m tiny/v1 --engine llama.cpp --model-path models/tiny
    """
    modes = {"list": show, "check": self_check, "file": logits_file, "create": create, "verify": engine}
    asked = _Asked(
        family=model_family, prompts=tuple(prompt or ()), tolerance=tolerance, chat=chat, max_tokens=max_tokens,
        engine=engine, model_path=model_path, formats=formats, json=json,
    )  # fmt: skip
    folder = corpus_path / model_family if model_family else corpus_path
    return _do(_only([name for name, given in modes.items() if given]), asked, folder, logits_file)


def _only(modes: list[str]) -> str:
    if len(modes) > 1:
        ways = "--list, --self-check, --logits-file, --create, --engine"
        raise InputError(f"name only one of {ways}", remedy="apr-qa parity --help")
    return modes[0] if modes else "check"


def _do(mode: str, asked: _Asked, folder: Path, logits_file: Path | None) -> int:
    from apr_qa.pipeline import parity as work
    from apr_qa.truth.closeness import TOLERANCES
    from apr_qa.truth.goldens import read_corpus

    if asked.tolerance and asked.tolerance not in TOLERANCES:
        raise InputError(f"no tolerance is called {asked.tolerance!r}", remedy=f"One of: {', '.join(TOLERANCES)}.")
    if mode == "create":
        model = _needed(asked.model_path)
        prompts = asked.prompts or PROMPTS
        made = work.create(folder, asked.family, model, prompts, chat=asked.chat, max_tokens=asked.max_tokens)
        return _list(made, json=asked.json)
    corpus = read_corpus(folder)
    if mode == "list":
        return _list(corpus, json=asked.json)
    if mode == "check":
        return _tell(work.self_check(corpus), json=asked.json)
    if logits_file is not None:
        if len(asked.prompts) != 1:
            raise InputError("--logits-file needs one --prompt", remedy="--list names the prompts.")
        return _tell(work.hold_file(corpus, asked.prompts[0], logits_file, asked.tolerance), json=asked.json)
    formats = several(Format, asked.formats, "--formats")
    checked = work.verify(corpus, asked.engine, _needed(asked.model_path), asked.tolerance, formats)
    return _tell(checked, json=asked.json)


def _needed(model_path: Path | None) -> Path:
    if model_path is None:
        raise InputError("no model was named", remedy="--model-path FOLDER or FILE")
    return model_path


def _list(corpus: Corpus, *, json: bool) -> int:
    from apr_qa.cli.show import console, table
    from apr_qa.pipeline.results import as_json
    from apr_qa.text import one_line
    from apr_qa.truth.goldens import prompt_hash

    if json:
        prompts = [{"prompt": g.prompt, "hash": prompt_hash(g.prompt), "chat": g.chat} for g in corpus.goldens]
        typer.echo(as_json({"model": corpus.model, "made_by": dict(corpus.made_by), "prompts": prompts}))
        return 0
    rows = [(prompt_hash(g.prompt), one_line(g.prompt, 50), one_line(g.text, 50)) for g in corpus.goldens]
    console().print(table(("hash", "prompt", "text"), rows))
    return 0


def _tell(checked: list[Checked], *, json: bool) -> int:
    from apr_qa.cli.show import console, table
    from apr_qa.cli.watch import MARKS
    from apr_qa.pipeline.parity import exit_of
    from apr_qa.pipeline.results import as_json
    from apr_qa.text import one_line

    if json:
        typer.echo(as_json([_item(item) for item in checked]))
    else:
        rows = [
            (MARKS[c.verdict.outcome], c.gate, c.subject, one_line(c.prompt, 40), one_line(c.verdict.reason, 200))
            for c in checked
        ]
        console().print(table(("", "gate", "of", "prompt", "reason"), rows))
    return exit_of(checked)


def _item(item: Checked) -> dict[str, Any]:
    verdict = item.verdict
    return {
        "gate": item.gate,
        "subject": item.subject,
        "prompt": item.prompt,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "detail": dict(verdict.detail),
    }


COMMAND = CliCommand(name="parity", panel=JUDGE, order=6, run=parity)

"""What `apr` is started with, word for word, and what it is never asked."""

from __future__ import annotations

import json

import pytest
from engine_builders import OPEN, scenario, setting, system, user

from apr_qa.engines.apr import APR
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Backend, Format, Modality
from apr_qa.vocab.engines import Batch, Conversation, Conversion, OneShot, Server
from apr_qa.vocab.scenario import Message, Role

ODD_PROMPTS = [
    "-5+3=",
    "--gpu",
    'it\'s "quoted" $HOME `id`',
    "two\nlines",
    "你好 🙂",
    "",
    " ",
    "a=b; rm -rf /",
    "\x1b[2J",
]


def ways() -> tuple[OneShot, Batch, Conversation, Server, Conversion]:
    """Return the five ways, which `apr` all has."""
    assert APR.one_shot
    assert APR.batch
    assert APR.conversation
    assert APR.server
    assert APR.conversion
    return APR.one_shot, APR.batch, APR.conversation, APR.server, APR.conversion


ONE_SHOT, BATCH, CONVERSATION, SERVER, CONVERSION = ways()


def test_run() -> None:
    """The recommended form: absolute path, `--prompt=`, `--chat`, the backend forced, everything else named."""
    command = ONE_SHOT.command(setting(), scenario("What is 2+2?", max_tokens=7, seed=42, timeout_s=9))
    told = "run|/models/model.gguf|--prompt=What is 2+2?|--chat|--no-gpu|--json|-n|7|--temperature|0.0|--seed|42"
    assert command.argv == ("/bin/apr", *told.split("|"))
    assert command.timeout_s == 9
    assert command.stdin == b""
    assert dict(command.env) == {
        "HOME": "/scratch",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "APR_OFFLINE": "1",
        "HF_HUB_OFFLINE": "1",
    }


def test_gpu_cells_force_the_gpu() -> None:
    """`--gpu`, never a default that falls back in silence."""
    given = setting(backend=Backend.GPU)
    for command in (ONE_SHOT.command(given, scenario("x")), CONVERSATION.command(given), SERVER.command(given)):
        assert "--gpu" in command.argv
        assert "--no-gpu" not in command.argv


@pytest.mark.parametrize("prompt", ODD_PROMPTS)
def test_odd_prompts_are_one_argument(prompt: str) -> None:
    """Nothing is quoted, split or read as an option."""
    asked = scenario(prompt)
    assert APR.refuses(asked) == ""
    assert ONE_SHOT.command(setting(), asked).argv[3] == f"--prompt={prompt}"


@pytest.mark.parametrize(
    ("messages", "modality", "reason"),
    [
        (("a\0b",), Modality.RUN, "NUL"),
        (("x" * 140_000,), Modality.RUN, "131072"),
        (("half \ud800",), Modality.RUN, "surrogate"),
        ((system("s"), user("x")), Modality.RUN, "one prompt"),
        (("a", OPEN, user("b")), Modality.RUN, "one question at a time"),
        (("a", OPEN, user("b")), Modality.SERVE, "one question at a time"),
        (("two\nlines",), Modality.CHAT, "one line a turn"),
        (("fine", OPEN, user("two\nlines")), Modality.CHAT, "one line a turn"),
        (("  ",), Modality.CHAT, "blank"),
        ((" /clear",), Modality.CHAT, "command"),
        (("a", Message(role=Role.ASSISTANT, content="given"), user("b")), Modality.CHAT, "answers every turn itself"),
        (("a", OPEN, system("late"), user("b")), Modality.CHAT, "system message"),
        ((system("s\0"), user("x")), Modality.CHAT, "NUL"),
        ((OPEN,), Modality.CHAT, "no user turn"),
    ],
)
def test_what_cannot_be_asked_word_for_word_is_refused(
    messages: tuple[Message | str, ...], modality: Modality, reason: str
) -> None:
    """A question is refused with its reason, and never bent."""
    asked = scenario(*messages, modality=modality)
    assert reason in APR.refuses(asked)
    ask = {
        Modality.RUN: lambda: ONE_SHOT.command(setting(), asked),
        Modality.CHAT: lambda: CONVERSATION.turns(asked),
        Modality.SERVE: lambda: SERVER.request(setting(), asked),
    }
    with pytest.raises(InputError, match=reason):
        ask[modality]()


def test_batch() -> None:
    """One file of JSON lines in the scratch folder, each question named by its place."""
    asked = [scenario("a", max_tokens=4, timeout_s=2), scenario('"b"\n', max_tokens=9, timeout_s=3)]
    command = BATCH.command(setting(), asked)
    told = "run /models/model.gguf --batch-jsonl /scratch/batch.jsonl --no-gpu -n 9 --temperature 0.0 --seed 0"
    assert command.argv == ("/bin/apr", *told.split())
    assert command.timeout_s == 5
    lines = [json.loads(line) for line in BATCH.files(setting(), asked)["batch.jsonl"].splitlines()]
    assert lines == [
        {"task_id": "0", "prompt": "a", "max_tokens": 4},
        {"task_id": "1", "prompt": '"b"\n', "max_tokens": 9},
    ]


def test_batch_suits_gguf_and_apr_and_one_seed() -> None:
    """SafeTensors has no batch; temperature and seed are fixed when the process starts."""
    assert [BATCH.suits(setting(form=f)) for f in (Format.SAFETENSORS, Format.APR, Format.GGUF)] == [False, True, True]
    assert BATCH.alike(scenario("a", max_tokens=1)) == BATCH.alike(scenario("b", max_tokens=9))
    assert BATCH.alike(scenario("a", temperature=1.0, seed=1)) != BATCH.alike(scenario("a", temperature=1.0, seed=2))


def test_chat() -> None:
    """Token limit, temperature and system message are fixed when the program starts, from the first question."""
    first = scenario(system("-be\nbrief"), user("Hi"), OPEN, user("2+2?"), modality=Modality.CHAT, max_tokens=5)
    assert APR.refuses(first) == ""
    told = (
        "chat",
        "/models/model.gguf",
        "--no-gpu",
        "--temperature",
        "0.0",
        "--max-tokens",
        "5",
        "--system=-be\nbrief",
    )
    assert CONVERSATION.command(setting(first=first)).argv == ("/bin/apr", *told)
    assert CONVERSATION.turns(first) == (b"Hi\n", b"2+2?\n")
    assert CONVERSATION.alike(first) != CONVERSATION.alike(scenario("Hi", modality=Modality.CHAT, max_tokens=5))
    assert CONVERSATION.reset == b"/clear\n"
    assert "--system" not in " ".join(CONVERSATION.command(setting()).argv)


def test_serve() -> None:
    """`serve run`, loopback, a port of ours; the request names every setting."""
    command = SERVER.command(setting(port=4711))
    told = "serve run /models/model.gguf --port 4711 --host 127.0.0.1 --no-gpu"
    assert command.argv == ("/bin/apr", *told.split())
    request = SERVER.request(setting(), scenario(system("s"), user("Hi"), modality=Modality.SERVE, seed=3))
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert json.loads(request.body) == {
        "model": "default",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "Hi"}],
        "max_tokens": 32,
        "temperature": 0.0,
        "seed": 3,
        "stream": False,
    }


def test_conversions() -> None:
    """APR by import, from APR by export, the rest by rosetta; nothing is converted into itself."""
    target = setting().scratch / "x.out"
    words = {step: CONVERSION.command(setting(form=step[0]), target, step[1]).argv[1:] for step in CONVERSION.steps}
    assert len(words) == 6
    assert words[Format.SAFETENSORS, Format.APR] == (
        "import",
        "/models/model.safetensors",
        "-o",
        "/scratch/x.out",
        "--json",
    )
    assert words[Format.APR, Format.GGUF] == (
        *("export", "/models/model.apr", "--format", "gguf"),
        *("-o", "/scratch/x.out", "--json"),
    )
    assert words[Format.SAFETENSORS, Format.GGUF][:2] == ("rosetta", "convert")
    with pytest.raises(InputError, match="into itself"):
        CONVERSION.command(setting(form=Format.APR), target, Format.APR)

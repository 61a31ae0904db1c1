"""The conversions `apr` makes: `import`, `export`, and between SafeTensors and GGUF `rosetta convert`."""

from __future__ import annotations

from pathlib import Path

from apr_qa.engines._apr_failures import failure
from apr_qa.engines._apr_run import environment
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Format
from apr_qa.vocab.command import Command
from apr_qa.vocab.conversions import Step
from apr_qa.vocab.engines import Conversion, Setting

_IMPORTED = {(Format.SAFETENSORS, Format.APR), (Format.GGUF, Format.APR)}
_EXPORTED = {(Format.APR, Format.GGUF), (Format.APR, Format.SAFETENSORS)}
_CONVERTED = {(Format.SAFETENSORS, Format.GGUF), (Format.GGUF, Format.SAFETENSORS)}
"""`rosetta convert` asks for no quantisation and cannot be told to do without."""
STEPS: tuple[Step, ...] = tuple((a, b) for a in Format for b in Format if a is not b)


def _convert(setting: Setting, target: Path, form: Format) -> Command:
    """Return the command for one step.

    GGUF keeps its chat template only when `tokenizer.json` and `chat_template.jinja` lie beside the APR file.
    Raises InputError for a format that it has already.
    """
    source, step = setting.artefact, (setting.artefact.format, form)
    words: tuple[str, ...]
    if step in _IMPORTED:
        words = ("import", str(source.path), "-o", str(target), "--json")
    elif step in _EXPORTED:
        words = ("export", str(source.path), "--format", form.value, "-o", str(target), "--json")
    elif step in _CONVERTED:
        words = ("rosetta", "convert", str(source.path), str(target), "--json")
    else:
        raise InputError(f"this is {form} already, and apr converts nothing into itself", where=str(source.path))
    return Command(argv=(*setting.program, *words), env=environment(setting), timeout_s=setting.timeout_s)


CONVERSION = Conversion(command=_convert, steps=STEPS, failed=failure)

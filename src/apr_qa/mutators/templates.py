"""Chat templates that ask something else, nothing, or too much of the machine."""

from __future__ import annotations

from pathlib import Path

from apr_qa.mutators._follow import GGUF, TRUTH, follow
from apr_qa.mutators._gguf import open_gguf
from apr_qa.mutators._planting import Apply, settings
from apr_qa.vocab.mutators import Applied, FaultLayer, Mutator, Place

_KEY = "tokenizer.chat_template"
_FILE, _CONFIG = "chat_template.jinja", "tokenizer_config.json"
_LLAMA_2 = (
    "{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]"
    "{% else %} {{ message['content'] }} {% endif %}{% endfor %}"
)
_NO_OPENING = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>'"
    " + '\\n' }}{% endfor %}"
)
_SYSTEM = "{{ '<|im_start|>system\\nYou are a pirate.<|im_end|>\\n' }}"
_INJECTION = "{{ messages.__class__.__mro__[1].__subclasses__() }}"
_ENDLESS = "{% for i in range(10**12) %}{% endfor %}"


def _template(text: str | None, *, before: str = "") -> Apply:
    """Put `text` in place of the template (None keeps it) behind `before`: in one file, or wherever it stands."""

    def apply(folder: Path, place: Place, seed: int) -> Applied:
        file = folder / TRUTH / _FILE
        new = before + (file.read_text(encoding="utf-8") if text is None else text)
        if place is Place.GGUF:
            gguf = open_gguf(folder / GGUF)
            gguf.set(_KEY, new)
            gguf.save()
            return Applied()
        file.write_text(new, encoding="utf-8")
        settings(_CONFIG, chat_template=new)(folder, Place.SAFETENSORS, seed)
        if place is Place.TRUTH:
            follow(folder)
        return Applied()

    return apply


def _one_file(folder: Path, _place: Place, _seed: int) -> Applied:
    file = folder / TRUTH / _FILE
    file.write_text(file.read_text(encoding="utf-8").replace("assistant", "user"), encoding="utf-8")
    return Applied()


def _fault(
    name: str,
    apply: Apply,
    summary: str,
    places: tuple[Place, ...] = (Place.GGUF, Place.TRUTH),
    *,
    gateway: bool = False,
) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.TEMPLATE,
        summary=summary,
        breaks="Conversations are written down in another way than the model was trained on; or code runs.",
        places=places,
        apply=apply,
        words=("template",),
        gateway=gateway,
    )


MUTATORS = (
    _fault("template-other-family", _template(_LLAMA_2), "The chat template is that of another family."),
    _fault("template-no-opening", _template(_NO_OPENING), "The template does not open the assistant's turn."),
    _fault("template-system", _template(None, before=_SYSTEM), "The template puts a system message before all turns."),
    _fault("template-empty", _template(""), "The chat template is empty.", gateway=True),
    _fault("template-unsafe", _template(_INJECTION), "The template reaches for Python's classes.", gateway=True),
    _fault("template-endless", _template(_ENDLESS), "The template counts to a million millions.", gateway=True),
    _fault(
        "template-two-versions",
        _one_file,
        "chat_template.jinja and tokenizer_config.json hold different templates.",
        (Place.SAFETENSORS,),
    ),
)

"""From the shape of a file to the playbook that it means: every field is put to use or named as not run."""

from __future__ import annotations

from typing import Any

from apr_qa.catalog.prompts import for_kernel_op
from apr_qa.catalog.tiers import tiers
from apr_qa.playbook import verification
from apr_qa.playbook.sections import KernelProfile
from apr_qa.playbook.shape import SECTIONS, GatewaySwitches, PlaybookFile, PromptEntry
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.playbook import Matrix, ModelSpec, Playbook, Prompt
from apr_qa.vocab.scenario import OracleSpec

_TIER_WORDS = {
    **{str(tier): tier for tier in Tier},
    "ci": Tier.QUICK,
    "nightly": Tier.STANDARD,
    "full": Tier.DEEP,
    "release": Tier.DEEP,
}
_LONG_CONTEXT_OP = "Rope"


def assemble(file: PlaybookFile, *, source: str, digest: str, tier: Tier | None = None) -> Playbook:
    """Return the playbook that `file` means, at `tier` or else at the tier that the file itself names."""
    tier = tier or tier_of(file)
    return Playbook(
        name=file.name,
        version=file.version,
        description=file.description,
        tier=tier,
        model=ModelSpec(**dict(file.model)),
        matrix=_matrix(file, tiers()[tier]),
        digest=digest,
        source=source,
        gates=_switches(file.gates),
        oracles=tuple(OracleSpec(name=o.type, config=o.config) for o in file.oracles),
        failure_policy=file.failure_policy,
        extras=_extras(file),
        not_run=tuple(verification.left_out(file)),
    )


def tier_of(file: PlaybookFile) -> Tier:
    """Return the tier a file names: by `tier`, the end of its name, `metadata.tier`, or else the size of its matrix."""
    if file.tier:
        return file.tier
    for word in (file.name.rpartition("-")[2], str(file.metadata.get("tier", ""))):
        if word in _TIER_WORDS:
            return _TIER_WORDS[word]
    sizes = {tier: len(spec.cells) * spec.scenario_count for tier, spec in tiers().items()}
    return next((tier for tier in (Tier.DEEP, Tier.STANDARD) if _slots(file) >= sizes[tier]), Tier.QUICK)


def _slots(file: PlaybookFile) -> int:
    """Return the number of matrix scenarios that the file asks for."""
    cells = len(file.model.formats) * len(file.test_matrix.backends) * len(file.test_matrix.modalities)
    return cells * file.test_matrix.scenario_count


def _matrix(file: PlaybookFile, tier: TierSpec) -> Matrix:
    asked = file.test_matrix
    prompts = [_prompt(entry) for entry in asked.prompts or ()]
    if not prompts and file.kernel_profile:
        prompts = with_kernel_prompts(file.kernel_profile, tier.prompts[: _slots(file)])
    known = [*verification.expected_answers(file), *prompts]
    return Matrix(
        modalities=asked.modalities,
        backends=asked.backends,
        scenario_count=asked.scenario_count,
        prompts=tuple(dict.fromkeys(prompt.text for prompt in prompts)),
        details={prompt.text: prompt for prompt in known if prompt.oracle or prompt.max_tokens},
        placed=tuple(verification.placed_prompts(file)),
        seed=asked.seed,
        timeout_ms=asked.timeout_ms,
        max_tokens=asked.max_tokens,
    )


def _prompt(entry: PromptEntry) -> Prompt:
    oracle = OracleSpec(name=entry.oracle, config=entry.config) if entry.oracle else None
    return Prompt(text=entry.text, oracle=oracle, max_tokens=entry.max_tokens)


def with_kernel_prompts(profile: KernelProfile, others: tuple[Prompt, ...]) -> list[Prompt]:
    """Return the prompts that exercise the profile's kernels, then `others`."""
    ops = [op for op in profile.kernel_ops if op != _LONG_CONTEXT_OP or profile.long_context]
    return [*(prompt for op in ops for found in for_kernel_op(op) for prompt in found.prompts), *others]


def _switches(gates: GatewaySwitches) -> dict[str, bool]:
    return {name.partition("_")[0].upper(): switch for name, switch in gates if not switch}


def _extras(file: PlaybookFile) -> dict[str, Any]:
    """Return the sections that the file has, as plain data."""
    found = {name: getattr(file, name) for name in SECTIONS if name in file.model_fields_set}
    return {name: _plain(section) for name, section in found.items() if section is not None}


def _plain(section: Any) -> Any:
    if hasattr(section, "model_dump"):
        return section.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(section, tuple):
        return [_plain(item) for item in section]
    return section

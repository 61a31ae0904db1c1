"""A fallen gateway has to lead somewhere: to a ticket or to the draft of one. When it does not, that is told loudly."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from apr_qa.bot.ticketing import Ticketed
from apr_qa.github.policy import TicketPolicy
from apr_qa.pipeline.rescore import Rescored
from apr_qa.tickets.drafts import Draft
from apr_qa.vocab.score import GatewayState


def unreported(results: Sequence[Rescored], ticketed: Ticketed) -> list[str]:
    """Return a sentence for each model whose fallen gateway nobody is told of, and for each ticket that failed."""
    told = {model for draft in ticketed.drafted for model in draft.models}
    problems = [f"ticket {fingerprint} in {repo}: {why}" for (repo, fingerprint), why in ticketed.failed.items()]
    for item in results:
        fell = [str(gateway) for gateway, state in item.scorecard.gateways.items() if state is GatewayState.FELL]
        if fell and item.evidence.run.model not in told:
            problems.append(f"{item.evidence.run.model}: {', '.join(fell)} fell, and there is neither ticket nor draft")
    return problems


def draft_link(draft: Draft, policy: TicketPolicy, server: str) -> str:
    """Return the address of a form for a new issue that is filled in already; `draft` where no repository is named."""
    repo = policy.file_repo if draft.is_of_file else policy.engine_repo
    if not repo:
        return "draft"
    body = f"See the draft in the run's artefacts.\n\napr-qa-id: {draft.fingerprint}\n"
    form = urlencode({"title": draft.title, "labels": ",".join(draft.labels), "body": body})
    return f"{server}/{repo}/issues/new?{form}"

"""What people write and what the bot does, one story for every reply and every refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gh_server import FakeGitHub
from talk import Talk

from apr_qa.bot.reading import command_lines
from apr_qa.github.client import Client


@pytest.fixture
def talk(hub: FakeGitHub, client: Client) -> Talk:
    return Talk(hub, client)


def _quiet(talk: Talk) -> None:
    """No line of anything that the bot wrote could start it again."""
    for comment in talk.repo.comments.values():
        if comment.author.endswith("[bot]"):
            assert command_lines(comment.body) == (), comment.body


def test_a_maintainer_certifies_a_family(talk: Talk) -> None:
    """The run is queued: rocket, one sticky comment, a check run on the head, a trusted job."""
    assert talk.say("boss", "Looks good.\n\n/certify tiny smoke") == ("queued",)
    assert talk.reaction == "rocket"
    assert talk.reply == ""
    assert "### 🕓 Queued: " in talk.sticky
    assert "Stop it with `/certify cancel`" in talk.sticky
    (check,) = talk.repo.checks.values()
    assert (check["status"], check["head_sha"]) == ("queued", talk.repo.git.head("pr-7"))
    job = talk.heard.job
    assert job is not None
    assert (job.trusted, job.commit, job.tickets, job.sha) == (True, True, True, talk.repo.git.head("pr-7"))
    _quiet(talk)


def test_a_writer_certifies_without_being_trusted(talk: Talk) -> None:
    """The run is queued, and the comment says why nothing will be written down."""
    talk.say("ann", "/certify tiny smoke")
    job = talk.heard.job
    assert job is not None
    assert (job.trusted, job.commit) == (False, False)
    assert "not written to the registry: it was not asked for by a maintainer" in talk.sticky


def test_help_is_made_from_the_policy(talk: Talk) -> None:
    """The command alone answers with the table, the tiers and what the asker may run."""
    assert talk.say("tim", "/certify") == ("help",)
    assert talk.reaction == "+1"
    for piece in ("### What you can ask", "`/certify retry`", "`backend=cpu`", "You may run **smoke** here."):
        assert piece in talk.reply
    _quiet(talk)


def test_a_typing_error_is_answered_with_the_right_word(talk: Talk) -> None:
    """Confused face, position, probable word, the whole command to copy."""
    assert talk.say("ann", "/certify qwen-codr mvp") == ("unknown-family",)
    assert talk.reaction == "confused"
    assert "column 10: not a family" in talk.reply
    assert "`/certify qwen-coder mvp`" in talk.reply
    _quiet(talk)


def test_a_stranger_is_told_what_is_needed(talk: Talk) -> None:
    """Thumbs down, the role needed, and nothing started."""
    assert talk.say("mallory", "/certify tiny smoke") == ("denied-stranger",)
    assert talk.reaction == "-1"
    assert "it asks for the triage role" in talk.reply
    assert talk.heard.job is None
    assert talk.repo.checks == {}


@pytest.mark.parametrize(
    ("author", "body", "code", "said"),
    [
        ("tim", "/certify tiny mvp", "denied-tier", "`mvp` asks for the write role"),
        ("ann", "/certify tiny deep", "denied-tier", "`deep` asks for the maintain role"),
        ("ann", '/certify tiny smoke --force reason="why"', "denied-force", "`--force` asks for the maintain role"),
        ("ann", "/certify tiny smoke @badc0de", "denied-moved", "the pull request is at"),
        ("boss", "/certify cancel", "nothing-runs", "nothing to stop"),
        ("boss", "/certify retry", "nothing-missing", "Nothing to retry"),
        ("boss", "/certify status", "no-run", "No run here"),
        ("boss", "/certify tickets", "tickets", "drafted and filed none"),
        ("boss", "/certify explain G4-BASIC-001", "explain", "### Gate `G4-BASIC-001`"),
        ("boss", "/certify explain G4-BASIC-01", "unknown-gate", "`/certify explain G4-BASIC-001`"),
        ("boss", "/certify someone/unheard-of", "nothing-fits", "does not list the organisation someone"),
        ("boss", "/certify failed", "nothing-fits", "no model fits these words"),
        ("mallory", "/certify plan qwen-coder smoke", "plan", "### 📋 Plan: "),
    ],
)
def test_replies(talk: Talk, author: str, body: str, code: str, said: str) -> None:
    """Each of these starts nothing and gets exactly one reply."""
    assert talk.say(author, body) == (code,)
    assert said in talk.reply
    assert (talk.heard.job, talk.sticky) == (None, "")
    _quiet(talk)


def test_a_family_leaves_out_what_does_not_fit(talk: Talk) -> None:
    """The largest models of the family are listed with the reason."""
    talk.say("mallory", "/certify plan qwen-coder mvp")
    assert "Left out: " in talk.reply
    assert "GB of memory, the policy has 16" in talk.reply
    assert "backend=cpu" in talk.reply


def test_a_fork_needs_a_maintainer_and_the_commit(talk: Talk) -> None:
    """A stranger's pull request: a writer may not, a maintainer names the commit, then it runs."""
    talk.hub.state.pull(talk.repo, 8, ["docs/y.md"], author="stranger", fork=True)
    assert talk.say("ann", "/certify tiny smoke", 8) == ("denied-fork",)
    assert talk.say("boss", "/certify tiny smoke", 8) == ("denied-commit",)
    sha = talk.repo.git.head("pr-8")
    assert f"/certify tiny smoke @{sha[:7]}" in talk.reply
    assert talk.say("boss", f"/certify tiny smoke @{sha[:7]}", 8) == ("queued",)


def test_a_closed_pull_request_is_not_certified(talk: Talk) -> None:
    """Nothing starts on a pull request that is closed."""
    talk.repo.issues[7].state = "closed"
    assert talk.say("boss", "/certify tiny smoke") == ("denied-closed",)


def test_who_presses_rerun_needs_the_right_too(talk: Talk) -> None:
    """A maintainer's comment is not lent to whoever runs the workflow again."""
    talk.rerun_by = "mallory"
    assert talk.say("boss", "/certify tiny smoke") == ("denied-rerun",)


def test_one_run_at_a_time(talk: Talk) -> None:
    """A second command while one is going on is refused, with the way out."""
    talk.say("boss", "/certify tiny smoke")
    assert talk.say("boss", "/certify tiny mvp") == ("busy",)
    assert "`/certify cancel`" in talk.reply
    assert talk.say("boss", '/certify tiny mvp --force reason="new tokenizer"') == ("queued",)


def test_status_cancel_and_retry(talk: Talk) -> None:
    """A run is looked at, stopped where it was announced, and taken up again with the same models."""
    talk.repo.runs[77] = "running"
    talk.say("boss", "/certify tiny smoke")
    first = talk.heard.job
    assert talk.say("mallory", "/certify status") == ("status",)
    assert "Run: queued" in talk.reply
    assert talk.say("tim", "/certify cancel") == ("cancelled",)
    assert talk.repo.runs[77] == "cancelled"
    assert "### ⏹️ Cancelled" in talk.sticky
    assert [c["conclusion"] for c in talk.repo.checks.values()] == ["cancelled"]
    assert talk.say("boss", "/certify retry") == ("queued",)
    again = talk.heard.job
    assert first is not None
    assert again is not None
    assert (again.models, again.only_unjudged) == (first.models, True)
    assert "Queued" in talk.sticky


def test_after_a_push_a_retry_is_about_nothing(talk: Talk) -> None:
    """The run before was about another commit: the reply says which command to write."""
    talk.say("boss", "/certify tiny smoke")
    talk.say("boss", "/certify cancel")
    talk.repo.git.commit("pr-7", {"more.md": "x\n"})
    assert talk.say("boss", "/certify retry") == ("moved-on",)
    assert "`/certify tiny smoke`" in talk.reply
    _quiet(talk)


def test_a_cool_down_names_the_time(talk: Talk) -> None:
    """The same person asks again too soon; later it is fine."""
    talk.say("ann", "/certify tiny mvp backend=cpu")
    talk.say("ann", "/certify cancel")
    assert talk.say("ann", "/certify tiny mvp backend=cpu") == ("cooling-down",)
    assert "again from 14:02 UTC" in talk.reply
    talk.now += timedelta(minutes=3)
    assert talk.say("ann", "/certify tiny mvp backend=cpu") == ("queued",)


def test_several_commands_in_one_comment(talk: Talk) -> None:
    """Each is answered in one reply; only the first run counts."""
    codes = talk.say("boss", "/certify tiny smoke\n\n/certify tiny mvp\n\n/certify explain G4-BASIC-001")
    assert codes == ("queued", "one-run", "explain")
    assert "One run for each comment" in talk.reply
    assert "### Gate" in talk.reply


def test_old_replies_are_folded_away_when_a_run_starts(talk: Talk) -> None:
    """What helped to find the right words is hidden, the sticky comment is not."""
    talk.say("boss", "/certify tinny smoke")
    talk.say("boss", "/certify tiny smoke")
    ours = [c for c in talk.repo.comments.values() if c.author.endswith("[bot]")]
    assert [c.hidden for c in ours] == [True, False]


@pytest.mark.parametrize("body", ["just talk", "> /certify tiny", "`/certify tiny`"])
def test_chatter_is_left_alone(talk: Talk, body: str) -> None:
    """No command, no reaction, not even a request to GitHub."""
    assert talk.say("boss", body) == ("ignored",)
    assert talk.hub.log == []


def test_bots_are_not_obeyed(talk: Talk) -> None:
    """A command by a bot, this one or another, does nothing."""
    assert talk.say("apr-qa[bot]", "/certify tiny smoke") == ("ignored",)
    assert talk.say("other[bot]", "/certify tiny smoke") == ("ignored",)


def test_a_broken_policy_lets_nobody_in(talk: Talk) -> None:
    """The reply names file and line; nothing is started."""
    talk.repo.git.commit("main", {".github/apr-qa.yml": "tiers:\n  mvp: {rol: admin}\n"})
    assert talk.say("boss", "/certify tiny smoke") == ("broken-policy",)
    assert ".github/apr-qa.yml:2" in talk.reply


def test_quiet_repositories_get_one_line(talk: Talk) -> None:
    """The state is kept, the check run tells the rest."""
    talk.repo.git.commit("main", {".github/apr-qa.yml": "quiet: results\n"})
    talk.say("boss", "/certify tiny smoke")
    assert "### " not in talk.sticky
    assert talk.say("boss", "/certify status") == ("status",)

"""What the Hub's refusals mean to a user: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from apr_qa.errors import AprQaError, InputError, WorkspaceError


@contextmanager
def explained(repo: str, revision: str) -> Iterator[None]:
    """Turn errors of the Hub's library into ours."""
    try:
        yield
    except AprQaError:
        raise
    except Exception as error:  # (re-raised below unless the library's)
        ours = _ours(error, repo, revision)
        if ours is None:
            raise
        raise ours from None


def _ours(error: Exception, repo: str, revision: str) -> AprQaError | None:
    from huggingface_hub import errors

    at = f"{repo} at {revision}" if revision else repo
    cases: tuple[tuple[type[Exception], AprQaError], ...] = (
        (errors.GatedRepoError, _gated(repo)),
        (
            errors.RevisionNotFoundError,
            InputError("no such revision", where=at, remedy="Name a branch, tag or commit."),
        ),
        (errors.RepositoryNotFoundError, _absent(repo)),
        (errors.DisabledRepoError, InputError("the Hub has disabled this model", where=repo)),
        (errors.HFValidationError, InputError("not a model id", where=repo, remedy="Write org/name.")),
        (errors.LocalEntryNotFoundError, _not_cached(at)),
        (errors.IncompleteSnapshotError, _not_cached(at)),
        (errors.HfHubHTTPError, _unreachable(error, at)),
        (OSError, _unreachable(error, at)),
    )
    for kind, ours in cases:
        if isinstance(error, kind):
            return ours
    return _unreachable(error, at) if type(error).__module__.startswith(("httpx", "httpcore")) else None


def _gated(repo: str) -> AprQaError:
    return InputError(
        "this model is gated: its owners want you to accept their terms first",
        where=repo,
        remedy=f"Accept them on the page of {repo}, then set HF_TOKEN to a token that may read it.",
    )


def _absent(repo: str) -> AprQaError:
    return InputError(
        "the Hub knows no such model, or it is private",
        where=repo,
        remedy="Check the spelling; for a private model set HF_TOKEN.",
    )


def _not_cached(at: str) -> AprQaError:
    return InputError(
        "not in the model cache, and the Hub cannot be asked",
        where=at,
        remedy="Run once with the network on (HF_HUB_OFFLINE unset), or name a folder: --model FOLDER.",
    )


def _unreachable(error: Exception, at: str) -> AprQaError:
    said = str(error).strip().splitlines()
    return WorkspaceError(
        f"the Hub could not be asked: {said[0] if said else type(error).__name__}",
        where=at,
        remedy="With the network on, the same command goes on: what has arrived is kept. A folder needs no Hub.",
    )

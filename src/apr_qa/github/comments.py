"""Comments and reactions of ours: found by mark and author, edited in place, doubles removed."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.github.door import Door
from apr_qa.github.errors import MissingError
from apr_qa.vocab.effects import Done, HideComments, Reaction, StickyComment

_LIST = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on PullRequest { comments(first: 100, after: $after) { ...page } }
      ... on Issue { comments(first: 100, after: $after) { ...page } }
    }
  }
}
fragment page on IssueCommentConnection {
  nodes { id fullDatabaseId body viewerDidAuthor isMinimized }
  pageInfo { hasNextPage endCursor }
}
"""
_HIDE = """
mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnComment:
    """A comment that we wrote."""

    node: str
    id: int
    key: str
    body: str
    """Without the mark."""
    hidden: bool


def mark(key: str) -> str:
    """Return the line by which a comment of ours is found again."""
    return f"<!-- apr-qa:{key} -->"


def own_comments(door: Door, repo: str, number: int) -> tuple[OwnComment, ...]:
    """Return the comments of ours that carry a mark, oldest first. Others who copy the mark are not believed."""
    owner, name = repo.split("/")
    found: list[OwnComment] = []
    after = None
    while True:
        data = door.ask(_LIST, owner=owner, name=name, number=number, after=after)
        subject = (data.get("repository") or {}).get("issueOrPullRequest")
        if subject is None:
            raise MissingError("no such issue or pull request", where=f"{repo}#{number}")
        page = subject["comments"]
        found += [own for node in page["nodes"] if node and (own := _own(node))]
        if not page["pageInfo"]["hasNextPage"]:
            return tuple(found)
        after = page["pageInfo"]["endCursor"]


def _own(node: dict[str, object]) -> OwnComment | None:
    first, _, rest = str(node["body"]).replace("\r\n", "\n").partition("\n")
    if not node["viewerDidAuthor"] or not (first.startswith("<!-- apr-qa:") and first.endswith(" -->")):
        return None
    key = first.removeprefix("<!-- apr-qa:").removesuffix(" -->")
    return OwnComment(
        node=str(node["id"]),
        id=int(str(node["fullDatabaseId"])),
        key=key,
        body=rest,
        hidden=bool(node["isMinimized"]),
    )


def stick(door: Door, effect: StickyComment) -> Done:
    """Make the comment under the key say `body`: edit it, or begin it; younger doubles are deleted."""
    base = f"/repos/{effect.repo}/issues"
    own = [c for c in own_comments(door, effect.repo, effect.number) if c.key == effect.key]
    for double in own[1:]:
        door.write("DELETE", f"{base}/comments/{double.id}")
    text = f"{mark(effect.key)}\n{effect.body}"
    if not own:
        if effect.only_if_there:
            return Done(effect=effect, changed=False, note="there is none to edit")
        made = door.write("POST", f"{base}/{effect.number}/comments", {"body": text})
        return Done(effect=effect, changed=True, url=made["html_url"], number=made["id"])
    if own[0].body.strip() == effect.body.strip():
        return Done(effect=effect, changed=len(own) > 1, number=own[0].id)
    edited = door.write("PATCH", f"{base}/comments/{own[0].id}", {"body": text})
    return Done(effect=effect, changed=True, url=edited["html_url"], number=own[0].id)


def hide(door: Door, effect: HideComments) -> Done:
    """Fold away the comments under the keys that are still open."""
    stale = [c for c in own_comments(door, effect.repo, effect.number) if c.key in effect.keys and not c.hidden]
    for comment in stale:
        door.change(_HIDE, id=comment.node)
    return Done(effect=effect, changed=bool(stale))


def react(door: Door, effect: Reaction) -> Done:
    """Leave exactly one reaction of ours on the comment."""
    path = f"/repos/{effect.repo}/issues/comments/{effect.comment_id}/reactions"
    mine = [r for r in door.pages(path) if (r.get("user") or {}).get("login") == door.login]
    for earlier in mine:
        if earlier["content"] != effect.mood:
            door.write("DELETE", f"{path}/{earlier['id']}")
    if any(r["content"] == effect.mood for r in mine):
        return Done(effect=effect, changed=len(mine) > 1)
    door.write("POST", path, {"content": str(effect.mood)})
    return Done(effect=effect, changed=True)

#!/usr/bin/env python3
"""Renews tests/github/fake/data: the parts of GitHub's own descriptions that the fake GitHub is held against.

It downloads four packages of the npm registry (`npm pack`; @octokit/openapi is 29 MB packed) into a temporary folder,
takes what is used, and drops descriptions and examples. Run it by hand; the result is committed.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)

OUT = Path(__file__).resolve().parents[1] / "tests" / "github" / "fake" / "data"
PACKAGES = (
    "@octokit/openapi@23.0.2",
    "@octokit/graphql-schema@15.26.1",
    "@octokit/webhooks-examples@7.6.1",
    "@octokit/webhooks-schemas@7.6.1",
)
REPO = "/repos/{owner}/{repo}"
OPERATIONS = {
    REPO: "get",
    f"{REPO}/actions/runs/{{run_id}}/cancel": "post",
    f"{REPO}/actions/runs/{{run_id}}/jobs": "get",
    f"{REPO}/check-runs": "post",
    f"{REPO}/check-runs/{{check_run_id}}": "patch",
    f"{REPO}/collaborators/{{username}}/permission": "get",
    f"{REPO}/commits/{{ref}}/check-runs": "get",
    f"{REPO}/contents/{{path}}": "get",
    f"{REPO}/git/blobs/{{file_sha}}": "get",
    f"{REPO}/git/ref/{{ref}}": "get",
    f"{REPO}/git/refs": "post",
    f"{REPO}/git/trees/{{tree_sha}}": "get",
    f"{REPO}/issues": "get post",
    f"{REPO}/issues/{{issue_number}}": "get patch",
    f"{REPO}/issues/{{issue_number}}/comments": "post",
    f"{REPO}/issues/{{issue_number}}/labels": "post",
    f"{REPO}/issues/comments/{{comment_id}}": "patch delete",
    f"{REPO}/issues/comments/{{comment_id}}/reactions": "get post",
    f"{REPO}/issues/comments/{{comment_id}}/reactions/{{reaction_id}}": "delete",
    f"{REPO}/labels": "post",
    f"{REPO}/labels/{{name}}": "get",
    f"{REPO}/pulls": "get post",
    f"{REPO}/pulls/{{pull_number}}": "get",
    f"{REPO}/pulls/{{pull_number}}/files": "get",
    "/app/installations/{installation_id}/access_tokens": "post",
}
FIELDS = {
    "Query": "viewer repository",
    "User": "login",
    "Repository": "issueOrPullRequest",
    "Issue": "comments",
    "PullRequest": "comments",
    "IssueCommentConnection": "nodes pageInfo",
    "PageInfo": "hasNextPage endCursor",
    "IssueComment": "id fullDatabaseId body viewerDidAuthor isMinimized",
    "Mutation": "createCommitOnBranch minimizeComment",
    "CreateCommitOnBranchPayload": "commit",
    "Commit": "oid url",
    "MinimizeCommentPayload": "minimizedComment",
    "Minimizable": "isMinimized",
}
WHOLE = (
    "IssueOrPullRequest IssueCommentOrder IssueCommentOrderField OrderDirection CreateCommitOnBranchInput"
    " CommittableBranch CommitMessage FileChanges FileAddition FileDeletion MinimizeCommentInput"
    " ReportedContentClassifiers BigInt Base64String GitObjectID URI"
)
EVENTS = {
    "issue_comment": "issue_comment$created",
    "push": "push$event",
    "workflow_dispatch": "workflow_dispatch$event",
    "pull_request": "pull_request$opened",
    "check_run": "check_run$completed",
}
NOISE = {"description", "summary", "examples", "example", "externalDocs", "x-github", "title", "tags", "deprecated"}


def main() -> None:
    """Download, take, write."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        openapi, graphql, examples, schemas = (_packed(name, Path(folder)) for name in PACKAGES)
        notice = _text(openapi, "package/LICENSE")
        _write_json("openapi.json.gz", _operations(json.loads(_text(openapi, "package/generated/api.github.com.json"))))
        _write_graphql(_text(graphql, "package/schema.graphql"), _text(graphql, "package/LICENSE.md"))
        definitions = json.loads(_text(schemas, "package/schema.json"))["definitions"]
        wanted = _closure(definitions, EVENTS.values())
        _write_json("webhooks.json.gz", {"definitions": _plain({name: definitions[name] for name in wanted})})
        for event in json.loads(_text(examples, "package/api.github.com/index.json")):
            if event["name"] in EVENTS:
                # (the oldest examples do not fulfil their own schemas)
                fitting = [
                    e for e in event["examples"][1:] if e.get("action") in (None, *EVENTS[event["name"]].split("$"))
                ]
                (OUT / f"{event['name']}.json").write_text(json.dumps(fitting[0], indent=1) + "\n", encoding="utf-8")
    (OUT / "NOTICE.md").write_text(_notice(notice), encoding="utf-8")


def _notice(licence: str) -> str:
    head = "Files of this folder are taken from these packages of the npm registry, all under the MIT licence:"
    return f"{head}\n\n{''.join(f'- `{name}`{chr(10)}' for name in PACKAGES)}\n{licence.strip()}\n"


def _packed(name: str, folder: Path) -> Path:
    done = subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True, capture_output=True, text=True)
    return folder / done.stdout.split()[-1]


def _text(archive: Path, member: str) -> str:
    with tarfile.open(archive) as tar:
        stream = tar.extractfile(member)
        assert stream is not None
        return stream.read().decode()


def _write_json(name: str, value: Any) -> None:
    raw = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0, filename="") as packed:
        packed.write(raw)
    (OUT / name).write_bytes(stream.getvalue())


def _operations(spec: Any) -> Any:
    paths: Any = {}
    for path, verbs in OPERATIONS.items():
        entry = spec["paths"][path]
        paths[path] = {key: entry[key] for key in (*verbs.split(), "parameters") if key in entry}
    paths = _plain(paths)
    kept: dict[str, Any] = {}
    queue = _pointers(paths)
    while queue:
        kind, name = queue.pop()
        if f"{kind}/{name}" not in kept:
            kept[f"{kind}/{name}"] = _plain(spec["components"][kind][name])
            queue += _pointers(kept[f"{kind}/{name}"])
    components: dict[str, dict[str, Any]] = {}
    for key, value in kept.items():
        kind, name = key.split("/", 1)
        components.setdefault(kind, {})[name] = value
    return {"openapi": spec["openapi"], "info": {"source": PACKAGES[0]}, "paths": paths, "components": components}


def _pointers(value: Any) -> list[tuple[str, str]]:
    found = re.findall(r'"\$ref": "#/components/([^/"]+)/([^"]+)"', json.dumps(value))
    return [(kind, name) for kind, name in dict.fromkeys(found)]


def _closure(definitions: Any, names: Iterable[str]) -> list[str]:
    kept: dict[str, None] = {}
    queue = list(names)
    while queue:
        name = queue.pop()
        if name not in kept:
            kept[name] = None
            queue += re.findall(r'"#/definitions/([^"]+)"', json.dumps(definitions[name]))
    return sorted(kept)


def _plain(value: Any, key: str = "") -> Any:
    """Drop what only people read; a property may be called `title`, so names of properties stay."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = key in ("properties", "patternProperties", "definitions", "schemas", "content")
    return {k: _plain(v, "" if names else k) for k, v in value.items() if names or k not in NOISE}


def _name(definition: Any) -> str:
    return (
        ""
        if isinstance(definition, DirectiveDefinitionNode)
        else str(getattr(getattr(definition, "name", None), "value", ""))
    )


def _narrowed(definition: Any) -> Any:
    """Keep the fields that are asked for; whatever is valid for the rest is valid for the whole."""
    bare = _bare(definition)
    if not isinstance(bare, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return bare
    wanted = FIELDS[bare.name.value].split()
    return replace(
        bare,
        fields=tuple(f for f in bare.fields or () if f.name.value in wanted),
        interfaces=tuple(i for i in bare.interfaces or () if i.name.value in FIELDS),
    )


def _bare(node: Any) -> Any:
    """Drop descriptions and directives, of fields and arguments as well."""
    plain = {"description": None, "directives": ()}
    inner = {
        name: tuple(_bare(part) for part in getattr(node, name) or ())
        for name in ("fields", "arguments", "values")
        if hasattr(node, name)
    }
    return replace(node, **{k: v for k, v in {**plain, **inner}.items() if hasattr(node, k)})


def _write_graphql(text: str, licence: str) -> None:
    document = parse(text, no_location=True)
    kept = [d for d in document.definitions if _name(d) in (*FIELDS, *WHOLE.split())]
    document = replace(document, definitions=tuple(_narrowed(d) for d in kept))
    head = "".join(f"# {line}".rstrip() + "\n" for line in [f"Taken from {PACKAGES[1]}", "", *licence.splitlines()])
    (OUT / "schema.graphql").write_text(f"{head}\n{print_ast(document)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

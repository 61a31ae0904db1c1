"""GitHub's own description of its API: requests and responses are held against it, bodies are filled from it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

DATA = Path(__file__).parent / "data"
NOW = "2026-11-25T14:00:00Z"


class Spec:
    """The operations of the description, by method and path template."""

    def __init__(self) -> None:
        text = gzip.decompress((DATA / "openapi.json.gz").read_bytes()).decode()
        self.document = json.loads(text.replace('"$ref":"#/', '"$ref":"urn:gh#/'), object_hook=_as_meant)
        self._registry = Registry().with_resource("urn:gh", Resource(contents=self.document, specification=DRAFT4))
        self._validators: dict[tuple[int, type], Any] = {}

    def request_faults(self, method: str, template: str, body: Any, query: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with a request."""
        operation = self._operation(method, template)
        known = {p["name"] for p in map(self.deref, operation.get("parameters", [])) if p["in"] == "query"}
        faults = [f"undocumented query parameter {name}" for name in query if name not in known]
        wanted = self.deref(operation.get("requestBody", {}))
        if wanted and (body is not None or wanted.get("required")):
            faults += self._errors(wanted["content"]["application/json"]["schema"], body, OAS30WriteValidator)
        return faults

    def response_faults(self, method: str, template: str, status: int, body: Any) -> list[str]:
        """Return what is wrong with a response."""
        schema = self.response_schema(method, template, status)
        if schema is None:
            return ["there should be no body"] if body is not None else []
        return schema if isinstance(schema, list) else self._errors(schema, body, OAS30ReadValidator)

    def response_schema(self, method: str, template: str, status: int) -> Any:
        """Return the schema of a response, None for one without a body, a list of faults for one not described."""
        response = self._operation(method, template)["responses"].get(str(status))
        if response is None:
            return [f"status {status} is not documented"]
        content = self.deref(response).get("content", {})
        return next((value["schema"] for kind, value in content.items() if "json" in kind), None)

    def deref(self, node: Any) -> Any:
        """Follow references."""
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for part in node["$ref"].split("#/")[1].split("/"):
                target = target[part]
            node = target
        return node

    def filled(self, schema: Any, given: Any, base: str) -> Any:
        """Return `given` with everything that the schema requires besides, as empty as allowed."""
        schema = self.deref(schema)
        if isinstance(given, list):
            return [self.filled(schema.get("items", {}), item, base) for item in given]
        if not isinstance(given, dict):
            return given
        properties, required = self._shape(self._chosen(schema, given))
        body = {key: self.filled(properties.get(key, {}), value, base) for key, value in given.items()}
        return {key: self._least(properties[key], base) for key in required if key not in given} | body

    def _chosen(self, schema: Any, given: Mapping[str, Any]) -> Any:
        """Of several shapes the one whose `type` is that of `given`."""
        for choice in map(self.deref, schema.get("oneOf", [])):
            kinds = choice.get("properties", {}).get("type", {}).get("enum", [])
            if given.get("type") in kinds:
                return choice
        return schema

    def _operation(self, method: str, template: str) -> Any:
        return self.document["paths"][template][method]

    def _shape(self, schema: Any) -> tuple[dict[str, Any], list[str]]:
        properties, required = dict(schema.get("properties", {})), list(schema.get("required", []))
        choices = schema.get("oneOf") or schema.get("anyOf") or []
        for part in map(self.deref, [*schema.get("allOf", []), *choices[:1]]):
            more, needed = self._shape(part)
            properties, required = more | properties, [*needed, *required]
        return properties, [name for name in required if name in properties]

    def _least(self, schema: Any, base: str) -> Any:
        schema = self.deref(schema)
        if schema.get("nullable"):
            return None
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") in ("string", "integer", "number", "boolean", "array"):
            return self._plain(schema, base)
        properties, required = self._shape(schema)
        return {name: self._least(properties[name], base) for name in required}

    @staticmethod
    def _plain(schema: Any, base: str) -> Any:
        texts = {"uri": f"{base}/x", "date-time": NOW}
        if schema["type"] == "string":
            return texts.get(schema.get("format", ""), "x")
        return {"integer": 1, "number": 1, "boolean": False, "array": []}[schema["type"]]

    def _errors(self, schema: Any, body: Any, kind: Any) -> list[str]:
        key = (id(schema), kind)
        if key not in self._validators:
            self._validators[key] = kind(schema, registry=self._registry, format_checker=FormatChecker())
        found = self._validators[key].iter_errors(body)
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:160]}" for e in found]


def _as_meant(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 wants null in the list of values of what may be null; the description leaves it out.

    A discriminator only speeds up the choice among `oneOf`, and its plain addresses cannot be followed here.
    """
    schema.pop("discriminator", None)
    if schema.get("nullable") is True and isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        return {**schema, "enum": [*schema["enum"], None]}
    return schema


@cache
def spec() -> Spec:
    """Return the description, read once."""
    return Spec()

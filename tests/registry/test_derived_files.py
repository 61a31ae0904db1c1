"""What follows from the records: table, README block, badges."""

from __future__ import annotations

import csv
import io
import itertools
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample_records import FACTS, MODEL, blocked, certified, no_verdict, on_engine, smoke

from apr_qa.errors import InputError
from apr_qa.registry.derive import derive, derive_readme
from apr_qa.registry.rows import COLUMNS, billions, csv_text, further_columns, parse_csv, rows_of, size_of
from apr_qa.registry.standing import standings
from apr_qa.registry.store import publish, write_record
from apr_qa.registry.table import END, START, replace_block
from apr_qa.vocab.axes import SizeClass
from apr_qa.vocab.catalog import KnownModel

README = f"# Title\r\n\ntext\n{START}\nold\n{END}\nafter"
SEED = (
    "model_id, family, parameters, size_category, status, mqs_score, grade, certified_tier, last_certified, "
    "g1, g2, g3, g4, tps_gguf_cpu, tps_gguf_gpu, tps_apr_cpu, tps_apr_gpu, tps_st_cpu, tps_st_gpu, provenance_verified"
)


def rows(*records, existing: str = "") -> dict[str, dict[str, str]]:
    """The rows of the derived table by model."""
    text = derive(records, FACTS, existing)["models.csv"]
    return {row["model_id"]: row for row in csv.DictReader(io.StringIO(text))}


def test_exactly_the_twenty_columns_of_the_specification() -> None:
    """In its order."""
    assert ", ".join(COLUMNS) == SEED
    assert derive((), FACTS)["models.csv"].splitlines()[0] == ",".join(COLUMNS)


def test_a_model_never_run_is_pending_and_blank() -> None:
    """No score, no gateway, no date."""
    row = rows()[MODEL]
    assert (row["status"], row["mqs_score"], row["grade"], row["certified_tier"]) == ("PENDING", "0", "-", "none")
    assert {row[c] for c in COLUMNS if c.startswith(("g1", "g2", "g3", "g4", "tps", "last"))} == {""}


def test_gateways_are_the_real_ones_and_blank_is_not_evaluated() -> None:
    """g4 is G4."""
    row = rows(blocked())[MODEL]
    assert [row[f"g{n}"] for n in (1, 2, 3, 4)] == ["true", "true", "true", "false"]
    assert rows(no_verdict("2026-11-21"))[MODEL]["g2"] == ""


def test_speeds_of_wrong_answers_are_blank() -> None:
    """The GGUF file answered nonsense, so it has no speed."""
    row = rows(blocked())[MODEL]
    assert (row["tps_gguf_cpu"], row["tps_apr_cpu"], row["tps_st_gpu"]) == ("", "42.0", "")


def test_the_order_of_records_and_facts_changes_no_byte() -> None:
    """Equal records, equal bytes."""
    records = [
        certified("2026-11-01"),
        blocked("2026-11-20"),
        smoke("2026-12-01", model="a/b"),
        no_verdict("2026-12-02"),
    ]
    orders = itertools.product(itertools.permutations(records), itertools.permutations(FACTS))
    assert len({json.dumps(dict(derive(r, f))) + derive_readme(README, r, f) for r, f in orders}) == 1


def test_rows_are_ordered_by_family_and_true_size() -> None:
    """135M is less than 0.5B."""
    assert list(rows()) == [MODEL, "Qwen/Qwen2.5-Coder-1.5B-Instruct", "HuggingFaceTB/SmolLM2-135M-Instruct"]
    assert [billions(p) for p in ("135M", "0.5B", "8x7B", "1T", "big")] == [0.135, 0.5, 56.0, 1000.0, 0.0]
    sizes = [size_of(p) for p in ("0.9B", "1B", "7B", "14B", "32B", "100B")]
    assert sizes == list(SizeClass)


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12), min_size=3, max_size=3
    )
)
def test_any_text_survives_the_table(cells: list[str]) -> None:
    """parse(text(rows)) == rows, with commas, quotes, line ends and formulas; LF only between rows."""
    row = dict.fromkeys(COLUMNS, "x") | {"family": cells[0], "parameters": cells[1]}
    text = csv_text([row], {"x": {"note": cells[2]}})
    (found,) = parse_csv(text)
    assert found == row | {"note": cells[2]}
    assert text.endswith("\n")


@pytest.mark.parametrize("attack", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(attack: str) -> None:
    """A spreadsheet sees text."""
    text = csv_text([dict.fromkeys(COLUMNS, "x") | {"family": attack, "grade": "-"}])
    (_, cells) = csv.reader(io.StringIO(text, newline=""))
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r")) and c != "-"]


def test_columns_that_others_added_are_kept() -> None:
    """An unknown column stays with its model."""
    existing = "model_id,owner,status\n" + f"{MODEL},team-a,CERTIFIED\n"
    assert further_columns(existing) == {MODEL: {"owner": "team-a"}}
    found = rows(existing=existing)
    assert found[MODEL]["owner"] == "team-a"
    assert found[MODEL]["status"] == "PENDING"
    assert found["HuggingFaceTB/SmolLM2-135M-Instruct"]["owner"] == ""


@given(st.text(max_size=200), st.text(max_size=200))
def test_outside_the_markers_no_byte_changes(before: str, after: str) -> None:
    """Replacing twice is replacing once."""
    once = replace_block(f"{before}{START}old{END}{after}", "new\n")
    assert once == f"{before}{START}\nnew\n{END}{after}"
    assert replace_block(once, "new\n") == once


@pytest.mark.parametrize("readme", ["", START, END, f"{END}{START}", f"{START}{START}{END}", f"{START}{END}{END}"])
def test_a_readme_without_its_markers_is_refused(readme: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(InputError, match="marker"):
        replace_block(readme, "x")


def test_the_readme_table_reads_right() -> None:
    """Judged models first with bound, gateways and expiry; the rest waits in a fold."""
    text = derive_readme(README, [on_engine(certified(), "0.72.3"), blocked(model="evil/x", family="<b>|")], FACTS)
    assert text.startswith("# Title\r\n\ntext\n")
    assert "**4 models**: 1 certified, 1 blocked, 2 pending." in text
    assert "| ✓✓✓✓✓ | 2027-02-19 |" in text
    assert "95.5 % (66)" in text
    assert "mvp (backends: cpu)" in text
    tables = [t for t in MarkdownIt("commonmark").enable("table").parse(text) if t.type == "tr_open"]
    assert len(tables) == 3


def test_a_stale_row_says_so() -> None:
    """In the table and on the badge."""
    records = [certified(), on_engine(smoke("2026-12-01", model="a/b"), "0.80.0")]
    assert "CERTIFIED (stale: apr is now 0.80.0)" in derive_readme(README, records, FACTS)
    assert json.loads(derive(records, FACTS)[f"badges/{MODEL}.json"])["message"] == "certified, stale"


def test_badges_say_the_bound_and_not_a_percentage() -> None:
    """SVG that parses, and the endpoint object."""
    files = derive([certified()], FACTS)
    badge = json.loads(files[f"badges/{MODEL}.json"])
    assert badge == {
        "schemaVersion": 1,
        "label": "apr-qa mvp",
        "message": "certified, at least 95.5 %",
        "color": "#1f7a54",
    }
    root = ET.fromstring(files[f"badges/{MODEL}.svg"])  # noqa: S314  (our own output)
    assert root.get("aria-label") == "apr-qa mvp: certified, at least 95.5 %"


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    """The second time there is nothing to do; a badge without a record goes."""
    readme = tmp_path / "README.md"
    readme.write_bytes(README.encode())
    write_record(tmp_path, certified())
    stray = tmp_path / "badges" / "no" / "one.svg"
    stray.parent.mkdir(parents=True)
    stray.write_text("x", encoding="utf-8")
    assert {p.name for p in publish(tmp_path, FACTS, readme)} >= {"models.csv", "README.md", "one.svg"}
    assert publish(tmp_path, FACTS, readme) == ()
    assert not stray.exists()


def test_a_recorded_model_that_no_list_knows_has_a_row() -> None:
    """A result is never dropped because its model is new."""
    row = rows(certified(model="new/model", family="fresh", parameters="7B"))["new/model"]
    assert (row["family"], row["size_category"], row["status"]) == ("fresh", "medium", "CERTIFIED")


def test_rows_know_nothing_of_verdicts_without_records() -> None:
    """Facts alone give PENDING rows only."""
    fact = KnownModel(model="a/b", family="f", parameters="1B", size=SizeClass.SMALL)
    assert {row["status"] for row in rows_of([fact], standings(()))} == {"PENDING"}


def test_a_model_of_this_repository_links_to_its_folder() -> None:
    """Others link to their page on the Hub, and a bare name to nothing."""
    here = KnownModel(model="apr-qa/tiny", family="tiny", parameters="1M", size=SizeClass.TINY, local="models/tiny")
    text = derive_readme(README, [certified(), certified(model="bare")], [here])
    assert "[tiny](models/tiny)" in text
    assert f"](https://huggingface.co/{MODEL})" in text
    assert "| bare |" in text

from __future__ import annotations

from apr_qa.plan.watched import Watched


def test_what_nobody_takes_out_is_unread():
    """Only values that were taken out count as read, each level for itself."""
    watched = Watched({"a": {"x": 1, "y": {"z": 2}}, "b": [1], "c": 3})
    assert watched.unread() == {"a": {"x": 1, "y": {"z": 2}}, "b": [1], "c": 3}
    assert watched["a"]["x"] == 1
    assert watched.get("b") == [1]
    assert watched.unread() == {"a": {"y": {"z": 2}}, "c": 3}


def test_taking_all_values_reads_all():
    """Copying a section reads the whole of it."""
    watched = Watched({"a": {"x": 1, "y": 2}})
    assert dict(watched["a"]) == {"x": 1, "y": 2}
    assert watched.unread() == {}


def test_asking_whether_a_key_is_there_reads_nothing():
    """Looking whether a section exists is no use of it; an absent key is absent."""
    watched = Watched({"a": {}})
    assert "a" in watched
    assert "b" not in watched
    assert watched.get("b") is None
    assert len(watched) == 1
    assert watched.unread() == {"a": {}}

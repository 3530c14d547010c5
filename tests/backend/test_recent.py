"""Values that were used last are kept, others released once."""

from facewright.recent import Recent


def test_what_was_used_longest_ago_goes_first_and_is_released_once() -> None:
    gone: list[str] = []
    recent: Recent[int, str] = Recent(2, gone.append)
    built = [recent.get(key, lambda key=key: f"value {key}") for key in (1, 2, 1, 3)]
    assert built == ["value 1", "value 2", "value 1", "value 3"]
    assert gone == ["value 2"]
    assert recent.get(1, lambda: "another") == "value 1"
    recent.clear()
    assert gone == ["value 2", "value 3", "value 1"]
    recent.clear()
    assert len(gone) == 3

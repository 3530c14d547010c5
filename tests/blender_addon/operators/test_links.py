"""Heads from a library: every button of the sidebar works on them, or is grey and says why; none raises."""

SHAPE = ("reset_shape", "mirror_shape", "random_shape", "lock_region", "variants", "pick_variant", "mix", "save_preset")


def test_every_button_on_a_linked_or_overridden_head_works_or_says_why_not(run, address):
    said = run("cases_links", "links", address)
    for name, words in said["linked"]["said"].items():
        assert "linked from another file" in words, (name, words)
    assert said["linked"]["moved"] == 0.0 and said["linked"]["is_same"]
    for name, words in said["override"]["said"].items():
        assert words == "FINISHED" if name in SHAPE else "Make Local" in words, (name, words)
    assert said["override"]["moved"] > 0.1 and said["override"]["is_same"]
    assert not said["linked_after"], "the linked head has the shape of its own file"
    assert said["glb"] == [True, True]
    assert said["kept"] < 1e-4
    assert said["local"] == ["FINISHED"] * 4 and said["back"] < 1e-4

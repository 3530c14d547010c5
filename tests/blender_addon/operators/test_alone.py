"""The extension without a backend: registration, texts, grey buttons, a backend that does not start."""


def test_registering_and_unregistering_are_exact_inverses_and_can_be_repeated(run):
    said = run("cases_alone", "twice")
    assert said["after"] == said["before"]
    assert said["before"]["timer"] and all(said["before"]["properties"])
    without = said["without"]
    assert not without["handlers"] and not without["timer"] and not any(without["properties"])
    assert without["operators"] == [] and without["classes"] == []


def test_every_operator_has_a_tooltip_and_the_panels_stand_in_the_order_of_the_work(run):
    said = run("cases_alone", "texts")
    assert said["bare"] == []
    assert said["panels"] == [
        "Backend", "Character", "From Photo", "Shape", "Styles and Colours", "Live", "Export", "Batch",
    ]  # fmt: skip
    assert said["wait"] == 0.1


def test_grey_buttons_say_why(run):
    said = run("cases_alone", "grey")
    for name in ("add_head", "fit", "batch"):
        assert "Start the backend first" in said[name]
    for name in ("random_shape", "export", "start_live", "history"):
        assert "Facewright head" in said[name]
    assert "No backend runs" in said["stop_backend"]


def test_a_backend_that_ends_at_once_is_lost_with_a_reason_and_a_remedy(run):
    said = run("cases_alone", "no_backend")
    assert "the backend ended" in said["message"]
    assert "log" in said["remedy"]


def test_panels_draw_in_an_empty_scene_and_in_every_state(run):
    empty = run("cases_alone", "draw")["empty"]
    assert "facewright.start_backend" in empty["FACEWRIGHT_PT_backend"]
    assert "facewright.add_head" in empty["FACEWRIGHT_PT_character"]
    assert any("Select a Facewright head" in text for text in empty["FACEWRIGHT_PT_shape"])

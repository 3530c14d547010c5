"""The extension without a backend: registration, texts, grey buttons, a backend that does not start."""


def test_registering_and_unregistering_are_exact_inverses_and_can_be_repeated(run):
    said = run("cases_alone", "twice")
    assert said["after"] == said["before"]
    assert said["before"]["timer"] and all(said["before"]["properties"])
    without = said["without"]
    assert not without["handlers"] and not without["timer"] and not any(without["properties"])
    assert without["operators"] == [] and without["classes"] == [] and without["groups"] == []
    assert without["object_properties"] == [] and not without["begin"] and not without["pictures"]


def test_registering_and_unregistering_take_and_bring_the_sliders_of_a_head_and_the_pictures(run, address):
    said = run("cases_alone", "twice_with_head", address)
    without = said["without"]
    assert len(said["before"]["object_properties"]) == 2 and said["before"]["pictures"]
    assert without["object_properties"] == without["classes"] == without["groups"] == [] and not without["pictures"]
    assert said["session_is_gone"]
    assert said["after"]["object_properties"] == said["before"]["object_properties"]
    assert said["after"]["classes"] == said["before"]["classes"]
    assert "FACEWRIGHT_PG_head" in said["before"]["groups"] and said["after"]["groups"] == said["before"]["groups"]
    assert said["kept"]


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

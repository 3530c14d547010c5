"""Tests of settings, their limits and overrides from the command line."""

from pathlib import Path

import pytest

from facewright.config import (
    FacewrightConfig,
    FittingConfig,
    OutputConfig,
    choose_device,
    setting_names,
    settings_of_parts,
    with_overrides,
)
from facewright.errors import ConfigInvalid


def test_an_override_changes_only_its_own_setting():
    config = with_overrides(FacewrightConfig(), ["fitting.iterations=20"])
    assert config == FacewrightConfig(fitting=FittingConfig(iterations=20))


def test_overrides_are_read_by_the_type_of_their_setting():
    config = with_overrides(
        FacewrightConfig(),
        [
            "fitting.prior_weight=2.5",
            "fitting.imitator_stage=off",
            "rig=other",
            "cache_dir=some/where",
            "output.front_px=64",
        ],
    )
    assert config.fitting == FittingConfig(prior_weight=2.5, imitator_stage=False)
    assert (config.rig, config.cache_dir, config.output) == ("other", Path("some/where"), OutputConfig(front_px=64))


def test_the_last_override_of_a_setting_wins():
    config = with_overrides(FacewrightConfig(), ["fitting.iterations=20", "fitting.iterations=30"])
    assert config.fitting.iterations == 30


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("fitting.iterations", "no assignment"),
        ("fitting.iteration=20", "no setting 'fitting.iteration'"),
        ("iterations=20", "no setting 'iterations'"),
        ("fitting=20", "no setting 'fitting'"),
        ("rig.id=20", "no setting 'rig.id'"),
        ("fitting.iterations=2.5", "whole number, got '2.5'"),
        ("fitting.learning_rate=fast", "a number, got 'fast'"),
        ("fitting.learning_rate=nan", "learning_rate is nan"),
        ("fitting.imitator_stage=maybe", "a switch, got 'maybe'"),
        ("fitting.iterations=-1", "fitting.iterations is -1"),
        ("output.front_px=100000", "output.front_px is 100000"),
        ("engine=vulkan", "engine is 'vulkan'"),
    ],
)
def test_a_wrong_override_is_named(assignment, message):
    with pytest.raises(ConfigInvalid, match=message):
        with_overrides(FacewrightConfig(), [assignment])


def test_limits_hold_for_configs_made_in_code_too():
    with pytest.raises(ConfigInvalid, match="iterations is 10001"):
        FittingConfig(iterations=10_001)


def test_every_setting_of_a_part_has_default_limits_and_meaning():
    settings = {setting.name: setting for setting in settings_of_parts()}
    assert set(settings) == {name for name in setting_names() if "." in name}
    assert all(setting.meaning.endswith(".") for setting in settings.values())
    assert (settings["fitting.iterations"].default, settings["fitting.iterations"].limits) == (50, "0 to 10000")
    assert settings["skin.side_px"].limits == "1024 or 2048" and settings["style.hair"].limits == ""
    assert settings["fitting.detection_rounds"].meaning.endswith("sees the same on both; 0 leaves it out.")


def test_every_setting_has_a_name_that_can_be_overridden():
    names = setting_names()
    assert {"rig", "fitting.engine_judge", "output.sheet_panel_px"} <= set(names)
    assert "fitting" not in names


def test_the_digest_changes_with_what_decides_a_result_only():
    digest = FacewrightConfig().digest()
    assert digest == FacewrightConfig(device="cpu", cache_dir=Path("elsewhere")).digest()
    assert digest != FacewrightConfig(rig="other").digest()
    assert digest != FacewrightConfig(fitting=FittingConfig(prior_weight=0.0)).digest()


def test_cache_subfolders_follow_the_cache_folder():
    assert FacewrightConfig().weights_dir() is None and FacewrightConfig().compiled_rigs_dir() is None
    config = FacewrightConfig(cache_dir=Path("c"))
    assert (config.weights_dir(), config.compiled_rigs_dir()) == (Path("c/weights"), Path("c/rigs"))


def test_the_cpu_can_always_be_chosen_and_cuda_only_where_it_is(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert (choose_device("cpu"), choose_device("auto")) == ("cpu", "cpu")
    with pytest.raises(ConfigInvalid, match="finds no CUDA device"):
        choose_device("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert (choose_device("cpu"), choose_device("auto"), choose_device("cuda")) == ("cpu", "cuda", "cuda")

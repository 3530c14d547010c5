"""Tests of the models' keeper with stand-ins for pipelines: prepared settings, and the CPU after a full device."""

import dataclasses
import errno
import os
import tempfile
import threading

import numpy as np
import pytest
import torch

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import Camera, FitResult, Lighting, Look
from facewright.errors import OutOfMemory, OutputNotWritable
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.installed import load_rig
from facewright.service.device import workshop as module
from facewright.service.device.workshop import FitOrder, Workshop

PHOTO = np.zeros((8, 8, 3), np.uint8)
CUDA, CPU = FacewrightConfig(device="auto"), FacewrightConfig(device="cpu")


class StandIn:
    """A pipeline that has as much memory as a test gives it."""

    detector = landmarker = model = None
    weight_hashes: dict[str, str] = {}

    def __init__(self, config: FacewrightConfig, device: str, rig, is_full: bool) -> None:
        self.config, self.device, self.rig, self.is_full, self.prepared = config, device, rig, is_full, 0

    def with_config(self, config: FacewrightConfig) -> "StandIn":
        self.prepared += 1
        return StandIn(config, self.device, self.rig, self.is_full)

    def __call__(self, photo, face_index, progress, cancel, more):
        if self.is_full:
            raise torch.OutOfMemoryError("CUDA out of memory")
        camera = Camera(np.eye(4), 1.0, np.zeros(2), (8, 8))
        lighting = Lighting(np.array([0.0, 0, 1]), np.ones(3), np.ones(3))
        look = Look(NEUTRAL_COLOURS)
        return FitResult(np.full(3, 0.5), np.zeros(52), camera, look, lighting, {"device": 0.0}, {}), None


@pytest.fixture
def opened():
    """Return a call that makes a workshop of stand-ins, and the pipelines that it has loaded."""
    rig, loaded = load_rig("makehuman"), []

    def make(config: FacewrightConfig, full_devices: tuple[str, ...] = ()) -> tuple[Workshop, list[StandIn]]:
        def open_pipeline(wanted: FacewrightConfig) -> StandIn:
            device = "cpu" if wanted.device == "cpu" else "cuda"
            loaded.append(StandIn(wanted, device, rig, device in full_devices))
            return loaded[-1]

        workshop = Workshop(config, open_pipeline, lambda _: None)
        workshop.open()
        return workshop, loaded

    return make


def order(config: FacewrightConfig, outputs: tuple[str, ...] = ()) -> FitOrder:
    return FitOrder((PHOTO,), 0, config, outputs)


def test_settings_are_prepared_once_and_share_what_was_loaded(opened):
    workshop, loaded = opened(CPU)
    few = with_overrides(CPU, ["fitting.iterations=3"])
    assert workshop.pipeline(few) is workshop.pipeline(dataclasses.replace(few))
    assert workshop.pipeline(few) is not workshop.pipeline(CPU)
    assert len(loaded) == 1 and loaded[0].prepared == 2


def test_settings_that_were_not_used_for_long_are_dropped(opened):
    workshop, loaded = opened(CPU)
    settings = [with_overrides(CPU, [f"fitting.iterations={number}"]) for number in range(module.KEPT_SETTINGS + 1)]
    prepared = [workshop.pipeline(config) for config in settings]
    assert workshop.pipeline(settings[-1]) is prepared[-1] and workshop.pipeline(settings[1]) is prepared[1]
    assert workshop.pipeline(settings[0]) is not prepared[0]


def test_the_cpu_takes_over_for_good_when_the_device_is_out_of_memory(opened):
    workshop, loaded = opened(CUDA, ("cuda",))
    assert workshop.device == "cuda" and workshop.notice == ""
    head = workshop.fit(order(CUDA), lambda _: None, threading.Event())
    assert head.result.losses and workshop.device == "cpu" and "ran out of memory" in workshop.notice
    assert [one.device for one in loaded] == ["cuda", "cpu"]
    workshop.fit(order(CUDA), lambda _: None, threading.Event())
    assert len(loaded) == 2, "it is not tried again"


def test_when_the_cpu_is_out_of_memory_too_it_is_said(opened):
    workshop, _ = opened(CUDA, ("cuda", "cpu"))
    with pytest.raises(OutOfMemory, match="too little memory"):
        workshop.fit(order(CUDA), lambda _: None, threading.Event())
    alone, _ = opened(CPU, ("cpu",))
    with pytest.raises(OutOfMemory):
        alone.fit(order(CPU), lambda _: None, threading.Event())
    assert alone.notice == ""


def test_the_pipelines_are_used_by_one_thread_alone(opened):
    workshop, _ = opened(CPU)
    caught = []

    def other() -> None:
        try:
            workshop.pipeline(CPU)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_a_full_disk_is_said_without_a_path_of_the_machine(opened, monkeypatch):
    def fill(_pipeline, _result, _observations, folder, *_others) -> None:
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        raise OutputNotWritable(f"{folder} could not be written", "free some disk space") from full

    workshop, _ = opened(CPU)
    monkeypatch.setattr(module, "write_outputs", fill)
    with pytest.raises(OutputNotWritable, match="temporary files: No space left") as raised:
        workshop.fit(order(CPU, ("rig_json",)), lambda _: None, threading.Event())
    assert tempfile.gettempdir() not in str(raised.value)


def test_a_missing_folder_for_temporary_files_is_said_likewise(opened, monkeypatch, tmp_path):
    workshop, _ = opened(CPU)
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(OutputNotWritable, match="temporary files: No such file") as raised:
        workshop.fit(order(CPU, ("rig_json",)), lambda _: None, threading.Event())
    assert str(tmp_path) not in str(raised.value)

"""What a user can choose, as frozen dataclasses: every default stands here once, with its unit and its limits."""

import dataclasses
import hashlib
import inspect
import json
import math
import re
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facewright.errors import ConfigInvalid

DEVICES = ("auto", "cpu", "cuda")
ENGINES = ("auto", "opengl", "software")
EXPORT_FORMATS = ("glb", "blend", "fbx", "obj")
EXPORT_POSES = ("bones", "baked")
SINK_FORMS = {"livelink:HOST:PORT[:SUBJECT]": "Unreal", "vmc:HOST:PORT[:PascalCase]": "Unity and VRM"}
"""What `--send` understands, and whom it is for."""

TEXTURE_SIDES = (1024, 2048)
HAIR_SOURCES = ("photo", "style")
PARTS = ("fitting", "style", "skin", "output")
"""Parts of the config whose settings decide a result."""

TRUE_WORDS, FALSE_WORDS = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


def ranged(default: float, minimum: float, maximum: float) -> Any:
    """Declare a number with inclusive limits."""
    return field(default=default, metadata={"minimum": minimum, "maximum": maximum})


def one_of(default: str, choices: Sequence[str]) -> Any:
    """Declare a word out of a fixed list."""
    return field(default=default, metadata={"choices": tuple(choices)})


@dataclass(frozen=True)
class FittingConfig:
    """How a head is fitted; a switch or a weight of zero takes that term out.

    Attributes:
        landmark_stage: solve camera, expression and identity from the landmarks.
        imitator_stage: refine the identity through the imitator.
        learnt_correction: correct the landmark network's bias with the map learnt on our own renders.
        detection_rounds: how often the head is drawn as in the photo and moved until the landmark network sees the same
            on both; 0 leaves it out.
        choose_styles: read hair, beard, brows and glasses off the photo; else the head wears the rig's plain choices.
        style_certainty: probability below which a choice is not believed and a compromise is worn.
        relax_choices: let the shape of the brows change with the head, as a softmax over its choices.
        engine_judge: keep the best head as judged by the engine's render, not by the imitator's.
        iterations: steps of the imitator stage.
        learning_rate: first step length of the imitator stage, on normalised gradients.
        identity_weight: loss weight of one minus the cosine of the embeddings.
        content_weight: loss weight of the facial content loss.
        prior_weight: loss weight of the squared distance from the prior's mean, in standard deviations.
        choice_weight: loss weight of how unlikely a choice was before the imitator stage, as cross entropy.
        start_trust: within the prior's term, weight of staying near the landmark fit against staying near the mean.
    """

    landmark_stage: bool = True
    imitator_stage: bool = True
    learnt_correction: bool = True
    detection_rounds: int = ranged(1, 0, 20)
    choose_styles: bool = True
    style_certainty: float = ranged(0.15, 0.0, 1.0)
    relax_choices: bool = True
    engine_judge: bool = True
    iterations: int = ranged(50, 0, 10_000)
    learning_rate: float = ranged(0.05, 1e-6, 100.0)
    identity_weight: float = ranged(1.0, 0.0, 1e6)
    content_weight: float = ranged(1.0, 0.0, 1e6)
    prior_weight: float = ranged(0.01, 0.0, 1e6)
    choice_weight: float = ranged(0.005, 0.0, 1e6)
    start_trust: float = ranged(1.0, 0.0, 1e6)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class StyleConfig:
    """What heads shall wear, whatever their photos show: the name of a choice of the rig, empty to leave it open.

    Attributes:
        hair: hair style.
        brows: shape of the brows.
        beard: beard.
        lips: lip make-up.
        eyes: eye make-up.
        glasses: glasses.
    """

    hair: str = ""
    brows: str = ""
    beard: str = ""
    lips: str = ""
    eyes: str = ""
    glasses: str = ""


@dataclass(frozen=True)
class SkinConfig:
    """How the skin is made from the photo.

    Attributes:
        share: how much of the photo's skin lies over the rig's own: 1 is all of it, 0 leaves it out.
        side_px: side of the textures in px.
        brows: whether the brows of the skin are the photo's, or painted by the style.
        beard: likewise stubble and beard.
    """

    share: float = ranged(1.0, 0.0, 1.0)
    side_px: int = field(default=1024, metadata={"choices": TEXTURE_SIDES})
    brows: str = one_of("photo", HAIR_SOURCES)
    beard: str = one_of("photo", HAIR_SOURCES)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class OutputConfig:
    """What the pictures look like.

    Attributes:
        front_px: side of front.png in px.
        sheet_panel_px: side of one panel of the sheet in px.
        photo_limit_px: longer side of as_photo.png in px at most.
    """

    front_px: int = ranged(512, 64, 4096)
    sheet_panel_px: int = ranged(384, 64, 2048)
    photo_limit_px: int = ranged(1024, 64, 8192)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class FacewrightConfig:
    """Everything that decides a result, and where it is computed.

    Attributes:
        rig: id of the rig.
        device: where the networks run; `auto` takes CUDA if it is there.
        engine: what draws; `auto` takes OpenGL and falls back on software.
        cache_dir: folder whose subfolders `weights` and `rigs` keep model files and compiled rigs; None is the user's
            cache folder.
        fitting: how a head is fitted.
        style: what heads shall wear.
        skin: how the skin is made from the photo.
        output: what is written.
    """

    rig: str = "makehuman"
    device: str = one_of("auto", DEVICES)
    engine: str = one_of("auto", ENGINES)
    cache_dir: Path | None = None
    fitting: FittingConfig = field(default_factory=FittingConfig)
    style: StyleConfig = field(default_factory=StyleConfig)
    skin: SkinConfig = field(default_factory=SkinConfig)
    output: OutputConfig = field(default_factory=OutputConfig)

    def __post_init__(self) -> None:
        check_fields(self)

    def weights_dir(self) -> Path | None:
        """Return the folder of model files, None for the user's usual one."""
        return self.cache_dir / "weights" if self.cache_dir else None

    def compiled_rigs_dir(self) -> Path | None:
        """Return the folder of compiled rigs, None for the user's usual one."""
        return self.cache_dir / "rigs" if self.cache_dir else None

    def digest(self) -> str:
        """Return the sha256 of all that decides a result; device and cache folder do not."""
        chosen = dataclasses.asdict(self)
        del chosen["device"], chosen["cache_dir"]
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ServiceConfig:
    """How the backend is served.

    Attributes:
        host: address to listen on; beyond this machine only with TLS or a token.
        port: TCP port, 0 for any free one.
        port_file: gets the port as text once it is open, and goes when the server does.
        parent_pid: process with which the server ends; None for none.
        tls_cert: PEM certificate chain of the server.
        tls_key: PEM key of the certificate.
        client_ca: PEM certificates of which a client must show one that they signed.
        token: bearer token that every client must send.
        videos_dir: folder of the video files that clients may open; None allows any, to this machine's clients alone.
        metrics_port: port of Prometheus metrics, on this machine only; None for none.
        profile: log the time of each stage of a fit.
        threads: threads of the networks for fits; 0 takes half of the cores.
        queued_fits: most fits that wait, of all clients.
        queued_fits_per_client: most fits that wait, of one client.
        queued_mib: how many MiB of decoded photos may wait.
        live_sessions: most live streams and captures at once.
        requests: most requests that are served at once.
        fit_seconds: longest time that a fit may run, in s.
        result_seconds: how long results are kept, in s.
        result_mib: how many MiB of results are kept; the oldest go first.
        idle_seconds: time in s after which a live stream without frames is ended.
        stop_seconds: time in s that fits have to end when the server is stopped.
    """

    host: str = "127.0.0.1"
    port: int = ranged(50550, 0, 65535)
    port_file: Path | None = None
    parent_pid: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    token: str | None = field(default=None, repr=False)
    videos_dir: Path | None = None
    metrics_port: int | None = None
    profile: bool = False
    threads: int = ranged(0, 0, 256)
    queued_fits: int = ranged(64, 1, 10_000)
    queued_fits_per_client: int = ranged(32, 1, 10_000)
    queued_mib: int = ranged(1024, 64, 65_536)
    live_sessions: int = ranged(16, 1, 256)
    requests: int = ranged(96, 8, 1024)
    fit_seconds: float = ranged(300.0, 1.0, 86_400.0)
    result_seconds: float = ranged(600.0, 1.0, 86_400.0)
    result_mib: int = ranged(512, 1, 65_536)
    idle_seconds: float = ranged(60.0, 1.0, 3600.0)
    stop_seconds: float = ranged(10.0, 0.0, 3600.0)

    def __post_init__(self) -> None:
        check_fields(self)


def check_fields(config: Any) -> None:
    """Check each field of a config dataclass against its declared limits.

    Raises:
        ConfigInvalid: A value is outside its limits or not one of its choices.
    """
    for declared in dataclasses.fields(config):
        value, limits = getattr(config, declared.name), declared.metadata
        if "choices" in limits and value not in limits["choices"]:
            raise ConfigInvalid(
                f"{declared.name} is {value!r}.", f"Choose one of {', '.join(map(str, limits['choices']))}."
            )
        if "minimum" in limits and not limits["minimum"] <= value <= limits["maximum"]:
            raise ConfigInvalid(
                f"{declared.name} is {value}.",
                f"Give a value between {limits['minimum']:g} and {limits['maximum']:g}.",
            )


def with_overrides(config: FacewrightConfig, assignments: Sequence[str]) -> FacewrightConfig:
    """Return the config with `key=value` assignments applied; keys of a part are dotted, `fitting.iterations=20`.

    Raises:
        ConfigInvalid: An assignment has no `=`, an unknown key, or a value of the wrong type or out of its limits.
    """
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise ConfigInvalid(f"{assignment!r} is no assignment.", "Write it as --set key=value.")
        config = _replaced(config, key.strip().split("."), text.strip(), key.strip())
    return config


def changed_settings(config: FacewrightConfig) -> dict[str, str]:
    """Return settings of fitting, style, skin and output that differ from the default, as `with_overrides` reads."""
    plain, changed = FacewrightConfig(), {}
    for part in PARTS:
        own, usual = getattr(config, part), getattr(plain, part)
        for declared in dataclasses.fields(own):
            value = getattr(own, declared.name)
            if value != getattr(usual, declared.name):
                changed[f"{part}.{declared.name}"] = repr(value) if isinstance(value, float) else str(value)
    return changed


def photo_share(word: str) -> float:
    """Return how much of the photo's skin a word of `--skin` asks for: photo is 1, procedural 0, or a number.

    Raises:
        ConfigInvalid: It is none of these.
    """
    try:
        share = {"photo": 1.0, "procedural": 0.0}.get(word)
        share = float(word) if share is None else share
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise ConfigInvalid(f"--skin is {word!r}.", "Write photo, procedural, or a number from 0 to 1.")
    return share


def setting_names(config_type: type = FacewrightConfig, prefix: str = "") -> list[str]:
    """Return the dotted names of all settings."""
    names = []
    for name, kind in typing.get_type_hints(config_type).items():
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            names += setting_names(kind, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


@dataclass(frozen=True)
class Setting:
    """A setting of `--set` as a user reads about it.

    Attributes:
        name: dotted.
        default: its value unless it is set.
        limits: range or choices; empty when there are none.
        meaning: what it does.
    """

    name: str
    default: object
    limits: str
    meaning: str


def settings_of_parts() -> list[Setting]:
    """Return the settings of fitting, style, skin and output; their meaning comes from the docstrings above."""
    settings = []
    for part in PARTS:
        config = getattr(FacewrightConfig(), part)
        attributes = (inspect.getdoc(type(config)) or "").partition("Attributes:\n")[2]
        meanings = dict(re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE))
        for declared in dataclasses.fields(config):
            limits, meaning = declared.metadata, " ".join(meanings.get(declared.name, "").split())
            if "choices" in limits:
                shown = " or ".join(map(str, limits["choices"]))
            else:
                shown = f"{limits['minimum']:g} to {limits['maximum']:g}" if "minimum" in limits else ""
            settings.append(Setting(f"{part}.{declared.name}", getattr(config, declared.name), shown, meaning))
    return settings


def choose_device(device: str) -> str:
    """Return the torch device, `cpu` or `cuda`, for a configured device.

    Raises:
        ConfigInvalid: CUDA is asked for and is not there.
    """
    import torch

    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        raise ConfigInvalid("The device is cuda, but torch finds no CUDA device.", "Use --device cpu or auto.")
    return "cuda"


def _replaced(config: Any, path: Sequence[str], text: str, key: str) -> Any:
    kinds = typing.get_type_hints(type(config))
    name, rest = path[0], path[1:]
    if name not in kinds or bool(rest) != dataclasses.is_dataclass(kinds[name]):
        raise ConfigInvalid(f"There is no setting {key!r}.", f"The settings are: {', '.join(setting_names())}.")
    if rest:
        return dataclasses.replace(config, **{name: _replaced(getattr(config, name), rest, text, key)})
    value = _parsed(kinds[name], text, key)
    try:
        return dataclasses.replace(config, **{name: value})
    except ConfigInvalid as error:
        raise ConfigInvalid(f"{key} is {value!r}.", error.remedy) from error


def _parsed(kind: Any, text: str, key: str) -> Any:
    if isinstance(kind, types.UnionType):  # the only one is Path | None
        return Path(text) if text else None
    if kind is bool:
        if text.lower() not in TRUE_WORDS + FALSE_WORDS:
            raise ConfigInvalid(f"{key} is a switch, got {text!r}.", f"Write {key}=true or {key}=false.")
        return text.lower() in TRUE_WORDS
    try:
        value = kind(text)
    except ValueError as error:
        wanted = {int: "a whole number", float: "a number"}[kind]
        raise ConfigInvalid(f"{key} is {wanted}, got {text!r}.", f"Write it as {key}=NUMBER.") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigInvalid(f"{key} is {text}.", "Give a finite number.")
    return value

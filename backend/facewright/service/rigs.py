"""The rigs of a server, loaded once and shared by all threads: nothing of a loaded rig ever changes."""

import threading
from pathlib import Path

import numpy as np
import torch

from facewright.errors import RigUnknown
from facewright.rig.anchors import EYE_CENTRES
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import list_rigs, load_rig
from facewright.rig.nouns import Rig


class RigShelf:
    """Loads rigs by id.

    Args:
        default_id: rig of a request that names none.
        cache_dir: folder of compiled rigs; the user's cache when None.
        rigs_dir: folder of rig folders; the project's own when None.
    """

    def __init__(self, default_id: str, cache_dir: Path | None = None, rigs_dir: Path | None = None) -> None:
        self.default_id = default_id
        self._cache_dir, self._rigs_dir = cache_dir, rigs_dir
        self._lock = threading.Lock()
        self._decoders: dict[str, tuple[Rig, RigDecoder]] = {}

    def ids(self) -> list[str]:
        """Return the ids of the installed rigs."""
        return list_rigs(self._rigs_dir)

    def get(self, rig_id: str = "") -> Rig:
        """Return a rig, the default one for "".

        Raises:
            RigUnknown: no such rig is installed.
            RigInvalid: its files are damaged.
        """
        return self._load(rig_id)[0]

    def channels(self, rig: Rig, parameters: np.ndarray) -> np.ndarray:
        """Return the bone channels (J, 9) in m, rad, ratio of (P,) parameters in [0, 1]."""
        with torch.no_grad():
            return self._load(rig.id)[1].channels(_batch(parameters))[0].double().numpy()

    def eye_middle(self, rig: Rig, parameters: np.ndarray) -> np.ndarray:
        """Return (3,) middle between the eyes of the neutral head, metres, world space."""
        return self.pose(rig, parameters)[1]

    def pose(self, rig: Rig, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return bone channels (J, 9) and the middle between the eyes (3,), as the two methods above do, at once."""
        decoder = self._load(rig.id)[1]
        with torch.no_grad():
            channels = decoder.channels(_batch(parameters))
            vertices = decoder.vertices_from_channels(channels)[0].numpy()
        first = len(rig.anchors[EYE_CENTRES[0]])
        return channels[0].double().numpy(), 0.5 * (vertices[:first].mean(0) + vertices[first:].mean(0))

    def _load(self, rig_id: str) -> tuple[Rig, RigDecoder]:
        wanted = rig_id or self.default_id
        with self._lock:
            if wanted not in self._decoders:
                installed = self.ids()
                if wanted not in installed:
                    raise RigUnknown(
                        f"no rig {wanted[:64]!r} is installed on the backend", f"choose one of {', '.join(installed)}"
                    )
                rig = load_rig(wanted, self._rigs_dir, self._cache_dir)
                eyes = np.concatenate([rig.anchors[name] for name in EYE_CENTRES])
                self._decoders[wanted] = rig, RigDecoder(rig, vertex_subset=eyes)  # no other vertices are asked for
            return self._decoders[wanted]


def _batch(parameters: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(parameters, np.float32))[None]

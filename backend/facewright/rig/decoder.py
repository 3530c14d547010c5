"""The whole rig as one differentiable function: parameters and expression in, vertices out."""

import numpy as np
import torch

from facewright.rig.blendshapes import apply_blendshapes
from facewright.rig.nouns import Rig
from facewright.rig.parameters import channels_from_parameters
from facewright.rig.skeleton import depth_levels, rest_matrix, skin_matrices
from facewright.rig.skinning import dense_skin_weights, skin_vertices


class RigDecoder:
    """Holds a rig's arrays as tensors on one device and decodes batches of heads.

    Args:
        rig: the rig.
        device: torch device of all tensors.
        vertex_subset: (v,) mesh vertices to decode, in this order; all of them when None.
        dtype: precision of all tensors.
    """

    def __init__(
        self,
        rig: Rig,
        device: torch.device | str = "cpu",
        vertex_subset: np.ndarray | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        subset = slice(None) if vertex_subset is None else np.asarray(vertex_subset)

        def tensor(values: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(np.ascontiguousarray(values), dtype=dtype, device=device)

        rest_matrices = np.stack([rest_matrix(bone.head, bone.tail, bone.roll) for bone in rig.bones])
        dense = dense_skin_weights(rig.skin_indices[subset], rig.skin_weights[subset], len(rig.bones))
        self.parents = np.array([bone.parent for bone in rig.bones])
        self.levels = depth_levels(self.parents)
        self.world_from_rest = tensor(rest_matrices)  # (J, 4, 4)
        self.rest_from_world = tensor(np.linalg.inv(rest_matrices))  # (J, 4, 4)
        self.rest_vertices_m = tensor(rig.mesh.vertices_m[subset])  # (V, 3)
        self.blendshapes = tensor(rig.blendshapes[:, subset])  # (E, V, 3)
        self.dense_weights = tensor(dense)  # (V, J)
        self.channel_neutral = tensor(rig.channel_neutral)  # (J, 9)
        self.channel_minimum = tensor(rig.channel_minimum)  # (P, J, 9)
        self.channel_maximum = tensor(rig.channel_maximum)  # (P, J, 9)

    def channels(self, parameters: torch.Tensor) -> torch.Tensor:
        """Compute the bone channels.

        Args:
            parameters: (B, P) in [0, 1].

        Returns:
            (B, J, 9) m, rad, ratio.

        Raises:
            ValueError: a wrong shape.
        """
        if parameters.ndim != 2 or parameters.shape[1] != len(self.channel_minimum):
            raise ValueError(f"parameters: expected (B, {len(self.channel_minimum)}), found {tuple(parameters.shape)}")
        return channels_from_parameters(parameters, self.channel_neutral, self.channel_minimum, self.channel_maximum)

    def vertices(self, parameters: torch.Tensor, expression: torch.Tensor | None = None) -> torch.Tensor:
        """Decode heads.

        Args:
            parameters: (B, P) in [0, 1].
            expression: (B, E) ARKit coefficients; neutral when None.

        Returns:
            (B, V, 3) m, world space.
        """
        return self.vertices_from_channels(self.channels(parameters), expression)

    def vertices_from_channels(self, channels: torch.Tensor, expression: torch.Tensor | None = None) -> torch.Tensor:
        """Decode heads from bone channels.

        Args:
            channels: (B, J, 9) m, rad, ratio.
            expression: (B, E) ARKit coefficients; neutral when None.

        Returns:
            (B, V, 3) m, world space.
        """
        rest = self.rest_vertices_m.unsqueeze(0)
        if expression is not None:
            rest = apply_blendshapes(self.rest_vertices_m, self.blendshapes, expression)
        return skin_vertices(rest, self.skin_matrices(channels), self.dense_weights)

    def skin_matrices(self, channels: torch.Tensor) -> torch.Tensor:
        """Compute (B, J, 4, 4) posed world from rest world of all bones.

        Args:
            channels: (B, J, 9) m, rad, ratio.
        """
        return skin_matrices(channels, self.world_from_rest, self.rest_from_world, self.parents, self.levels)

    def pose_matrices(self, channels: torch.Tensor) -> torch.Tensor:
        """Compute (B, J, 4, 4) world from posed bone of all bones, as Blender's `pose_bone.matrix`.

        Args:
            channels: (B, J, 9) m, rad, ratio.
        """
        return self.skin_matrices(channels) @ self.world_from_rest

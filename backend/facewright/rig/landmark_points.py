"""The rig reduced to its landmark points: parameters and expression in, (K, 3) points out."""

import numpy as np
import torch
from torch.func import vmap

from facewright.rig.blendshapes import apply_blendshapes
from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import Rig
from facewright.rig.parts import landmarks_of
from facewright.rig.skinning import skin_vertices


class LandmarkPoints:
    """Decodes only the vertices that landmarks lie on.

    Args:
        rig: a rig with a landmark map.

    Attributes:
        count: K, number of landmarks.
        weight: (K,) how far each landmark can be trusted, in [0, 1].
    """

    def __init__(self, rig: Rig) -> None:
        landmarks = landmarks_of(rig)
        corners = rig.mesh.triangles[landmarks.triangles]  # (K, 3)
        vertices, inverse = np.unique(corners, return_inverse=True)
        self._decoder = RigDecoder(rig, vertex_subset=vertices)
        self._corners = torch.from_numpy(inverse.reshape(corners.shape).astype(np.int64))
        self._barycentric = torch.from_numpy(landmarks.barycentric.astype(np.float32))
        self._expression_count = rig.blendshapes.shape[0]
        self.weight = landmarks.weight.astype(np.float64)
        self.count = corners.shape[0]

    def __call__(self, parameters: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        """Return the (K, 3) landmark points in metres of (P,) parameters and (E,) expression, differentiably."""
        return self._between(self._decoder.vertices(parameters[None], expression[None]))[0]

    def derivative(self, parameters: torch.Tensor, directions: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        """Return how the points move when the parameters do.

        What is pulled back through the skeleton is linear in what is pulled, so pulling that back pushes forward.
        torch's own forward mode does the same, but loads torch's compiler first, which takes seconds.

        Args:
            parameters: (P,) rig parameters.
            directions: (R, P) of the parameters.
            expression: (E,) ARKit coefficients.

        Returns:
            (R, K, 3) derivative of the points in metres by each direction.
        """
        decoder = self._decoder
        with torch.enable_grad():
            places = parameters.detach().repeat(len(directions), 1).requires_grad_()  # (R, P)
            matrices = decoder.skin_matrices(decoder.channels(places))  # (R, J, 4, 4)
            pull = torch.zeros_like(matrices, requires_grad=True)
            (pulled,) = torch.autograd.grad((pull * matrices).sum(), places, create_graph=True)  # (R, P)
            (pushed,) = torch.autograd.grad((pulled * directions).sum(), pull)  # (R, J, 4, 4)
        rest = apply_blendshapes(decoder.rest_vertices_m, decoder.blendshapes, expression[None])
        return self._between(skin_vertices(rest, pushed, decoder.dense_weights))

    def neutral_and_jacobian(self, parameters: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the head's expressions in full: blendshapes are linear, so `neutral + jacobian @ expression` is exact.

        Args:
            parameters: (P,) rig parameters.

        Returns:
            (K, 3) points of the neutral head in metres, and their (K, 3, E) derivative by the expression.
        """
        with torch.no_grad():
            shapes = torch.cat([torch.zeros(1, self._expression_count), torch.eye(self._expression_count)])
            moved = vmap(self, in_dims=(None, 0))(parameters, shapes).double()  # (E + 1, K, 3)
        return moved[0].numpy(), (moved[1:] - moved[:1]).permute(1, 2, 0).numpy()

    def _between(self, vertices: torch.Tensor) -> torch.Tensor:
        """Return the (B, K, 3) points that lie between vertices (B, v, 3)."""
        return (vertices[:, self._corners] * self._barycentric[..., None]).sum(2)

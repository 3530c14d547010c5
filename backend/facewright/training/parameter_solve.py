"""Finds the rig parameters whose heads lie closest to given heads: bounded, regularised least squares."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import cho_factor, cho_solve

from facewright.rig.decoder import RigDecoder
from facewright.training.registration import align_heads

_STEP = 0.1


@dataclass(frozen=True, eq=False)
class SolverTerms:
    """What counts in the solve.

    Attributes:
        weights: (V,) importance of each vertex.
        pairs: (Q, 2) vertices that touch, such as the two lips, and must stay where they are to each other.
        pair_weight: importance of each pair, on the scale of `weights`.
        centre: (P,) expected value of each parameter.
        spread: (P,) expected standard deviation around it.
        noise_m: expected error of a target vertex.
        independent: how many independent measurements the vertices amount to.
        bounds: least and largest value of a parameter.
    """

    weights: np.ndarray
    pairs: np.ndarray
    pair_weight: float
    centre: np.ndarray
    spread: np.ndarray
    noise_m: float = 0.0005
    independent: float = 400.0
    bounds: tuple[float, float] = (0.0, 1.0)


class ParameterSolver:
    """Solves for parameters through the rig's slopes at 0.5, re-evaluated with the real rig every round.

    Rigid motion is taken out of slopes and residuals, so that no parameter is spent on what a camera undoes.

    Args:
        decoder: a float64 decoder of the whole mesh.
        terms: what counts.
    """

    def __init__(self, decoder: RigDecoder, terms: SolverTerms) -> None:
        self.decoder = decoder
        self.terms = terms
        self.parameters = len(terms.spread)
        self.neutral = decode(self.decoder, np.full((1, self.parameters), 0.5))[0]
        self._factor = np.sqrt(terms.independent / terms.weights.sum()) / terms.noise_m
        self._gauge = _rigid_motions(self.neutral, terms.weights)
        slopes = self._difference_slopes()
        self._slopes = self._rows(slopes, slopes)  # (R, 2P): lower slopes, then upper ones
        self._gram = self._slopes.T @ self._slopes

    def solve(self, targets: np.ndarray, rounds: int = 10) -> np.ndarray:
        """Find parameters for heads.

        Args:
            targets: (N, V, 3) m.
            rounds: how often the rig is re-evaluated.

        Returns:
            (N, P) in [0, 1].
        """
        found = np.tile(self.terms.centre, (len(targets), 1))
        residual = self._residual(targets, found)
        cost = self._cost(residual, found)
        for _ in range(rounds):
            projected = self._slopes.T @ residual  # (2P, N)
            steps = np.stack([self._step(*pair) for pair in zip(found, projected.T, strict=True)])
            for share in (1.0, 0.5, 0.25):
                tried = found + share * steps
                tried_residual = self._residual(targets, tried)
                tried_cost = self._cost(tried_residual, tried)
                better = tried_cost < cost
                found = np.where(better[:, None], tried, found)
                residual = np.where(better[None], tried_residual, residual)
                cost = np.where(better, tried_cost, cost)
                steps[better] = 0.0
                if better.all():
                    break
        return found

    def _residual(self, targets: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        heads = decode(self.decoder, parameters)
        missing, opened = align_heads(targets, heads, self.terms.weights) - heads, self.neutral - heads
        return self._rows(missing.transpose(1, 2, 0), opened.transpose(1, 2, 0))  # (R, N)

    def _cost(self, residual: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        return (residual**2).sum(0) + (((parameters - self.terms.centre) / self.terms.spread) ** 2).sum(1)

    def _step(self, start: np.ndarray, projected: np.ndarray) -> np.ndarray:
        """Minimise the linearised cost from one start; each parameter keeps to its side of 0.5, where the slope bends.

        Args:
            start: (P,).
            projected: (2P,) scalar products of all slopes with the residual.

        Returns:
            (P,) step within the bounds.
        """
        is_upper = (start > 0.5) | ((start == 0.5) & (projected[self.parameters :] > 0))
        chosen = np.where(is_upper, self.parameters, 0) + np.arange(self.parameters)
        low, high = (
            np.where(is_upper, 0.5, self.terms.bounds[0]) - start,
            np.where(is_upper, self.terms.bounds[1], 0.5) - start,
        )
        penalty = 1.0 / self.terms.spread**2
        matrix = self._gram[np.ix_(chosen, chosen)] + np.diag(penalty)
        goal = projected[chosen] - penalty * (start - self.terms.centre)
        step = np.zeros(self.parameters)
        free = np.ones(self.parameters, bool)
        for _ in range(3):
            rest = goal[free] - matrix[np.ix_(free, ~free)] @ step[~free]
            step[free] = cho_solve(cho_factor(matrix[np.ix_(free, free)], check_finite=False), rest, check_finite=False)
            inside = (step >= low) & (step <= high)
            step = np.clip(step, low, high)
            if inside[free].all():
                break
            free &= inside
        return step

    def _difference_slopes(self) -> np.ndarray:
        """(V, 3, 2P) m per unit of each parameter, below and above 0.5."""
        steps = np.eye(self.parameters) * _STEP
        below = (self.neutral - decode(self.decoder, 0.5 - steps)) / _STEP
        above = (decode(self.decoder, 0.5 + steps) - self.neutral) / _STEP
        return np.concatenate([below, above]).transpose(1, 2, 0)

    def _rows(self, motions: np.ndarray, openings: np.ndarray) -> np.ndarray:
        """Turn (V, 3, N) motions into weighted rows (R, N) without rigid motion, and below what parts the pairs."""
        weights, pairs = self.terms.weights, self.terms.pairs
        columns = (motions * np.sqrt(weights)[:, None, None]).reshape(-1, motions.shape[2])
        columns = columns - self._gauge @ (self._gauge.T @ columns)
        parted = (openings[pairs[:, 0]] - openings[pairs[:, 1]]).reshape(-1, motions.shape[2])
        return np.concatenate([columns, np.sqrt(self.terms.pair_weight) * parted]) * self._factor


def decode(decoder: RigDecoder, parameters: np.ndarray) -> np.ndarray:
    """Decode (N, P) parameters to (N, V, 3) vertices, a few heads at a time."""
    chunks = np.array_split(parameters, max(1, len(parameters) // 32))
    dtype = decoder.rest_vertices_m.dtype
    return np.concatenate([decoder.vertices(torch.as_tensor(chunk, dtype=dtype)).numpy() for chunk in chunks])


def _rigid_motions(vertices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Orthonormal weighted basis (3V, 6) of small translations and rotations."""
    centred = vertices - np.average(vertices, axis=0, weights=weights)
    columns = [np.broadcast_to(axis, vertices.shape) for axis in np.eye(3)]
    columns += [np.cross(axis, centred) for axis in np.eye(3)]
    weighted = [(column * np.sqrt(weights)[:, None]).ravel() for column in columns]
    return np.linalg.qr(np.stack(weighted, axis=1))[0]

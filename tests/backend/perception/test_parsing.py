"""The parser's crop, its hints and its classes."""

import numpy as np
import pytest
import torch

from facewright.datatypes import PART_NAMES, FaceParse
from facewright.networks.parser import Parser, ParserConfig
from facewright.perception.alignment import apply_transform, eye_centres
from facewright.perception.parsing import (
    HINT_PARTS,
    PARSER_CLASSES,
    PARSER_FRAME,
    PARSER_PX,
    class_of_labels,
    frames_share,
    landmark_hints,
    parse_face,
)
from facewright.rig.installed import RIGS_DIR
from facewright.weights import load_parser


def test_every_part_has_a_class_and_what_is_one_keeps_its_name():
    classes = class_of_labels()
    assert len(classes) == len(PART_NAMES)
    for part, wanted in (
        ("skin", "skin"),
        ("nose", "skin"),
        ("lashes", "eyes"),
        ("lower_lip", "lips"),
        ("hair", "hair"),
    ):
        assert PARSER_CLASSES[classes[PART_NAMES.index(part)]] == wanted


def test_probabilities_sum_to_one_and_the_eyes_lie_on_the_frame(photo, observations):
    torch.manual_seed(0)
    parser = Parser(ParserConfig(len(PARSER_CLASSES), len(HINT_PARTS), PARSER_PX, (4, 6))).eval()
    parse = parse_face(parser, photo, observations.landmarks_px)
    assert parse.probabilities.shape == (len(PARSER_CLASSES), PARSER_PX, PARSER_PX)
    np.testing.assert_allclose(parse.probabilities.sum(0), 1.0, atol=1e-5)
    eyes = apply_transform(parse.crop_from_photo, eye_centres(observations.landmarks_px)[:, :2])
    wanted = np.array([PARSER_FRAME.eye_right, PARSER_FRAME.eye_left]) * PARSER_PX
    np.testing.assert_allclose(eyes, wanted, atol=1.5)


def test_beyond_the_border_is_background(photo, observations):
    torch.manual_seed(0)
    parser = Parser(ParserConfig(len(PARSER_CLASSES), len(HINT_PARTS), PARSER_PX, (4, 6))).eval()
    x, _ = observations.landmarks_px[:, :2].mean(0)
    cut = photo[:, : int(x)]
    parse = parse_face(parser, cut, observations.landmarks_px)
    right = parse.probabilities[PARSER_CLASSES.index("background"), :, -10:]
    assert (right > 0.999).all()


def test_hints_follow_the_landmarks(observations):
    points = observations.landmarks_px[:, :2] - observations.landmarks_px[:, :2].mean(0) + PARSER_PX / 2
    hints = landmark_hints(points)
    assert hints.shape == (len(HINT_PARTS), PARSER_PX, PARSER_PX)
    moved = landmark_hints(points + (20, 0))
    rows, columns = np.nonzero(hints[3] > 0.5)
    _, moved_columns = np.nonzero(moved[3] > 0.5)
    assert moved_columns.mean() - columns.mean() == pytest.approx(20, abs=1.0)
    assert rows.mean() > PARSER_PX / 2, "lips lie below the middle"


def test_frames_count_around_the_eyes_only():
    probabilities = np.zeros((len(PARSER_CLASSES), PARSER_PX, PARSER_PX), np.float32)
    probabilities[PARSER_CLASSES.index("glasses"), : PARSER_PX // 4] = 1
    assert frames_share(FaceParse(probabilities, np.eye(2, 3))) == 0, "on the hair they are pushed up"
    eyes = round(PARSER_FRAME.eye_right[1] * PARSER_PX)
    probabilities[PARSER_CLASSES.index("glasses"), eyes - 4 : eyes + 4] = 1
    assert 0.15 < frames_share(FaceParse(probabilities, np.eye(2, 3))) < 0.3


def test_the_shipped_parser_finds_hair_skin_and_teeth_of_a_photo(photo, observations):
    parse = parse_face(load_parser(RIGS_DIR / "makehuman" / "parser.safetensors"), photo, observations.landmarks_px)

    def probability(name: str, x: float, y: float) -> float:
        column, row = np.rint(apply_transform(parse.crop_from_photo, np.array([x, y]))).astype(int)
        return float(parse.probabilities[PARSER_CLASSES.index(name), row - 2 : row + 3, column - 2 : column + 3].mean())

    points = observations.landmarks_px[:, :2]
    assert probability("skin", *points[50]) > 0.8 and probability("skin", *points[4]) > 0.8
    crown = points[10] + (points[10] - points[152]) * 0.15
    assert probability("skin", *crown) < 0.1 and probability("background", *crown) < 0.1, "her hair, or a hat"
    assert probability("inner_mouth", *((points[13] + points[14]) / 2)) > 0.5
    assert parse.probabilities[PARSER_CLASSES.index("background"), :12, :12].mean() > 0.8, "a corner of the crop"

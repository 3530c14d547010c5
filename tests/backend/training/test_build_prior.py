"""Parts of the prior's recipe, and that the committed prior says which rig it was learnt for."""

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from backend.rig.tiny_rig import write_tiny_rig
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.training.build_prior import FILE, provenance, stamped
from facewright.training.head_regions import HELD_WEIGHT, HeadRegions, share_skull
from facewright.training.partial_rig import load_rig_without


def test_skulls_are_calmed_around_the_shared_mean_and_faces_left_alone():
    heads = np.random.default_rng(0).normal(size=(50, 3, 3))
    weights = np.array([1.0, HELD_WEIGHT, 0.0])  # a face vertex, one of the skull, one inside
    regions = HeadRegions(np.zeros((0, 3), int), weights, weights > 0.7, weights == 0, np.zeros((0, 2), int), ())
    mean = np.array([[5.0, 5, 5], [1, 2, 3], [7, 7, 7]])
    shared = share_skull(heads, mean, regions, 0.5)
    np.testing.assert_array_equal(shared[:, [0, 2]], heads[:, [0, 2]])
    np.testing.assert_allclose(shared[:, 1].mean(0), [1, 2, 3], atol=1e-12)
    np.testing.assert_allclose(shared[:, 1].std(0), 0.5 * heads[:, 1].std(0))


def test_a_rig_whose_prior_belongs_to_other_parameters_still_loads_for_a_new_one(tmp_path):
    folder = write_tiny_rig(tmp_path)
    path = folder / FILE
    save_file({name: values[:2] for name, values in load_file(path).items()}, path)
    rig = load_rig_without(folder, FILE)
    assert rig.prior is None and len(rig.parameters) == 3 and path.is_file()


def test_the_committed_prior_names_the_committed_rig_and_is_what_would_be_written_again():
    rig, path = load_rig("makehuman"), RIGS_DIR / "makehuman" / "prior.safetensors"
    with safe_open(path, "numpy") as file:
        assert file.metadata() == provenance(rig)
    assert stamped(load_file(path), provenance(rig)) == path.read_bytes()

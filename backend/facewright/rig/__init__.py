"""The rig as numbers: its files, its skeleton, how parameters become vertices, and its prior."""

"""The skin of a head from its photos: unwrapped, freed of light, cleaned and completed."""

"""From a photo to Observations: everything that is measured on the photo, once."""

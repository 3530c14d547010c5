"""The stages put together: nothing here computes, it only decides the order."""

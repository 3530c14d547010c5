"""What runs on the device: one thread with the models, and the queue in front of it."""

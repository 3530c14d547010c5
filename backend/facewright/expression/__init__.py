"""What a face does, live: the expression of one known head from landmarks, frame by frame."""

"""Pure stages from pictures to faces: decode, detect, landmarks, align, classify, track."""

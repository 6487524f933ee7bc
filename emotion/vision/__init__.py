"""From pictures to faces: decode → detect → landmarks → align → classify → track, composed by ``pipeline``."""

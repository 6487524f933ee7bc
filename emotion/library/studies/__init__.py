"""Studies in the library: the repository of one owner's studies, their results, and their exchange as one folder."""

from emotion.library.studies.repository import SavedStudy, StudyRepository

__all__ = ["SavedStudy", "StudyRepository"]

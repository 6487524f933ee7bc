"""Background jobs: the queue, the dispatcher, the workers, and the detection of dead ones."""

from emotion.library.jobs.dispatcher import Dispatcher
from emotion.library.jobs.queue import cancel, place_in_queue, resume

__all__ = ["Dispatcher", "cancel", "place_in_queue", "resume"]

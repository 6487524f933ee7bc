"""Background jobs: the queue, the dispatcher that starts workers, the workers, and how dead ones are noticed."""

from emotion.library.jobs.dispatcher import Dispatcher
from emotion.library.jobs.queue import cancel, place_in_queue, resume

__all__ = ["Dispatcher", "cancel", "place_in_queue", "resume"]

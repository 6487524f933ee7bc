"""From a stream of frames to a timeline: one loop for pictures, videos, batches and cameras."""

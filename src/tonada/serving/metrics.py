"""What the service counts, for Prometheus."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
SONGS = (1, 2, 4, 8, 16, 32)


class Metrics:
    """
    Of one service.

    Attributes:
        registry: of all, with the process's memory, time and open files.
        answers: by HTTP code, those who were not let in among them.
        seconds: from the first byte of an upload to the last of its answer.
        inside: uploads at this moment.
        batches: songs that the model heard at once.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        kept: dict[str, Any] = {"namespace": "tonada", "registry": self.registry}
        self.answers = Counter("answers", "Uploads answered, by HTTP code.", ["code"], **kept)
        self.seconds = Histogram("upload_seconds", "From an upload to its answer.", buckets=SECONDS, **kept)
        self.inside = Gauge("uploads_inside", "Uploads that arrive, wait or are judged.", **kept)
        self.batches = Histogram("batch_songs", "Songs that the model heard at once.", buckets=SONGS, **kept)

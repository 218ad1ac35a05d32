"""Tags on the machines of a Ray cluster: Ray Data's actors, retries and backpressure around the same function."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from types import ModuleType

import pyarrow as pa

from tonada.cataloguing.tag import Engine
from tonada.cataloguing.tag_tables import Row, tags_schema, tags_table
from tonada.cataloguing.tagging import Tagger
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.extras import lacking
from tonada.listening.limits import Limits

SONGS_OF_A_TASK = 16  # an actor that dies costs no more of them, which another hears anew
SONGS_OF_A_RUN = 100_000  # names that are in memory at once; starting actors anew costs seconds, these take hours


class RayError(Exception):
    """Ray is not here, cannot be reached or gave up, in one line."""


def ray_engine(tasks: Sequence[Task], limits: Limits, workers: int | None, seconds: float) -> Engine:
    """
    Actors of a Ray cluster, one a core, which must see the songs and own models under the same paths.

    The cluster is the one that this process is connected to, that RAY_ADDRESS names, or that runs on this machine; if
    there is none, one is started, and ends with the rows.

    Args:
        workers: actors at most, as many as the cluster has cores if not given.
        seconds: that a song may take.

    Raises:
        ModelError: a model cannot be loaded.
        RayError: Ray is not installed; of the engine, that the cluster cannot be reached or gave up.
    """
    if told := lacking("ray"):
        raise RayError(f"--engine ray {told}")
    actor = {"tasks": tuple(tasks), "limits": limits, "seconds": seconds, "folder": os.getcwd()}
    actor["schema"] = tags_schema(listeners_of(tasks))

    def rows(paths: Iterator[str]) -> Iterator[Row]:
        with _connected() as ray:
            count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            while names := [{"name": os.fsencode(path)} for path in islice(paths, SONGS_OF_A_RUN)]:
                songs_each = min(SONGS_OF_A_TASK, -(-len(names) // count))
                songs = ray.data.from_items(names, override_num_blocks=-(-len(names) // songs_each))
                most = min(count, len(names))
                tagged = songs.map_batches(
                    RayTagger,
                    fn_constructor_kwargs=actor,
                    batch_size=None,
                    batch_format="pyarrow",
                    # Of the actors that are wanted one is enough to begin, for others may use the cluster too.
                    compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most, initial_size=most),
                    num_cpus=1,
                )
                for batch in tagged.iter_batches(batch_size=None, batch_format="pyarrow"):
                    yield from batch.to_pylist()

    return rows


class RayTagger:
    """An actor: a tagger with one process, which a song may take with it while the actor lives on."""

    def __init__(self, tasks: Sequence[Task], limits: Limits, seconds: float, folder: str, schema: pa.Schema):
        with suppress(OSError):  # the folder may be missing here, where paths are absolute
            os.chdir(folder)
        self.tagger = Tagger(tasks, limits, seconds=seconds)
        self.schema = schema

    def __call__(self, songs: pa.Table) -> pa.Table:
        """`name` of each file, as bytes, to rows of tags."""
        names = (os.fsdecode(name) for name in songs["name"].to_pylist())
        return tags_table(list(self.tagger.rows(names)), self.schema)


@contextmanager
def _connected() -> Iterator[ModuleType]:
    """Ray, connected to a cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of anything unless the person wants it
    import ray
    import ray.data

    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(logging_level=logging.ERROR, log_to_driver=False, include_dashboard=False)
        except Exception as error:  # a bare one of Ray's, too: a node that was too slow to start
            raise RayError(f"the Ray cluster cannot be reached: {' '.join(str(error).split())}") from error
    ray.data.DataContext.get_current().enable_progress_bars = False  # the command shows its own
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the rest is in Ray's files
    try:
        yield ray
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise RayError(f"the Ray cluster gave up ({reason}); what was tagged is kept: go on with --resume") from error
    finally:
        if ours:
            ray.shutdown()

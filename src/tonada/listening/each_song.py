"""Many songs one after another: one that cannot be judged is answered with the reason, and the others go on."""

from collections.abc import Callable, Iterable, Iterator

from tonada.listening.answers import Answer
from tonada.listening.files import Found
from tonada.listening.limits import AudioError


def answer_each(
    found: Iterable[Found], listen: Callable[[str], Answer], stems: dict[str, Answer] | None = None
) -> Iterator[Answer]:
    """
    An answer to each of what `find_audio` found.

    Args:
        found: paths, and errors of folders.
        listen: answers a path.
        stems: what an answer without one has as its stems.
    """
    for path, error in found:
        try:
            if error is not None:
                raise error
            yield listen(path)
        except AudioError as problem:
            yield Answer(path, problem.status, str(problem), stems=stems)
        except Exception as problem:  # one strange file must not take the rest of a catalogue with it
            reason = f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else 'no reason given'}"
            message = f"{path}: could not be judged ({reason}); please report this file"
            yield Answer(path, "failed", message, stems=stems)

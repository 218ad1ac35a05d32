"""What a data set's licence lets you do with a copy: the one table that sharing asks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType

_CREATIVE_COMMONS = "may be shared with its makers named"
TERMS = {
    "cc0": "may be shared freely",
    "cc-by": _CREATIVE_COMMONS,
    "cc-by-sa": f"{_CREATIVE_COMMONS}, under the same licence",
    "cc-by-nc": f"{_CREATIVE_COMMONS}, not for commercial use",
    "cc-by-nc-sa": f"{_CREATIVE_COMMONS}, not for commercial use, under the same licence",
    "gpl": "may be shared under the same licence, with all it was made from",
    "debian": "may be shared on the terms of its package's copyright file",
    "apache-2.0": "may be shared with the licence and its notices",
    "mit": "may be shared with the licence and its notice",
    "isc": "may be shared with the licence and its notice",
    "bsd-3-clause": "may be shared with the licence and its notice",
}
"""The licences that allow a copy in another form, and on what terms; no other does, and -nd forbids another form.

Whatever Debian distributes may be distributed by all (its Free Software Guidelines, 1): `debian` is what a package's
copyright file says at length and no name says in short.
"""
ON_THE_HUB = frozenset(
    {
        *("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
        *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
        *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "apache-2.0", "mit", "isc", "bsd-3-clause"),
        *("gpl", "gpl-2.0", "gpl-3.0"),
    }
)
"""Those that the Hub's cards have a name for, of the kinds above and of those that forbid changes."""


@dataclass(frozen=True)
class Licence:
    """
    What a statement such as `CC BY-NC-SA 4.0` comes to, or several of which each is of a part.

    Attributes:
        name: as the Hub would write it, `cc-by-nc-sa-4.0`; the statement itself where it is no licence by name.
        hub: the Hub's own names for it, or `other` alone.
        terms: on what terms a copy may be shared; empty where it may not.
    """

    name: str
    hub: tuple[str, ...]
    terms: str


def licence(statement: str) -> Licence:
    """What a licence comes to; whatever is not known by name allows nothing."""
    name = re.sub(r"[ -]+", "-", statement.strip().casefold())
    kind = re.sub(r"-\d\.\d$", "", name) if name.startswith(("cc", "gpl")) else name
    terms = TERMS.get(kind, "")
    known = terms or name in ON_THE_HUB
    return Licence(name if known else statement, (name if name in ON_THE_HUB else "other",), terms)


def licence_of(data_set: ModuleType) -> Licence:
    """What the `LICENSE` of a data set comes to, or where that is a sentence, its `LICENSES` together."""
    return together(getattr(data_set, "LICENSES", (data_set.LICENSE,)))


def together(statements: Iterable[str]) -> Licence:
    """What parts under several licences come to as a whole: it may be shared if each may, on the terms of all."""
    each = [licence(statement) for statement in statements]
    hub = tuple(dict.fromkeys(name for one in each for name in one.hub))
    terms = "; and some of it ".join(dict.fromkeys(one.terms for one in each))
    names = ", ".join(dict.fromkeys(one.name for one in each))
    return Licence(names, ("other",) if "other" in hub else hub, terms if all(one.terms for one in each) else "")

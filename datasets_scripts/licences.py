"""What a data set's licence lets you do with a copy: the one table that sharing asks."""

import re
from dataclasses import dataclass

_CREATIVE_COMMONS = "may be shared with its makers named"
TERMS = {
    "cc0": "may be shared freely",
    "cc-by": _CREATIVE_COMMONS,
    "cc-by-sa": f"{_CREATIVE_COMMONS}, under the same licence",
    "cc-by-nc": f"{_CREATIVE_COMMONS}, not for commercial use",
    "cc-by-nc-sa": f"{_CREATIVE_COMMONS}, not for commercial use, under the same licence",
    "apache-2.0": "may be shared with the licence and its notices",
    "mit": "may be shared with the licence and its notice",
    "isc": "may be shared with the licence and its notice",
    "bsd-3-clause": "may be shared with the licence and its notice",
}
"""The licences that allow a copy in another form, and on what terms; no other does, and -nd forbids another form."""
ON_THE_HUB = frozenset(
    {
        *("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
        *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
        *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "apache-2.0", "mit", "isc", "bsd-3-clause"),
    }
)
"""Those that the Hub's cards have a name for, of the kinds above and of those that forbid changes."""


@dataclass(frozen=True)
class Licence:
    """
    What a statement such as `CC BY-NC-SA 4.0` comes to.

    Attributes:
        name: as the Hub would write it, `cc-by-nc-sa-4.0`; the statement itself where it is no licence by name.
        hub: the Hub's own name for it, or `other`.
        terms: on what terms a copy may be shared; empty where it may not.
    """

    name: str
    hub: str
    terms: str


def licence(statement: str) -> Licence:
    """What the `LICENSE` of a data set comes to; whatever is not known by name allows nothing."""
    name = re.sub(r"[ -]+", "-", statement.strip().casefold())
    kind = re.sub(r"-\d\.\d$", "", name) if name.startswith("cc") else name
    terms = TERMS.get(kind, "")
    known = terms or name in ON_THE_HUB
    return Licence(name if known else statement, name if name in ON_THE_HUB else "other", terms)

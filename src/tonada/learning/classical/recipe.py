"""A recipe of classical systems, `kind: classical`: which songs, which descriptors, which systems, how often dealt."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tonada.learning.classical.balancing import BALANCES
from tonada.learning.classical.models import MODELS
from tonada.learning.recipes import RecipeError, checked, load_yaml

KIND = "classical"
STACKED = "stacked"
VOTES = ("soft", "hard", STACKED)
OPTUNA = "optuna"
BASELINES = ("majority", "logistic-regression")
NUMBER = (int, float)
TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "keep", "script", "folder", "table", "label", "group", "song_id"), (str,)),
    **dict.fromkeys(("model", "balance", "vote", "by"), (str,)),
    **dict.fromkeys(("columns", "of"), (list,)),
    **dict.fromkeys(("data", "systems", "features", "options", "settings", "search", "over"), (dict,)),
    **dict.fromkeys(("folds", "repeats", "seed", "select", "candidates", "level"), (int,)),
    **dict.fromkeys(("cap", "limit", "pca", "precision", "recall"), NUMBER),
    **dict.fromkeys(("power", "unique"), (bool,)),
}
"""What each key of a recipe holds, or null where it may be left out."""


@dataclass(frozen=True)
class Search:
    """
    Settings chosen on grouped folds inside the training songs, by Cohen's kappa (source S3: 3 folds, 10 candidates).

    Attributes:
        over: values to try, by the name of the model's setting; for Optuna also a range `{low, high, log}`.
        candidates: how many combinations are drawn; every one, if left out.
        folds: of disjoint groups, inside the training songs.
        by: `optuna`, which draws each candidate by what those before it scored; at random, if left out.
    """

    over: dict[str, Any]
    candidates: int | None = None
    folds: int = 3
    by: str | None = None


@dataclass(frozen=True)
class System:
    """
    One system: columns, what is done to them, in this order, and a model; or a vote of other systems.

    Attributes:
        columns: beginnings of the names of the columns it hears; all, if empty.
        cap: interquartile ranges to the fences at which outliers are capped.
        power: Yeo-Johnson's transform towards a normal distribution, column by column.
        limit: standard deviations from the mean at which scaled columns end; as in a network, which this still can be.
        select: columns to keep by mean decrease in accuracy.
        pca: principal components: their number, or the share of variance that they must explain.
        model: one of `MODELS`.
        settings: of the model, as its library calls them.
        balance: one of `BALANCES`.
        search: settings to choose.
        vote: of the systems in `of`: `soft` (mean probability), `hard` (majority), or `stacked` (logistic regression on
            what they say of songs of groups that they had not seen).
    """

    columns: tuple[str, ...] = ()
    cap: float | None = None
    power: bool = False
    limit: float | None = None
    select: int | None = None
    pca: float | int | None = None
    model: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    balance: str | None = None
    search: Search | None = None
    vote: str | None = None
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Songs:
    """
    A data set by its script and folder, with options of its `load`; or a table of one's own and its columns.

    Attributes:
        level: of the data set's tree of labels, 1 for the roots; the leaves if left out.
        unique: leaves out songs whose numbers are another's, all of them.
    """

    script: str | None = None
    folder: str = "."
    options: dict[str, Any] = field(default_factory=dict)
    level: int | None = None
    unique: bool = False
    table: str | None = None
    label: str = "label"
    group: str | None = None
    song_id: str | None = None


@dataclass(frozen=True)
class ClassicalRecipe:
    """
    All that a run is made of.

    Attributes:
        name: of the run.
        data: which songs.
        systems: by name.
        keep: the system that is fitted on all songs and saved.
        features: of a data set with audio, the descriptor `set` that is heard, and settings of the extractor.
        folds: of disjoint groups.
        repeats: how often the songs are dealt anew.
        seed: of the deals and the models.
        precision: of two labels, the share of answers with the first one that must be right; see `threshold_for`.
        recall: instead, the share of its songs that must be answered with it.
    """

    name: str
    data: Songs
    systems: dict[str, System]
    keep: str
    features: dict[str, Any] = field(default_factory=dict)
    folds: int = 5
    repeats: int = 1
    seed: int = 0
    precision: float | None = None
    recall: float | None = None


def is_classical(path: Path) -> bool:
    """Whether a recipe says `kind: classical`; one that cannot be read does not."""
    try:
        content = load_yaml(path)
    except RecipeError:
        return False
    return isinstance(content, dict) and content.get("kind") == KIND


def load_classical(path: Path) -> ClassicalRecipe:
    """
    Read a recipe.

    Raises:
        RecipeError: naming what is missing, unknown or cannot be, and what is known.
    """
    content = load_yaml(path)
    if isinstance(content, dict):
        content = {key: value for key, value in content.items() if key != "kind"}
    try:
        return _recipe(content)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def _recipe(content: Any) -> ClassicalRecipe:
    parts = _typed("the recipe", content, ClassicalRecipe, {"name", "data", "systems", "keep"})
    data = Songs(**_typed("data", parts["data"], Songs))
    if (data.script is None) == (data.table is None):
        raise RecipeError("data needs either a script of datasets_scripts/ or a table of your own")
    systems = {str(name): _system(str(name), each) for name, each in parts["systems"].items()}
    recipe = ClassicalRecipe(**{**parts, "data": data, "systems": systems})
    _check(recipe)
    return recipe


def _system(name: str, content: Any) -> System:
    parts = _typed(name, content, System)
    if "search" in parts:
        parts = {**parts, "search": _search(name, parts["search"])}
    return System(**{**parts, **{key: tuple(map(str, parts.get(key, ()))) for key in ("columns", "of")}})


def _search(name: str, content: Any) -> Search:
    search = Search(**_typed(f"{name}: search", content, Search, {"over"}))
    by_optuna = search.by is not None
    if by_optuna:
        _one_of(f"{name}: search by", search.by, [OPTUNA])
        if search.candidates is None:
            raise RecipeError(f"{name}: search by optuna needs candidates, how many it may try")
    if not search.over or not all(
        (isinstance(values, list) and values) or (by_optuna and _is_range(values)) for values in search.over.values()
    ):
        expected = "a list of values or a range {low: 0.01, high: 10, log: true}" if by_optuna else "a list of values"
        raise RecipeError(f"{name}: search over {search.over!r}; expected settings and {expected} for each")
    return search


def _is_range(values: Any) -> bool:
    if not isinstance(values, dict) or not {"low", "high"} <= set(values) <= {"low", "high", "log"}:
        return False
    low, high, log = values["low"], values["high"], values.get("log", False)
    numbers = all(isinstance(each, NUMBER) and not isinstance(each, bool) for each in (low, high))
    return numbers and isinstance(log, bool) and (0 if log else -float("inf")) < low < high < float("inf")


def _check(recipe: ClassicalRecipe) -> None:
    for name in ("folds", "repeats", "seed"):
        value, least = getattr(recipe, name), {"folds": 2, "repeats": 1, "seed": 0}[name]
        if value < least:
            raise RecipeError(f"{name} is {value!r}; expected a whole number from {least}")
    for name in ("precision", "recall"):
        if (share := getattr(recipe, name)) is not None and not 0 < share < 1:
            raise RecipeError(f"{name} is {share!r}; expected a share between 0 and 1")
    if recipe.precision is not None and recipe.recall is not None:
        raise RecipeError("precision and recall are both given; one threshold can be chosen for one of them")
    if recipe.keep not in recipe.systems:
        raise RecipeError(f"keep is {recipe.keep!r}; expected one of {', '.join(recipe.systems)}")
    for name, system in recipe.systems.items():
        if not name.replace("-", "").replace("_", "").isalnum() or name in BASELINES:
            raise RecipeError(f"a system is called {name!r}; letters, digits and hyphens, and no baseline's name")
        _check_system(name, system, recipe.systems)


def _check_system(name: str, system: System, systems: Mapping[str, System]) -> None:
    if (system.model is None) == (system.vote is None):
        raise RecipeError(f"{name} needs either a model or a vote")
    _check_idle(name, system)
    if system.vote is not None:
        _one_of(f"{name}: vote", system.vote, VOTES)
        voters = [each for each in systems if each != name and systems[each].vote is None]
        if len(system.of) < 2:
            raise RecipeError(f"{name} is a vote of {len(system.of)} systems; name at least two of {', '.join(voters)}")
        for each in system.of:
            _one_of(f"{name}: of", each, voters)
        return
    for setting in ("cap", "limit", "select", "pca"):
        if (value := getattr(system, setting)) is not None and value <= 0:
            raise RecipeError(f"{name}: {setting} is {value!r}; expected a number above 0")
    if (search := system.search) is not None and (search.folds < 2 or search.candidates == 0):
        raise RecipeError(f"{name}: search needs 2 folds or more and, where it has candidates, 1 or more")
    _one_of(f"{name}: model", system.model, MODELS)
    if system.balance is not None:
        _one_of(f"{name}: balance", system.balance, BALANCES)


def _check_idle(name: str, system: System) -> None:
    usual, voting = System(), {"vote", "of"}
    given = {each.name for each in fields(System) if getattr(system, each.name) != getattr(usual, each.name)}
    kind, idle = ("no vote", given & voting) if system.vote is None else ("a vote", given - voting)
    if idle:
        raise RecipeError(f"{name} is {kind}, in which {', '.join(sorted(idle))} would do nothing; leave it out")


def _one_of(where: str, given: Any, known: Any) -> None:
    if given not in (known := list(known)):
        raise RecipeError(f"{where} is {given!r}; expected one of {', '.join(known)}")


def _typed(where: str, content: Any, kind: type, required: Set[str] = frozenset()) -> dict[str, Any]:
    """The keys of a part of a recipe that were given, each of the type that it must have."""
    parts = checked(where, content, {each.name for each in fields(kind)}, required)
    given = {name: value for name, value in parts.items() if value is not None or name in required}
    for name, value in given.items():
        if not isinstance(value, TYPES[name]) or (isinstance(value, bool) and bool not in TYPES[name]):
            expected = " or ".join(each.__name__ for each in TYPES[name])
            raise RecipeError(f"{where} has {name}: {value!r}; expected {expected}")
    return given

"""The card's words on what was measured and how sure the answers are, every figure computed from the run."""

from tonada.embedding.published import EMBEDDERS
from tonada.learning.recipe_parts import Recipe
from tonada.learning.training import Trained
from tonada.proving.calibration_error import calibration_errors
from tonada.proving.conformal import coverage_fold_by_fold
from tonada.proving.crossvalidated import crossvalidated_table
from tonada.proving.held_out_table import held_out_table
from tonada.proving.judged import Judged
from tonada.proving.scores import set_coverage

HELD_OUT = """\
Artists, joint ones together with those they name, are on one side of the split only: one fold of {folds} for
validation, one for test, one seed. Validation chose the epoch ({epoch}) and fitted the calibration, so its figures
flatter; the test songs chose nothing. Brackets are 95 % intervals, resampling artists.

{table}
"""
CROSSVALIDATED = """\
Each song was answered by a model that had learned from no song of its group (joint artists together with those they
name): {folds} folds of disjoint groups, {epoch} epochs, one seed. The model in this folder then learned from all songs
in the same way. Brackets are 95 % intervals, resampling groups.

{table}
"""
STARTED = """
It began with what `{start}` had learned to hear; the card of that one says from what.
"""
TEACHERS = """
Beside the labels it learned what {names}. Where a song above stands in such a collection too, the figures flatter.
"""
TEACHER = "`{name}` hears, a published network that learned from {learned_from}"
SURE_HELD_OUT = """\
Probabilities are calibrated with temperature {temperature:.3f}, fitted on the validation songs. Sets of labels with a
probability of at least {threshold:.3f} were fitted there to hold nine truths in ten; of the test songs they hold
{coverage:.3f}, with {size:.2f} labels on average."""
SURE_CROSSVALIDATED = """\
Probabilities are calibrated with temperature {temperature:.3f}, and sets of labels with a probability of at least
{threshold:.3f} are to hold nine truths in ten, both fitted on the answers above. Of each fold's songs, sets fitted on
the others held {coverage:.3f}, with {size:.2f} labels on average; the calibration error (ten bins of equal mass) was
{ece:.3f}, where a perfectly calibrated model would show {chance:.3f} on as many songs."""


def scores_table(trained: Trained, recipe: Recipe) -> str:
    """A Markdown table of the model and the baselines."""
    if recipe.report.crossvalidate:
        return crossvalidated_table(trained.predictions)
    return held_out_table(trained.predictions, recipe.name)


def what_was_measured(trained: Trained, recipe: Recipe) -> str:
    """Scores beside the baselines', and by which songs."""
    text = CROSSVALIDATED if recipe.report.crossvalidate else HELD_OUT
    told = text.format(folds=recipe.data.folds, epoch=trained.epoch, table=scores_table(trained, recipe))
    told += STARTED.format(start=recipe.model["start"]) if "start" in recipe.model else ""
    names = [TEACHER.format(name=name, learned_from=EMBEDDERS[name].learned_from) for name in recipe.teachers.names]
    return told + (TEACHERS.format(names=" and what ".join(names)) if names else "")


def how_sure(trained: Trained, recipe: Recipe) -> str:
    """Temperature, sets and what they held."""
    config, own = trained.model.config, trained.predictions[recipe.name]
    threshold = 1 - config.conformal_quantile
    fitted = {"temperature": config.temperature, "threshold": threshold}
    if not recipe.report.crossvalidate:
        coverage, size = set_coverage(own, threshold)
        return SURE_HELD_OUT.format(**fitted, coverage=coverage, size=size)
    coverage, size = coverage_fold_by_fold(own)
    judged = Judged.of(own)
    errors = calibration_errors(judged.truth, judged.probabilities)
    return SURE_CROSSVALIDATED.format(
        **fitted, coverage=coverage, size=size, ece=errors["ece"], chance=errors["ece_if_calibrated"]
    )

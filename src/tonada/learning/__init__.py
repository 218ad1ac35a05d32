"""From labelled songs to a checkpoint: recipes, songs, batches, the loop, calibration."""

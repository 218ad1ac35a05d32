"""Where the music comes from: one file a data set, all of one form, yielding the same columns."""

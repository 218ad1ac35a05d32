"""What is wrong with a data set before anything learns from it: leaks, files, labels, descriptors; one report."""

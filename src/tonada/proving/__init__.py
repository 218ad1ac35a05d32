"""What a result is worth: scores, intervals, and the predictions behind every figure."""

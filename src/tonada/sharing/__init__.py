"""What a stranger needs to use a model: the folder, and the card that tells what was measured."""

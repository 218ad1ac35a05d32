"""`python -m tonada_cli`: the command for whoever launches modules, as `accelerate launch` does."""

from tonada_cli import main

main()

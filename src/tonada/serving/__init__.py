"""Songs over HTTP, each to the answer that `tonada classify --format json` gives."""

"""What is not installed with Tonada alone, and the command that brings it."""

from importlib.util import find_spec

EXTRAS = {
    "classical": ("xgboost", "imblearn"),
    "embeddings": ("torch_vggish_yamnet",),
    "evaluate": ("evaluate", "matplotlib"),
    "explain": ("captum", "matplotlib"),
    "onnx": ("onnx", "onnxruntime", "onnxscript"),
    "optuna": ("optuna",),
    "ray": ("ray",),
    "serve": ("fastapi", "starlette", "pydantic", "typing_extensions", "uvicorn", "multipart", "prometheus_client"),
    "similar": ("faiss",),
    "space": ("gradio", "mcp"),
    "train": ("trackio",),
}
"""The libraries of each extra of `pyproject.toml`, as they are imported."""


def lacking(extra: str, *libraries: str) -> str | None:
    """
    What to tell a person whose installation lacks libraries of an extra, as the end of a sentence; `None` if none lack.

    Args:
        extra: that brings them.
        libraries: that are about to be imported; all of the extra's if none is named.
    """
    gone = [library for library in libraries or EXTRAS[extra] if find_spec(library) is None]
    return f"needs {' and '.join(gone)}; run: pip install 'tonada[{extra}]'" if gone else None

"""Why a model cannot be exported, in one line that says what can be."""


class ExportError(ValueError):
    """A model that no ONNX graph of ours can express."""

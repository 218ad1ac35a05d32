"""The parts of the hall that need no torch, without the seconds that importing `tonada` takes."""

import sys
from importlib.util import find_spec, module_from_spec


def import_no_torch() -> None:
    """
    Let `tonada.listening.…` be imported without running `tonada/__init__`, which registers models with transformers.

    Only for a process that classifies through ONNX Runtime and ends.
    """
    if "tonada" not in sys.modules and (spec := find_spec("tonada")) is not None:
        sys.modules["tonada"] = module_from_spec(spec)

"""A model as one ONNX graph, front end and vote included: waveform in, song probabilities out."""

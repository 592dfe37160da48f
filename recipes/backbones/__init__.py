"""ResNet-50 weights that a user has, to the ONNX backbone of a bundle, with numpy and onnx alone.

See `python3 -m backbones --help`.
"""

"""The runs of a pipeline: beginning one, ending one, closing one that died."""

"""What `resnet-viewer` does without a window: one module a verb, each with `add` (its arguments) and `run`."""

"""`python -m resnet_viewer` is `resnet-viewer`."""

from multiprocessing import freeze_support

from resnet_viewer.cli import main

if __name__ == "__main__":
    freeze_support()
    raise SystemExit(main())

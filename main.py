"""Start the desktop app; `resnet-viewer` has the same window, and verbs beside it."""

import sys
from multiprocessing import freeze_support

from resnet_viewer import app

if __name__ == "__main__":
    freeze_support()
    sys.exit(app.main(sys.argv[1:]))

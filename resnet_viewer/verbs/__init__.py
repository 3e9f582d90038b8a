"""What `resnet-viewer` does without a window: `arguments` declares the verbs, one module each runs them."""

VERBS = {
    "probe": "read one picture without a window: gradient norms, Grad-CAM, feature maps, predictions, as files",
    "evaluate": "measure a network's error over an image folder",
    "train": "train networks on a folder of pictures",
    "study": "answer one question about a network, such as which block it can live without, with figures",
    "networks": "list the networks and the weights there are for them",
}

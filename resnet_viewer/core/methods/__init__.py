"""Attribution methods: what of a picture, or of a block's output, speaks for the target."""

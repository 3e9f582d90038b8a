"""Tests of core run on one torch thread: tiny networks are faster so, and sums come out in one order."""

import torch

torch.set_num_threads(1)

"""The loop that trains a network on a CPU: resumable, with a warm-up, a cosine, and the moving average that is kept."""

import math
import os
import time
from pathlib import Path

import numpy as np
import torch

EVERY = 50
"""Steps from one checkpoint to the next."""


def rate(step, steps):
    """Part of the highest learning rate."""
    warm = min(200, steps // 10 + 1)
    return min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.02)


def trained(make, batch, loss, work, name, seed, steps, highest):
    """The moving average of the network that `make` makes, after `steps` steps. `batch(rng)` gives the input and all
    else that `loss(output, ...)` takes. The checkpoint is `work`/`name`.pt; with more `steps` than before it goes on, and
    the learning rate follows the longer schedule."""
    torch.manual_seed(seed)
    # By itself torch takes one of two cores here and there.
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    # Channels last is a sixth faster on a CPU.
    model, average = (make().to(memory_format=torch.channels_last) for _ in range(2))
    average.load_state_dict(model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=highest, weight_decay=1e-3)
    kept, checkpoint, first = {"model": model, "average": average, "optimiser": optimiser}, work / f"{name}.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        for part, of in kept.items():
            of.load_state_dict(state[part])
        first = state["step"]
    short = multiplies_bfloat16()
    begun, running = time.time(), 0.0
    for step in range(first, steps):
        for group in optimiser.param_groups:
            group["lr"] = highest * rate(step, steps)
        shown, *known = batch(np.random.default_rng([seed, 2, step]))
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            said = model(shown.contiguous(memory_format=torch.channels_last))
        value = loss([t.float() for t in said], *known)
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        follow(average, model, min(0.999, (step + 1) / (step + 10)))
        running = 0.98 * running + 0.02 * float(value.detach()) if running else float(value.detach())
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            part = checkpoint.with_suffix(".pt.part")
            torch.save({**{part: of.state_dict() for part, of in kept.items()}, "step": step + 1}, part)
            part.rename(checkpoint)
            left = (time.time() - begun) / (step + 1 - first) * (steps - step - 1)
            print(f"step {step + 1} of {steps}: loss {running:.3f}, {left / 60:.0f} minutes left", flush=True)
    return average.eval()


def multiplies_bfloat16():
    """Whether the processor multiplies matrices of bfloat16: training then takes half the time."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "amx_bf16" in cpuinfo.read_text()


@torch.no_grad()
def follow(average, model, decay):
    for kept, new in zip(average.state_dict().values(), model.state_dict().values()):
        kept.copy_(kept * decay + new * (1 - decay) if kept.dtype.is_floating_point else new)

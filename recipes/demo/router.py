"""The router's own answers: `spinetriage analyze --json` on DICOM files, as it serves."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .evaluate_detector import Found

AT_A_TIME = 20
"""Files of one call: the models are opened once for them."""


@dataclass(frozen=True)
class Router:
    """The program `binary` with the bundle's folder and ONNX Runtime's library."""

    binary: str
    bundle: str
    library: str

    def analyze(self, files):
        """The vertebrae of each of the files, as `findings` has them."""
        return [found(answer) for answer in self.findings(files)]

    def findings(self, files):
        """The findings of each of the files, in their order, as `analyze --json` gives them. Raises CalledProcessError
        when the router refuses one, with what it says on standard error."""
        files = [str(f) for f in files]
        parts = [files[i:i + AT_A_TIME] for i in range(0, len(files), AT_A_TIME)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [findings for part in pool.map(self._run, parts) for findings in part]

    def _run(self, files):
        command = [self.binary, "analyze", "--json", "--bundle", self.bundle, "--onnxruntime", self.library, *files]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        if len(lines) != len(files):
            raise ValueError(f"{len(lines)} answers for {len(files)} files, of which the first is {Path(files[0]).name}")
        return [json.loads(line) for line in lines]


def found(answer):
    """The vertebrae of one answer, from above. The router does not report the sacrum."""
    return [vertebra(v) for v in answer["vertebrae"]]


def vertebra(body):
    box, points = body["bounding_box"], body.get("points")
    six = np.array(points["upper"] + points["lower"]) if points else np.full((6, 2), np.nan)
    return Found(np.array([box[side] for side in ("x0", "y0", "x1", "y1")]), body["detection_score"], 0, six, tuple(body["probabilities"]))

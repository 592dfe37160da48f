"""Measures a bundle on real lateral films whose bodies are intact and whose corners somebody has marked: what it takes for
fractured, how far its corners and heights are off, and how well it finds deformities that are warped into them.

usage: python3 -m demo.evaluate_real LABELS.json SPINETRIAGE BUNDLE_FOLDER ONNXRUNTIME.so [--only odd|even] [--variants N]
           [--sheet PICTURE.png]

`LABELS.json` is a list of films: `{"path": ..., "number": ..., "implants": ..., "bodies": {"L1": [[x, y], ...], ...}}` with the
upper anterior, upper posterior, lower anterior and lower posterior corner of each body. Use for measuring only: films
that a bundle was fitted or tuned on say nothing of it. Intervals are Wilson's of 95 %, and of films that share no patient.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .deform import random_fracture, warped
from .dicom_file import Header, dicom
from .evaluate_films import picture
from .router import Router

OBSCURED = ("T1", "T2", "T3")
LEAST_PIXELS = 15
"""Bodies lower than this on the film are not measured."""

DEFORMED = ("T11", "T12", "L1", "L2", "L3", "L4")
LOSSES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
SEED = 7


@dataclass
class Answer:
    """What the router says of a film."""

    findings: dict
    bodies: dict = field(default_factory=dict)
    """By level, the vertebra that lies on the marked body."""

    @property
    def triage(self):
        return study(self.findings)


def study(findings):
    """Probability and result of a film as a study of its own, by the bundle's study model: as src/findings/triage.rs."""
    model = findings["bundle"].get("triage")
    said = sorted((fracture(v) for v in findings["vertebrae"] if not v.get("not_assessed")), reverse=True)
    if model is None or len(said) < max(model["at_least"], 1):
        return None, "not assessed"
    logit = lambda p: np.log(np.clip(p, 1e-3, 1 - 1e-3) / (1 - np.clip(p, 1e-3, 1 - 1e-3)))
    score = model["intercept"] + model["highest"] * logit(said[0]) + model["second"] * logit(said[1] if len(said) > 1 else 0)
    p = 1 / (1 + np.exp(-(score + model["bodies"] * np.log(len(said)))))
    if p >= model["specific"]["study"]:
        return p, "suspected"
    return p, "uncertain" if p >= model["sensitive"]["study"] or findings.get("missed", 0) else "nothing suspected"


def fracture(vertebra):
    return 1 - vertebra["probabilities"][0]


def height(corners):
    ua, up, la, lp = np.array(corners, float)
    return (np.linalg.norm(ua - la) + np.linalg.norm(up - lp)) / 2


def matched(findings, bodies):
    """By level, the found vertebra whose middle lies nearest to the marked one's, within half its depth."""
    found = {}
    for vertebra in findings["vertebrae"]:
        box = vertebra["bounding_box"]
        middle = np.array([(box["x0"] + box["x1"]) / 2, (box["y0"] + box["y1"]) / 2])
        away = {level: np.linalg.norm(np.mean(c, 0) - middle) / np.linalg.norm(np.subtract(c[0], c[1])) for level, c in bodies.items()}
        level = min(away, key=away.get)
        if away[level] < 0.45 and level not in found:
            found[level] = vertebra
    return found


def analysed(router, films):
    """The Answers for (picture, bodies) of films."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (values, _) in enumerate(films):
            file = Path(folder) / f"{number}.dcm"
            dicom(values, 0.5, Header(f"real/{number}", f"REAL-{number}", "measured")).save_as(file, enforce_file_format=True)
            files.append(file)
        return [Answer(f, matched(f, bodies)) for f, (_, bodies) in zip(router.findings(files), films)]


def wilson(hits, of):
    if not of:
        return "none"
    z, p = 1.96, hits / of
    centre, half = p + z * z / 2 / of, z * np.sqrt(p * (1 - p) / of + z * z / 4 / of / of)
    low, high = ((centre + s * half) / (1 + z * z / of) for s in (-1, 1))
    return f"{p:.3f} ({max(low, 0):.3f} to {min(high, 1):.3f}, {hits} of {of})"


def area(positive, negative):
    """Area under the ROC curve."""
    a, b = np.asarray(positive)[:, None], np.asarray(negative)[None]
    return float(((a > b) + 0.5 * (a == b)).mean()) if a.size and b.size else float("nan")


def of_intact(films, answers):
    """Prints what is said of films without a deformity."""
    asked = [(a, level, c) for (_, bodies), a in zip(films, answers) for level, c in bodies.items() if level not in OBSCURED]
    found = [(a.bodies[level], c) for a, level, c in asked if level in a.bodies]
    print(f"bodies T4 to L5 found: {wilson(len(found), len(asked))}")
    print(f"boxes beside them: {sum(len(a.findings['vertebrae']) - len(a.bodies) for a in answers)}")
    for title, chosen in (("assessed", [f for f in found if not f[0].get("not_assessed")]), ("found", found)):
        corners, heights = [], []
        for vertebra, c in chosen:
            six = vertebra.get("points")
            if not six or height(c) < LEAST_PIXELS:
                continue
            p = np.array([six["upper"][0], six["upper"][2], six["lower"][0], six["lower"][2]])
            corners += list(np.linalg.norm(p - np.array(c), axis=1) / height(c))
            for i in (0, 1):
                true = np.linalg.norm(np.subtract(c[i], c[i + 2]))
                heights.append(abs(np.linalg.norm(p[i] - p[i + 2]) - true) / true)
        if heights:
            print(f"{title}, {len(heights) // 2} bodies: corners off by {np.median(corners):.3f} of the height (median), heights by "
                  f"{np.median(heights):.3f} (median), {np.percentile(heights, 95):.3f} (95 %)")
    assessed = [v for v, _ in found if not v.get("not_assessed")]
    print(f"found bodies that are assessed: {wilson(len(assessed), len(found))}")
    for point, calls in (("specific", ("specific",)), ("sensitive", ("sensitive", "specific"))):
        called = sum(v.get("called") in calls for v, _ in found)
        everything = [v for a in answers for v in a.findings["vertebrae"]]
        print(f"intact bodies called at the {point} point: {wilson(called, len(found))} of those found, "
              f"{wilson(called, len(assessed))} of those assessed; of all boxes {wilson(sum(v.get('called') in calls for v in everything), len(everything))}")
    results = [a.triage[1] for a in answers]
    for result in ("suspected", "uncertain", "nothing suspected", "not assessed"):
        print(f"films {result}: {wilson(results.count(result), len(results))}")
    reasons = [v["not_assessed"] for a in answers for v in a.findings["vertebrae"] if v.get("not_assessed")]
    print("not assessed: " + ", ".join(f"{r} {reasons.count(r)}" for r in sorted(set(reasons))))


def of_deformed(router, films, answers, variants):
    """Prints how well deformities of known size are found."""
    rng = np.random.default_rng(SEED)
    jobs = []
    for number, (values, bodies) in enumerate(films):
        able = [level for level in DEFORMED if level in bodies and height(bodies[level]) >= LEAST_PIXELS]
        for i in range(variants if able else 0):
            level, loss = str(rng.choice(able)), LOSSES[(i + number) % len(LOSSES)]
            shown, points = warped(values, bodies[level], random_fracture(rng, loss))
            corners = {**bodies, level: points[[0, 2, 3, 5]].tolist()}
            jobs.append((loss, level, (shown, corners)))
    found = analysed(router, [job[2] for job in jobs])
    rows = [(loss, level, a) for (loss, level, _), a in zip(jobs, found)]
    whole = [a.triage[0] for a in answers if a.triage[0] is not None]
    large = [r for r in rows if r[0] >= 0.25]
    print(f"deformed bodies found: {wilson(sum(l in a.bodies for _, l, a in rows), len(rows))}; of 25 % and more "
          f"{wilson(sum(l in a.bodies for _, l, a in large), len(large))}")
    for loss in LOSSES:
        some = [(l, a) for q, l, a in rows if q == loss]
        said = [a.triage for _, a in some]
        bodies = [a.bodies.get(l, {}) for l, a in some]
        print(f"loss {loss:.2f}: {len(some)} films; study AUC {area([p for p, _ in said if p is not None], whole):.3f}; suspected "
              f"{wilson(sum(r == 'suspected' for _, r in said), len(said))}; the body called at the specific point "
              f"{wilson(sum(b.get('called') == 'specific' for b in bodies), len(bodies))}, not assessed {sum(bool(b.get('not_assessed')) for b in bodies)}")
    # Films that are not assessed count as the least suspicious: they would not be put first.
    said = [a.triage[0] or 0.0 for _, _, a in large]
    every = [a.triage[0] or 0.0 for a in answers]
    print(f"losses of 25 % and more: study AUC {area(said, every):.3f}, body AUC "
          f"{area([fracture(a.bodies[l]) for _, l, a in large if l in a.bodies], [fracture(v) for a in answers for v in a.bodies.values()]):.3f}; "
          f"sensitivity at the specific point {wilson(sum(a.triage[1] == 'suspected' for _, _, a in large), len(large))}, at the sensitive one "
          f"{wilson(sum(a.triage[1] in ('suspected', 'uncertain') for _, _, a in large), len(large))}")
    return jobs, found


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("labels", type=Path)
    for name in ("spinetriage", "bundle", "onnxruntime"):
        arguments.add_argument(name)
    arguments.add_argument("--only", choices=("odd", "even"))
    arguments.add_argument("--variants", type=int, default=14)
    given = arguments.parse_args()
    router = Router(given.spinetriage, given.bundle, given.onnxruntime)
    labels = [f for f in json.loads(given.labels.read_text()) if given.only is None or (f["number"] % 2 == 1) == (given.only == "odd")]
    films = [(picture(given.labels.parent / f["path"])[0], f["bodies"]) for f in labels]
    answers = analysed(router, films)
    print(f"{len(films)} real films, {given.only or 'all'}")
    of_intact(films, answers)
    without = [i for i, f in enumerate(labels) if not f.get("implants")]
    print(f"deformities warped into the {len(without)} films without implants")
    of_deformed(router, [films[i] for i in without], [answers[i] for i in without], given.variants)


if __name__ == "__main__":
    main()

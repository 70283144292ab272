"""Writes what scikit-learn says of some predictions, for metrics_tests.rs to compare with.

    pip install scikit-learn==1.9.1
    python plugins/evaluate/tests/sklearn/make.py
"""

import json
import pathlib
import warnings

import numpy
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    roc_curve,
    root_mean_squared_error,
)

HERE = pathlib.Path(__file__).parent
warnings.simplefilter("ignore")


def case(name, classes, rows, seed, present=None, sharpness=2.0, digits=None):
    """`present`: the classes that rows are of. `sharpness`: how sure the predictions are. `digits`: of the probabilities of two."""
    random = numpy.random.default_rng(seed)
    truth = random.choice(present or range(classes), size=rows)
    scores = random.normal(size=(rows, classes)) * sharpness
    scores[numpy.arange(rows), truth] += sharpness
    if present:
        scores[:, [k for k in range(classes) if k not in present]] -= 5 * sharpness
    scores -= scores.max(axis=1, keepdims=True)
    p = numpy.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    if digits:
        p[:, 1] = p[:, 1].round(digits)
        p[:, 0] = 1 - p[:, 1]
    predicted = p.argmax(axis=1)
    labels = list(range(classes))
    met = [k for k in labels if 0 < (truth == k).sum() < rows]
    ranks = {k: (roc_auc_score(truth == k, p[:, k]), average_precision_score(truth == k, p[:, k])) for k in met}
    # With two classes of the second, with more their mean: scikit-learn's, over those that have rows and are not all.
    overall = [None, None]
    if len(met) == classes:
        p_or_second = p[:, 1] if classes == 2 else p
        overall[0] = roc_auc_score(truth, p_or_second, multi_class="ovr", average="macro", labels=labels)
        shape = truth == 1 if classes == 2 else numpy.eye(classes)[truth]
        overall[1] = average_precision_score(shape, p_or_second, average="macro")
    curves = [calibration_curve(truth == k, p[:, k], n_bins=10, strategy="uniform") for k in labels]
    brier = (
        brier_score_loss(truth, p[:, 1])
        if classes == 2
        else brier_score_loss(truth, p, labels=labels, scale_by_half=False)
    )
    each = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    mean = precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)
    return {
        "name": name,
        "classes": classes,
        "truth": truth.tolist(),
        "probabilities": p.ravel().tolist(),
        "accuracy": accuracy_score(truth, predicted),
        "log_loss": log_loss(truth, y_proba=p, labels=labels),
        "confusion_matrix": confusion_matrix(truth, predicted, labels=labels).tolist(),
        "precision": each[0].tolist(),
        "recall": each[1].tolist(),
        "f1": each[2].tolist(),
        "support": each[3].tolist(),
        "macro": [float(value) for value in mean[:3]],
        "ranks": [[float(value) for value in ranks[k]] if k in ranks else None for k in labels],
        "overall": [None if value is None else float(value) for value in overall],
        "calibration": [[observed.tolist(), predicted.tolist()] for observed, predicted in curves],
        "brier": float(brier),
        "curves": [numpy.stack(roc_curve(truth == k, p[:, k])[:2], 1).tolist() if k in met else None for k in labels],
    }


def numbers(name, truth, estimates):
    return {
        "name": name,
        "truth": truth.tolist(),
        "estimates": estimates.tolist(),
        "rmse": float(root_mean_squared_error(truth, estimates)),
        "mae": float(mean_absolute_error(truth, estimates)),
        "r2": float(r2_score(truth, estimates)),
    }


cases = [
    case("two classes", 2, 80, 1),
    case("three classes", 3, 90, 2),
    case("seven classes, few rows", 7, 30, 3),
    case("a class without rows or predictions", 4, 50, 4, present=[0, 1, 3]),
    case("sure of itself and wrong: probabilities are clipped", 3, 60, 5, sharpness=60.0),
    case("many rows of few probabilities", 2, 400, 6, sharpness=0.5, digits=1),
]
random = numpy.random.default_rng(7)
delays = random.exponential(30, size=120) - 10
regressions = [
    numbers("some noise", delays, delays + random.normal(scale=5, size=120)),
    numbers("worse than the mean", delays, -delays),
    numbers("a truth that never changes", numpy.full(9, 3.5), random.normal(size=9)),
    numbers("all right, and never changing", numpy.full(9, 3.5), numpy.full(9, 3.5)),
]
found = {"classes": cases, "numbers": regressions}
lines = [f'"{kind}": [\n' + ",\n".join(map(json.dumps, of)) + "\n]" for kind, of in found.items()]
(HERE / "expected.json").write_text("{" + ",\n".join(lines) + "}\n")

"""Writes what scikit-learn learns from small tables, for logistic_tests.rs to compare with.

    pip install scikit-learn==1.9.1
    python plugins/train/tests/sklearn/make.py
"""

import json
import pathlib

import numpy
from sklearn.linear_model import LogisticRegression, Ridge

HERE = pathlib.Path(__file__).parent


def case(classes, l2, seed, weights=None):
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(60, 4)).round(3)
    x[:, 3] = (x[:, 3] > 0).astype(float)
    noise = random.normal(scale=0.7, size=(60, classes))
    y = (x @ random.normal(size=(4, classes)) + noise).argmax(axis=1)
    by_number = {int(k): v for k, v in weights.items()} if isinstance(weights, dict) else weights
    how = {"C": 1 / l2, "class_weight": by_number, "solver": "lbfgs", "tol": 1e-12, "max_iter": 100_000}
    fitted = LogisticRegression(**how).fit(x, y)
    return {
        "l2": l2,
        "x": x.tolist(),
        "y": y.tolist(),
        "coefficients": fitted.coef_.tolist(),
        "intercepts": fitted.intercept_.tolist(),
        "probabilities": fitted.predict_proba(x).tolist(),
        "weights": weights,
    }


def ridge(l2, seed):
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(50, 5)).round(3)
    y = (x @ random.normal(size=5) + 3 + random.normal(size=50)).round(3)
    fitted = Ridge(alpha=l2, solver="cholesky").fit(x, y)
    return {
        "l2": l2,
        "x": x.tolist(),
        "y": y.tolist(),
        "coefficients": fitted.coef_.tolist(),
        "intercept": float(fitted.intercept_),
    }


logistic = [case(2, 1.0, 1), case(2, 0.01, 2), case(3, 1.0, 3), case(5, 10.0, 4)]
logistic += [case(2, 1.0, 5, "balanced"), case(3, 1.0, 6, "balanced"), case(2, 1.0, 7, {"1": 2.5})]
cases = {"logistic": logistic, "ridge": [ridge(1.0, 1), ridge(0.0, 2), ridge(100.0, 3)]}
lines = [f'"{name}": [\n' + ",\n".join(map(json.dumps, found)) + "\n]" for name, found in cases.items()]
(HERE / "expected.json").write_text("{" + ",\n".join(lines) + "}\n")

"""Writes what scikit-learn learns from two small tables, for logistic_tests.rs to compare with.

    pip install scikit-learn==1.9.1
    python plugins/train/tests/sklearn/make.py
"""

import json
import pathlib

import numpy
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).parent


def case(classes, l2, seed):
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(60, 4)).round(3)
    x[:, 3] = (x[:, 3] > 0).astype(float)
    noise = random.normal(scale=0.7, size=(60, classes))
    y = (x @ random.normal(size=(4, classes)) + noise).argmax(axis=1)
    fitted = LogisticRegression(C=1 / l2, solver="lbfgs", tol=1e-12, max_iter=100_000).fit(x, y)
    return {
        "l2": l2,
        "x": x.tolist(),
        "y": y.tolist(),
        "coefficients": fitted.coef_.tolist(),
        "intercepts": fitted.intercept_.tolist(),
        "probabilities": fitted.predict_proba(x).tolist(),
    }


cases = [case(2, 1.0, 1), case(2, 0.01, 2), case(3, 1.0, 3), case(5, 10.0, 4)]
(HERE / "expected.json").write_text(json.dumps(cases, indent=1) + "\n")

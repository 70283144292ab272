"""What scikit-learn makes of the same flights, for the README's table.

    pip install scikit-learn==1.9.1 pandas pyarrow
    python examples/flights/scikit_learn.py examples/flights/data/flights-200k.parquet

With the predictions and the figures of a dagwood run it also holds those figures against scikit-learn's own functions:

    python examples/flights/scikit_learn.py --predictions predictions.parquet --metrics metrics.json
"""

import argparse
import json
import resource
import sys
import time

import numpy
import pandas
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def models(path, as_json):
    begun = time.perf_counter()
    flights = pandas.read_parquet(path)
    late = flights.delay > 15
    at = flights.date.dt
    turn = 2 * numpy.pi * (at.hour + at.minute / 60) / 24
    numbers = [numpy.sin(turn), numpy.cos(turn), at.hour, at.day_of_week, at.month, flights.distance]
    numbers = numpy.stack([column.to_numpy(float) for column in numbers], axis=1)
    places = flights[["origin", "destination"]]
    parts = train_test_split(numbers, places, late, test_size=0.2, random_state=1, stratify=late)
    numbers, numbers_test, places, places_test, late, late_test = parts

    scaler, coder = StandardScaler().fit(numbers), OneHotEncoder(handle_unknown="ignore").fit(places)

    def features(numbers, places):
        return sparse.hstack([scaler.transform(numbers), coder.transform(places)]).tocsr()

    aucs = {}
    aucs["logistic_regression"] = fitted(
        "logistic regression",
        LogisticRegression(max_iter=1000),
        (features(numbers, places), late),
        (features(numbers_test, places_test), late_test),
    )
    known = {name: pandas.Index(sorted(places[name].unique())) for name in places}

    def table(numbers, places):
        return numpy.column_stack([numbers, *(known[name].get_indexer(places[name]) for name in places)])

    def trees(name, categories):
        return fitted(
            name,
            HistGradientBoostingClassifier(max_iter=100, early_stopping=False, categorical_features=categories),
            (table(numbers, places), late),
            (table(numbers_test, places_test), late_test),
        )

    aucs["gradient_boosted_trees"] = trees("boosted trees", None)
    if as_json:
        print(json.dumps({"seconds": time.perf_counter() - begun, "roc_auc": aucs}))
    else:
        trees("boosted trees, origin and destination as categories", [6, 7])


def fitted(name, model, train, test):
    begun = time.perf_counter()
    model.fit(*train)
    took = time.perf_counter() - begun
    auc = roc_auc_score(test[1], model.predict_proba(test[0])[:, 1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    words = f"{name}: test AUC {auc:.4f}, fit {took:.1f} s ({model.n_iter_} iterations), peak so far {peak:.0f} MiB"
    print(words, file=sys.stderr)
    return auc


def hold_against(predictions, metrics):
    table = pandas.read_parquet(predictions)
    figures = json.load(open(metrics))
    truth, predicted = (table.late == "true").to_numpy(), (table.prediction == "true").to_numpy()
    p = table["probability=true"].to_numpy()
    ours = {
        "accuracy": accuracy_score(truth, predicted),
        "precision": precision_score(truth, predicted, average="macro", zero_division=0),
        "recall": recall_score(truth, predicted, average="macro"),
        "f1": f1_score(truth, predicted, average="macro"),
        "roc_auc": roc_auc_score(truth, p),
        "pr_auc": average_precision_score(truth, p),
        "log_loss": log_loss(truth, p),
        "brier": brier_score_loss(truth, p),
    }
    for name, value in ours.items():
        difference = abs(value - figures[name])
        print(f"{name}: scikit-learn {value:.12f}, dagwood {figures[name]:.12f}, apart {difference:.1e}")
        assert difference < 1e-9, name


arguments = argparse.ArgumentParser()
arguments.add_argument("data", nargs="?")
arguments.add_argument("--json", action="store_true", help="both models as the DAG has them: seconds in all, and AUCs")
arguments.add_argument("--predictions")
arguments.add_argument("--metrics")
given = arguments.parse_args()
if given.data:
    models(given.data, given.json)
if given.predictions:
    hold_against(given.predictions, given.metrics)

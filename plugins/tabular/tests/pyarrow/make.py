"""Writes the files beside it: what other writers make of Parquet.

    pip install pyarrow
    python plugins/tabular/tests/pyarrow/make.py
"""

import pathlib

import pyarrow
import pyarrow.parquet as parquet

HERE = pathlib.Path(__file__).parent
table = pyarrow.table({"delay": [3, None, 16], "origin": ["ATL", "SFO", None]})
for codec in ["zstd", "gzip", "snappy"]:
    parquet.write_table(table, HERE / f"{codec}.parquet", compression=codec, store_schema=False)

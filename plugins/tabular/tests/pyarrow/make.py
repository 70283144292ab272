"""Writes the files beside it: what other writers make of Parquet.

    pip install pyarrow
    python plugins/tabular/tests/pyarrow/make.py
"""

import datetime
import decimal
import pathlib

import pyarrow
import pyarrow.parquet as parquet

HERE = pathlib.Path(__file__).parent
table = pyarrow.table({"delay": [3, None, 16], "origin": ["ATL", "SFO", None]})
for codec in ["zstd", "gzip", "snappy"]:
    parquet.write_table(table, HERE / f"{codec}.parquet", compression=codec, store_schema=False)

# Numbers of every kind that pyarrow writes, each as 1.5 or 1, a gap, and the least that it holds or -0.25.
decimals = [decimal.Decimal("1.50"), None, decimal.Decimal("-0.25")]
numbers = {
    "half": pyarrow.array([1.5, None, -0.25], pyarrow.float16()),
    "float": pyarrow.array([1.5, None, -0.25], pyarrow.float32()),
    "decimal32": pyarrow.array(decimals, pyarrow.decimal128(7, 2)),
    "decimal128": pyarrow.array(decimals, pyarrow.decimal128(38, 2)),
    "decimal256": pyarrow.array(decimals, pyarrow.decimal256(76, 2)),
    "int8": pyarrow.array([1, None, -128], pyarrow.int8()),
    "uint8": pyarrow.array([1, None, 255], pyarrow.uint8()),
    "uint32": pyarrow.array([1, None, 2**32 - 1], pyarrow.uint32()),
    "uint64": pyarrow.array([1, None, 2**64 - 1], pyarrow.uint64()),
}
parquet.write_table(pyarrow.table(numbers), HERE / "numbers.parquet", store_schema=False)
parquet.write_table(pyarrow.table(numbers).take([0, 2]), HERE / "whole_numbers.parquet", store_schema=False)
times = [datetime.datetime(2001, 1, 31, 6, 30), None, datetime.datetime(1969, 12, 31)]
others = {
    "time": pyarrow.array(times, pyarrow.timestamp("ms")),
    "bytes": pyarrow.array([b"ab", None, b"cd"], pyarrow.binary(2)),
    "any_bytes": pyarrow.array([b"ab", None, b"\xfe\x00"], pyarrow.binary()),
    "list": pyarrow.array([[1], None, [2]]),
}
parquet.write_table(pyarrow.table(others), HERE / "others.parquet", store_schema=False)

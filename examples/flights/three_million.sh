#!/usr/bin/env bash
# Fetches the three million flights into data/flights-3m.parquet, for three_million.toml.
#
# They come in an npm package, compressed with Zstandard, which the plugins do not read (no C in guests): pyarrow writes them with
# Snappy. Needs npm, and Python with pyarrow.
set -euo pipefail
cd "$(dirname "$0")/data"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" vega-datasets@3.2.1 >/dev/null
tar -xzf "$folder"/vega-datasets-3.2.1.tgz -C "$folder" package/data/flights-3m.parquet
python3 - "$folder/package/data/flights-3m.parquet" flights-3m.parquet <<'PYTHON'
import sys
import pyarrow.parquet as parquet

table = parquet.read_table(sys.argv[1])
parquet.write_table(table, sys.argv[2], compression="snappy", row_group_size=250_000)
print(f"{table.num_rows} flights in {sys.argv[2]}: {', '.join(table.schema.names)}")
PYTHON

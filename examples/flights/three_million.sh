#!/usr/bin/env bash
# Runs three_million.toml, on three million flights that it fetches into data/flights-3m.parquet if they are not there.
#
# They come in an npm package, compressed with Zstandard, which the plugins do not read (no C in guests): pyarrow writes them with
# Snappy. Needs npm, and Python with pyarrow.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=examples/flights/data/flights-3m.parquet
if [[ ! -e $data ]]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    npm pack --silent --pack-destination "$folder" vega-datasets@3.2.1 >/dev/null
    tar -xzf "$folder"/vega-datasets-3.2.1.tgz -C "$folder" package/data/flights-3m.parquet
    # Written under another name first, so that half a file is never taken for one.
    python3 - "$folder/package/data/flights-3m.parquet" "$data.part" <<'PYTHON'
import sys
import pyarrow.parquet as parquet

table = parquet.read_table(sys.argv[1])
parquet.write_table(table, sys.argv[2], compression="snappy", row_group_size=250_000)
print(f"{table.num_rows} flights fetched: {', '.join(table.schema.names)}")
PYTHON
    mv "$data.part" "$data"
fi
cargo run --release -- run examples/flights/three_million.toml

"""Shows what a stand-alone sync left in a folder: `demo_show.py DIR`."""

import pathlib
import sys

import pyarrow.parquet as pq


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    for table in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        files = sorted(table.glob("*.parquet"))
        rows = [pq.read_metadata(f).num_rows for f in files]
        columns = pq.read_schema(files[0]).names
        print(f"  {table.name}: {sum(rows):,} rows in {len(files)} file(s): {', '.join(columns)}")


if __name__ == "__main__":
    main()

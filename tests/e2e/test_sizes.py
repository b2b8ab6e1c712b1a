"""Many tables, many rows, odd keys, and the options that decide sizes."""

import pyarrow as pa
import pytest
from compare import assert_rows, ids
from lake.files import name_of, numbers, parquet
from world import APPEND

ROWS = 1234


@pytest.mark.parametrize("rows_per_record", [1, 7, 500, 100_000])
def test_rows_per_record(world, rows_per_record):
    world.bucket.put("t/0.parquet", parquet(numbers(0, ROWS), row_group_size=100))
    world.bucket.put("t/1.parquet", parquet(numbers(ROWS, 10)))
    result = world.sync(world.spec(rows_per_record=rows_per_record))
    assert result.largest_record == min(rows_per_record, ROWS)
    assert result.records == -(-ROWS // rows_per_record) + -(-10 // rows_per_record)
    assert_rows(world.database, "t", [{"id": i, "name": name_of(i)} for i in range(ROWS + 10)])


def test_row_ids_do_not_depend_on_rows_per_record(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, ROWS), row_group_size=100))
    found = []
    for rows_per_record in (7, 1000):
        world.sync(world.spec(rows_per_record=rows_per_record), name=f"s{rows_per_record}")
        pairs = world.database.rows("select id, _cq_id from t order by id")
        found.append(pairs)
    assert found[0] == found[1]


@pytest.mark.parametrize("concurrency", [1, -1])
def test_concurrency(world, concurrency):
    for number in range(40):
        world.bucket.put(f"t{number % 3}/{number}.parquet", parquet(numbers(number * 10, 10)))
    result = world.sync(world.spec(concurrency=concurrency))
    assert result.resources == 400
    found = [i for t in range(3) for i in world.database.column(f"select id from t{t}")]
    assert sorted(found) == list(range(400))


def test_a_hundred_tables(world):
    for number in range(100):
        world.bucket.put(f"t{number:03}/f.parquet", parquet(numbers(number, 3)))
    result = world.sync_with_state(write_mode=APPEND)
    tables = [f"t{number:03}" for number in range(100)]
    assert sorted(result.migrated) == tables and result.resources == 300
    everything = " union all ".join(f"select '{t}' as t, id, name from {t}" for t in tables)
    rows = world.database.rows(f"{everything} order by t, id")
    assert rows == [
        {"t": f"t{n:03}", "id": i, "name": name_of(i)} for n in range(100) for i in range(n, n + 3)
    ]
    world.objects_read()
    assert world.sync_with_state(write_mode=APPEND).resources == 0
    assert world.objects_read() == []


def test_a_large_object_is_read_in_ranges(world):
    count = 300_000
    random = pa.array([bytes(str(i * 2654435761 % 2**32), "ascii") * 6 for i in range(count)])
    table = pa.table({"id": pa.array(range(count), pa.int64()), "text": random.cast(pa.string())})
    body = parquet(table, row_group_size=50_000, compression="none", use_dictionary=False)
    assert len(body) > 16 << 20
    world.bucket.put("t/large.parquet", body)
    result = world.sync(world.spec(rows_per_record=20_000), write_mode=APPEND)
    assert result.resources == count
    sent = result.rows_sent("t").drop_columns(["_cq_id", "_cq_parent_id"])
    assert sent.cast(table.schema).equals(table)
    assert len(ids(world.database, "t")) == count
    reads = [request for request in world.proxy.take_log() if not request.is_list]
    assert len(reads) > 1 and all("Range" in request.headers for request in reads)


ODD_KEYS = {
    "my data/file name.parquet": "my_data",
    "a+b%20c/f.parquet": "a_b_20c",
    "données/été/f.parquet": "donn_es_t",
    "x&y<z>'\"/f.parquet": "x_y_z",
    "q?x=1#frag;p/f.parquet": "q_x_1_frag_p",
    "2024/f.parquet": "2024",
    "year=2024/month=01/f.PARQUET": "year_2024_month_01",
    "DATA/File.Parquet": "DATA",
    "data.v2.parquet": "data_v2",
    "emoji 🎉 here/f.parquet": "emoji_here",
    "*/[a-z]/{b}/f.parquet": "a_z_b",
    "l" * 200 + "/f.parquet": "l" * 200,
}


def test_odd_keys(world):
    for number, key in enumerate(ODD_KEYS):
        world.bucket.put(key, parquet(numbers(number, 1)))
    world.bucket.put("日本/f.parquet", parquet(numbers(0, 1)))
    world.bucket.put("folder.parquet/", b"")
    result = world.sync()
    assert result.resources_per_table == dict.fromkeys(ODD_KEYS.values(), 1)
    for number, table in enumerate(ODD_KEYS.values()):
        assert_rows(world.database, table[:63], [{"id": number, "name": name_of(number)}])
    nameless = [line for line in result.logged("warn") if "日本" in line]
    assert len(nameless) == 1


def test_prefixes_that_fall_on_one_name_are_told(world):
    world.bucket.put("a-b/f.parquet", parquet(numbers(0, 1)))
    world.bucket.put("a_b/f.parquet", parquet(numbers(1, 1)))
    result = world.sync()
    assert world.database.column("select id from a_b order by id") == [0, 1]
    assert len([line for line in result.logged("warn") if "a-b" in line and "a_b" in line]) == 1

"""DuckDB's httpfs, which reads and writes tables by SQL, against the embedded store."""
import urllib.parse

import client_cases as cases
import duckdb
from client_cases import BLANKS, LISTED, Store, operation, same
from duckdb_extensions import import_extension

store = Store("duckdb")
B, OTHER = store.bucket, store.other
import_extension("httpfs")
database = duckdb.connect()
database.execute("LOAD httpfs")
database.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{cases.ACCESS_KEY}', SECRET '{cases.SECRET_KEY}', REGION '{cases.REGION}',"
                 f" ENDPOINT '{urllib.parse.urlsplit(cases.ENDPOINT).netloc}', URL_STYLE 'path', USE_SSL false)")
ROWS = "SELECT i AS number, hash(i) AS hashed FROM range(5000) AS t(i)"


def rows(sql):
    return database.execute(sql).fetchall()


@operation("bucket")
def bucket():
    store.call("PUT")
    raise cases.Gap("the client has no statements for buckets")


@operation("put")
def put():
    """As CSV, which another reader understands."""
    database.execute(f"COPY ({ROWS}) TO 's3://{B}/put.csv' (HEADER false)")
    lines = [tuple(map(int, line.split(","))) for line in store.read("put.csv").decode().split()]
    same(lines, rows(ROWS), "rows")


@operation("get")
def get():
    store.write("get.csv", b"number,name\n1,one\n2,two\n")
    same(rows(f"FROM read_csv('s3://{B}/get.csv')"), [(1, "one"), (2, "two")], "rows")


@operation("range")
def ranged():
    """Parquet is read from its end, by ranges."""
    database.execute(f"COPY ({ROWS}) TO 's3://{B}/range.parquet' (ROW_GROUP_SIZE 2048)")
    same(rows(f"SELECT hashed FROM 's3://{B}/range.parquet' WHERE number = 4321"), rows(f"SELECT hash(4321::BIGINT)"), "rows")
    same(rows(f"SELECT sum(number) FROM 's3://{B}/range.parquet'"), [(5000 * 4999 // 2,)], "rows")


@operation("list")
def listing():
    store.fill_list()
    found = [each[0] for each in rows(f"SELECT file FROM glob('s3://{B}/list/*/*') ORDER BY file")]
    same(found, [f"s3://{B}/{key}" for key in LISTED], "keys")


cases.gap("metadata", "the client has no such statement")
cases.gap("tags", "the client has no such statement")
cases.gap("copy", "the client has no such statement")


@operation("other-bucket")
def other_bucket():
    """By reading and writing."""
    store.call("PUT", bucket=OTHER)
    store.write("from.csv", b"1,one\n")
    database.execute(f"COPY (FROM read_csv('s3://{B}/from.csv', header = false)) TO 's3://{OTHER}/to.csv' (HEADER false)")
    same(store.read("to.csv", OTHER), b"1,one\n")


@operation("blanks")
def blanks():
    for key in BLANKS:
        name = key.replace("?", "") + ".csv"
        store.write(name, b"a,b\n1,2\n")
        same(rows(f"FROM read_csv('s3://{B}/{name}')"), [(1, 2)], "rows")
        database.execute(f"COPY (SELECT 7) TO 's3://{B}/out {name}' (HEADER false)")
        same(store.read("out " + name), b"7\n")


@operation("multipart")
def multipart():
    """Every object is sent as an upload in parts; this one is of more than 5 MiB."""
    database.execute("SET s3_uploader_max_filesize = '50GB'")
    database.execute(f"COPY (SELECT hash(i) AS hashed FROM range(2000000) AS t(i)) TO 's3://{B}/large.parquet'")
    tag = store.head("large.parquet")["etag"].strip('"')
    assert int(tag.partition("-")[2]) >= 2, tag
    same(rows(f"SELECT count(*), bit_xor(hashed) FROM 's3://{B}/large.parquet'"),
         rows("SELECT count(*), bit_xor(hash(i)) FROM range(2000000) AS t(i)"), "rows")


cases.gap("presign", "the client has no such statement")
cases.gap("sync", "the client has no such statement")
cases.gap("delete", "the client has no such statement")
cases.main("duckdb", duckdb.__version__)

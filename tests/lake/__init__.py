"""A local S3 server, a PostgreSQL server and the Parquet files that tests need."""

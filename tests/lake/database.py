"""A PostgreSQL server of the tests' own, on a Unix socket."""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SUPERUSER = "tester"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    if not initdb:
        raise RuntimeError("PostgreSQL's initdb is missing: run scripts/bootstrap")
    return Path(initdb).parent


class DatabaseServer:
    """Runs until stop(). PostgreSQL refuses to run as root, so then user postgres runs it."""

    def __init__(self):
        self._programs = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="cqs3-pg-"))
        self._numbers = itertools.count(1)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        self._run(
            *("initdb", "--pgdata", data, "--username", SUPERUSER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )
        settings = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        settings += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        settings += " -c max_connections=200"
        log = self.folder / "log"
        self._run("pg_ctl", "--pgdata", data, "--log", log, "--options", settings, "-w", "start")

    def _run(self, program: str, *arguments) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # To a file, not a pipe: the server inherits it and would keep a pipe open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            if done.returncode != 0:
                output.seek(0)
                raise RuntimeError(f"{program} failed:\n{output.read()}")

    def new_database(self) -> "Database":
        """A schema of its own, which is much cheaper than a database."""
        schema = f"test_{next(self._numbers)}"
        database = Database(self, schema)
        database.execute(f"create schema {schema}")
        return database

    def stop(self) -> None:
        self._run("pg_ctl", "--pgdata", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


class Database:
    """Queries through psql, so that no driver stands between a test and the rows."""

    def __init__(self, server: DatabaseServer, schema: str):
        self._psql = server._programs / "psql"
        self._schema = schema
        self.dsn = f"host={server.folder} user={SUPERUSER} dbname=postgres"
        self.dsn += f" options=-csearch_path={schema}"

    def command(self, sql: str) -> list[str]:
        """For a query that runs beside the test."""
        options = ["-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn]
        return [str(self._psql), *options, "-c", sql]

    def execute(self, sql: str) -> str:
        done = subprocess.run(self.command(sql), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{sql}\n{done.stderr}")
        return done.stdout

    def rows(self, query: str) -> list[dict]:
        """Each row as a dict of what JSON has for its values."""
        text = self.execute(f"select coalesce(json_agg(r), '[]') from ({query}) r")
        return json.loads(text)

    def column(self, query: str) -> list:
        return [next(iter(row.values())) for row in self.rows(query)]

    def tables(self) -> list[str]:
        where = f"schemaname = '{self._schema}'"
        return self.column(f"select tablename from pg_tables where {where} order by tablename")

    def count(self, table: str) -> int:
        return self.column(f'select count(*) from "{table}"')[0]

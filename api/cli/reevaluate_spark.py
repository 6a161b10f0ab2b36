"""`xinheng reevaluate --engine spark`: everything re-evaluated on Apache Spark, from Parquet to Parquet."""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any

from api.cli.reevaluate_files import Counts
from api.cli.session import Session
from engine.question import Json
from engine.reevaluate import Span
from engine.spark import Job, diff
from graph_model.errors import FactsRefused, XinhengError
from loaders.new_folder import refuse_existing
from loaders.parquet import ParquetExport, missing_extra

TABLES = ("registrations", "designations", "relations", "exemptions", "objections")
_READ = ("subject", "what", "measure", "departments", "line")
_AT_ONCE = 5_000
"""Items of each file of the diff that are held in memory while they are counted."""


def describe(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments that choose Spark."""
    say = session.say
    told = say(
        "由何者计算：本机，或 Spark（须装 xinheng[spark] 与 Java 17 以上）",
        "what computes: this machine, or Spark (needs xinheng[spark] and Java 17 or later)",
    )
    parser.add_argument("--engine", choices=("local", "spark"), default="local", help=told)
    told = say(
        "仅用于 Spark：store export --format parquet 所写的文件夹",
        "for Spark: the folder that store export --format parquet wrote",
    )
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR", help=told)
    told = say("仅用于 Spark：集群地址，默认 local[*]", "for Spark: the cluster's address, else local[*]")
    parser.add_argument("--master", metavar="URL", help=told)
    told = say(
        "仅用于 Spark：一项 Spark 配置，可重复，如 spark.driver.memory=1g",
        "for Spark: one of its settings, repeatable, e.g. spark.driver.memory=1g",
    )
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help=told)


def refuse_unfit(args: Namespace, session: Session) -> None:
    """Raise `FactsRefused` where options do not go together (`reevaluate.options`)."""
    spark = args.engine == "spark"
    if spark and (args.verify or args.source is None or args.out is None):
        what = ("--engine spark 须有 --from 与 --out，不与 --verify 同用", "--engine spark takes --from and --out only")
    elif not spark and (args.source is not None or args.master is not None or args.conf):
        what = ("--from、--master、--conf 仅用于 --engine spark", "--from, --master, --conf go with --engine spark")
    elif any("=" not in one for one in args.conf):
        what = ("--conf 须写作 NAME=VALUE", "--conf is written NAME=VALUE")
    else:
        return
    hint = session.say("见 xinheng reevaluate --help", "see xinheng reevaluate --help")
    raise FactsRefused(session.say(*what), hint=hint, detail_code="reevaluate.options")


def evaluated(export: ParquetExport, span: Span, args: Namespace, session: Session) -> tuple[Counts, Json]:
    """Re-evaluate everything of an export into a folder of Parquet; give the counts and what there is to tell.

    Raises:
        XinhengError: pyspark is not installed (`extra.missing`), or Spark could not do it (`spark.failed`).

    """
    try:
        import pandas  # noqa: F401 - Spark asks for it; told before it is started
        import pyarrow.parquet  # noqa: F401 - the workers need it; told before Spark is started
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as missing:
        raise missing_extra(missing.name or "pyspark") from None
    refuse_existing(args.out)
    contents = (export.rulebook_at(span.since), export.rulebook_at(span.until))
    tables = {table: [str(Path(path).absolute()) for path in export.paths(table)] for table in TABLES}
    master = args.master or "local[*]"
    builder = SparkSession.builder.appName("xinheng reevaluate").master(master)
    for one in args.conf:
        name, _, value = one.partition("=")
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
        try:
            if master.startswith("local"):
                # The workers of this machine run in our own environment; a cluster's as PYSPARK_PYTHON says there.
                spark.sparkContext.pythonExec = sys.executable
            count = spark.sparkContext.accumulator(0)
            job = Job((span.since, span.until), contents, span.days)
            diff(spark, tables, job, count).write.parquet(str(args.out.absolute()))
            reevaluated = count.value
        finally:
            spark.stop()
    except (PySparkException, Py4JError) as failed:
        raise XinhengError(
            session.say(f"Spark 未能完成（{type(failed).__name__}）", f"Spark failed ({type(failed).__name__})"),
            hint=session.say("原因见 Spark 的日志；须有 Java 17 以上", "its log says why; it needs Java 17 or later"),
            detail_code="spark.failed",
        ) from failed
    counts, changed, digest = summed(args.out)
    told = {"reevaluated": reevaluated, "changed": changed, "digest": digest, "files": {"changes": str(args.out)}}
    return counts, told


def summed(folder: Path) -> tuple[Counts, int, str]:
    """Count a diff in Parquet and digest its lines by subject, as one machine writes them; memory does not grow.

    Gives the counts, how many subjects changed, and the digest.
    """
    import pyarrow.parquet  # here, for it is installed only with the extra

    def items(path: Path) -> Iterator[tuple[Any, ...]]:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_AT_ONCE, columns=list(_READ)):
                yield from zip(*(batch.column(name).to_pylist() for name in _READ), strict=True)

    counts: Counts = Counter()
    whole, changed, last = sha256(), 0, None
    # Every subject is in one file only, and each file is sorted by subject.
    for subject, what, measure, departments, line in merge(*map(items, sorted(folder.glob("*.parquet"))), key=_SUBJECT):
        counts.update((measure, department, what) for department in departments)
        whole.update(line.encode())
        changed += subject != last
        last = subject
    return counts, changed, whole.hexdigest()


_SUBJECT = itemgetter(0)

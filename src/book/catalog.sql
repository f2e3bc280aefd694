-- The catalog of a book, version 1.
--
-- First the tables of DuckLake 1.0, by which DuckDB and others read the facts; then our own.
CREATE TABLE ducklake_metadata("key" VARCHAR NOT NULL, "value" VARCHAR NOT NULL, "scope" VARCHAR, scope_id BIGINT);
CREATE TABLE ducklake_snapshot(snapshot_id BIGINT PRIMARY KEY, snapshot_time VARCHAR, schema_version BIGINT, next_catalog_id BIGINT, next_file_id BIGINT);
CREATE TABLE ducklake_snapshot_changes(snapshot_id BIGINT PRIMARY KEY, changes_made VARCHAR, author VARCHAR, commit_message VARCHAR, commit_extra_info VARCHAR);
CREATE TABLE ducklake_schema(schema_id BIGINT PRIMARY KEY, schema_uuid VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT, schema_name VARCHAR, path VARCHAR, path_is_relative BIGINT);
CREATE TABLE ducklake_table(table_id BIGINT, table_uuid VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT, schema_id BIGINT, table_name VARCHAR, path VARCHAR, path_is_relative BIGINT);
CREATE TABLE ducklake_view(view_id BIGINT, view_uuid VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT, schema_id BIGINT, view_name VARCHAR, dialect VARCHAR, "sql" VARCHAR, column_aliases VARCHAR);
CREATE TABLE ducklake_tag(object_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, "key" VARCHAR, "value" VARCHAR);
CREATE TABLE ducklake_column_tag(table_id BIGINT, column_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, "key" VARCHAR, "value" VARCHAR);
CREATE TABLE ducklake_data_file(data_file_id BIGINT PRIMARY KEY, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, file_order BIGINT, path VARCHAR, path_is_relative BIGINT, file_format VARCHAR, record_count BIGINT, file_size_bytes BIGINT, footer_size BIGINT, row_id_start BIGINT, partition_id BIGINT, encryption_key VARCHAR, mapping_id BIGINT, partial_max BIGINT);
CREATE TABLE ducklake_file_column_stats(data_file_id BIGINT, table_id BIGINT, column_id BIGINT, column_size_bytes BIGINT, value_count BIGINT, null_count BIGINT, min_value VARCHAR, max_value VARCHAR, contains_nan BIGINT, extra_stats VARCHAR);
CREATE TABLE ducklake_file_variant_stats(data_file_id BIGINT, table_id BIGINT, column_id BIGINT, variant_path VARCHAR, shredded_type VARCHAR, column_size_bytes BIGINT, value_count BIGINT, null_count BIGINT, min_value VARCHAR, max_value VARCHAR, contains_nan BIGINT, extra_stats VARCHAR);
CREATE TABLE ducklake_delete_file(delete_file_id BIGINT PRIMARY KEY, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, data_file_id BIGINT, path VARCHAR, path_is_relative BIGINT, format VARCHAR, delete_count BIGINT, file_size_bytes BIGINT, footer_size BIGINT, encryption_key VARCHAR, partial_max BIGINT);
CREATE TABLE ducklake_column(column_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, table_id BIGINT, column_order BIGINT, column_name VARCHAR, column_type VARCHAR, initial_default VARCHAR, default_value VARCHAR, nulls_allowed BIGINT, parent_column BIGINT, default_value_type VARCHAR, default_value_dialect VARCHAR);
CREATE TABLE ducklake_table_stats(table_id BIGINT, record_count BIGINT, next_row_id BIGINT, file_size_bytes BIGINT);
CREATE TABLE ducklake_table_column_stats(table_id BIGINT, column_id BIGINT, contains_null BIGINT, contains_nan BIGINT, min_value VARCHAR, max_value VARCHAR, extra_stats VARCHAR);
CREATE TABLE ducklake_partition_info(partition_id BIGINT, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT);
CREATE TABLE ducklake_partition_column(partition_id BIGINT, table_id BIGINT, partition_key_index BIGINT, column_id BIGINT, "transform" VARCHAR);
CREATE TABLE ducklake_file_partition_value(data_file_id BIGINT, table_id BIGINT, partition_key_index BIGINT, partition_value VARCHAR);
CREATE TABLE ducklake_files_scheduled_for_deletion(data_file_id BIGINT, path VARCHAR, path_is_relative BIGINT, schedule_start VARCHAR);
CREATE TABLE ducklake_inlined_data_tables(table_id BIGINT, table_name VARCHAR, schema_version BIGINT);
CREATE TABLE ducklake_column_mapping(mapping_id BIGINT, table_id BIGINT, "type" VARCHAR);
CREATE TABLE ducklake_name_mapping(mapping_id BIGINT, column_id BIGINT, source_name VARCHAR, target_field_id BIGINT, parent_column BIGINT, is_partition BIGINT);
CREATE TABLE ducklake_schema_versions(begin_snapshot BIGINT, schema_version BIGINT, table_id BIGINT);
CREATE TABLE ducklake_macro(schema_id BIGINT, macro_id BIGINT, macro_name VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT);
CREATE TABLE ducklake_macro_impl(macro_id BIGINT, impl_id BIGINT, dialect VARCHAR, "sql" VARCHAR, "type" VARCHAR);
CREATE TABLE ducklake_macro_parameters(macro_id BIGINT, impl_id BIGINT, column_id BIGINT, parameter_name VARCHAR, parameter_type VARCHAR, default_value VARCHAR, default_value_type VARCHAR);
CREATE TABLE ducklake_sort_info(sort_id BIGINT, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT);
CREATE TABLE ducklake_sort_expression(sort_id BIGINT, table_id BIGINT, sort_key_index BIGINT, expression VARCHAR, dialect VARCHAR, sort_direction VARCHAR, null_order VARCHAR);

-- Which book this is. One row.
CREATE TABLE bw_book(lineage TEXT NOT NULL, version INTEGER NOT NULL);

-- The chain: `content` is JSON of everything its commit wrote, the previous link included; `link` is its SHA-256.
CREATE TABLE bw_chain(serial INTEGER PRIMARY KEY, link TEXT NOT NULL, content TEXT NOT NULL);

CREATE TABLE bw_run(
  run_id TEXT PRIMARY KEY, definition TEXT NOT NULL, as_of TEXT NOT NULL, run_type TEXT NOT NULL, state TEXT NOT NULL,
  has_exceptions INTEGER NOT NULL, goal TEXT NOT NULL, plan_hash TEXT NOT NULL, serial INTEGER NOT NULL, "lines" INTEGER NOT NULL,
  invoices INTEGER NOT NULL, exclusions INTEGER NOT NULL, exceptions INTEGER NOT NULL, totals TEXT NOT NULL,
  wallets TEXT); -- JSON of what a run that debits wallets came to; null for one that makes invoices

-- What of a run was committed with which serial; `counts` is JSON of how many rows of what.
CREATE TABLE bw_step(
  run_id TEXT NOT NULL, serial INTEGER NOT NULL, position INTEGER NOT NULL, step TEXT NOT NULL, at TEXT NOT NULL, counts TEXT NOT NULL,
  PRIMARY KEY(run_id, serial, position));

-- The last number given out; year 0 where a series never starts again.
CREATE TABLE bw_series(
  series TEXT NOT NULL, year INTEGER NOT NULL, last_number INTEGER NOT NULL, last_date TEXT, pattern TEXT NOT NULL,
  PRIMARY KEY(series, year));

-- The parts of facts. A part enters the catalog with its row here, and with no other.
CREATE TABLE bw_part(data_file_id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, table_name TEXT NOT NULL, sha256 TEXT NOT NULL);

-- Tables of a run's later stages, kept from its plan; no file, and an empty hash, where a table has no rows.
CREATE TABLE bw_pending(run_id TEXT NOT NULL, table_name TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(run_id, table_name));

-- The input files of a run; their bytes lie under inputs/.
CREATE TABLE bw_input(
  run_id TEXT NOT NULL, input TEXT NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY(run_id, input, path));

-- The texts a run rests on: settings, definitions, templates, and `plan.json`.
CREATE TABLE bw_plan_text(run_id TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(run_id, path));
CREATE TABLE bw_text(sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);

-- Outside the content of the book: who wrote when (`ended` is 1 once the lock was let go), the times of input files, and when a
-- definition last had nothing due, which makes no run.
CREATE TABLE bw_attempt(pid INTEGER NOT NULL, command TEXT NOT NULL, started_at TEXT NOT NULL, ended INTEGER NOT NULL);
CREATE TABLE bw_attempt_input(path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE bw_attempt_idle(definition TEXT PRIMARY KEY, as_of TEXT NOT NULL, at TEXT NOT NULL);

-- What is posted is final. Tables that only grow have their triggers from catalog.rs; these have a rule of their own.
CREATE TRIGGER part_enters_by_a_commit BEFORE INSERT ON ducklake_data_file
WHEN NOT EXISTS (SELECT 1 FROM bw_part WHERE data_file_id = NEW.data_file_id)
BEGIN SELECT RAISE(ABORT, 'facts enter the book by a run of billwright alone'); END;

CREATE TRIGGER part_ends_unposted BEFORE UPDATE ON ducklake_data_file
WHEN OLD.end_snapshot IS NOT NULL OR NEW.end_snapshot IS NULL
  OR (OLD.data_file_id, OLD.table_id, OLD.begin_snapshot, OLD.path, OLD.record_count, OLD.file_size_bytes, OLD.mapping_id)
     IS NOT (NEW.data_file_id, NEW.table_id, NEW.begin_snapshot, NEW.path, NEW.record_count, NEW.file_size_bytes, NEW.mapping_id)
  OR NOT EXISTS (SELECT 1 FROM bw_run JOIN bw_part USING (run_id)
                 WHERE bw_part.data_file_id = OLD.data_file_id AND bw_run.state IN ('rated', 'invoiced'))
BEGIN SELECT RAISE(ABORT, 'facts are never changed, and end only with a run that was never posted'); END;

CREATE TRIGGER part_stays BEFORE DELETE ON ducklake_data_file
BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;

CREATE TRIGGER rows_stay BEFORE INSERT ON ducklake_delete_file
BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;

CREATE TRIGGER run_goes_on BEFORE UPDATE ON bw_run
WHEN (OLD.run_id, OLD.definition, OLD.as_of, OLD.run_type, OLD.plan_hash, OLD.serial)
     IS NOT (NEW.run_id, NEW.definition, NEW.as_of, NEW.run_type, NEW.plan_hash, NEW.serial)
  OR OLD.state = 'canceled'
  OR (OLD.state = 'invoiced' AND NEW.state = 'rated')
  OR (OLD.state = 'posted' AND NEW.state NOT IN ('posted', 'rendered') AND NOT (OLD.wallets IS NOT NULL AND NEW.state = 'canceled'))
  OR (OLD.state = 'rendered' AND NEW.state <> 'rendered' AND NOT (OLD.wallets IS NOT NULL AND NEW.state = 'canceled'))
  OR (OLD.state IN ('posted', 'rendered') AND (OLD."lines", OLD.invoices, OLD.exclusions, OLD.exceptions, OLD.totals, OLD.wallets)
     IS NOT (NEW."lines", NEW.invoices, NEW.exclusions, NEW.exceptions, NEW.totals, NEW.wallets))
BEGIN SELECT RAISE(ABORT, 'a run never goes back, and a posted one keeps its figures'); END;

CREATE TRIGGER run_stays BEFORE DELETE ON bw_run
BEGIN SELECT RAISE(ABORT, 'runs are never deleted'); END;

CREATE TRIGGER series_grows BEFORE UPDATE ON bw_series
WHEN (OLD.series, OLD.year) IS NOT (NEW.series, NEW.year) OR NEW.last_number < OLD.last_number
BEGIN SELECT RAISE(ABORT, 'a number is never given out twice'); END;

CREATE TRIGGER series_stays BEFORE DELETE ON bw_series
BEGIN SELECT RAISE(ABORT, 'a series is never deleted'); END;

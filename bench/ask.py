"""ask.py SQL: what DuckDB answers, as CSV. It is the rival of the commands that look something up in a book."""
import csv
import sys

import duckdb

connection = duckdb.connect()
connection.execute("SET threads=2")
answer = connection.execute(sys.argv[1])
rows = csv.writer(sys.stdout)
rows.writerow(column[0] for column in answer.description)
rows.writerows(answer.fetchall())

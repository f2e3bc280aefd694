"""Every definition in the repository satisfies its published JSON Schema; one with a misspelt key does not (another validator)."""
import json

import jsonschema
from proof import ROOT, Workspace, check, definition, done

schemas = {}
for path in sorted((ROOT / "schemas").glob("*.json")):
    schemas[path.stem] = json.loads(path.read_text())
    jsonschema.Draft7Validator.check_schema(schemas[path.stem])
    printed = Workspace().bill("schema", path.stem)
    check(f"{path.name}: what `billwright schema {path.stem}` prints", json.loads(printed.stdout or "null") == schemas[path.stem], printed)
check("there is a schema for each kind of definition", len(schemas) >= 7, sorted(schemas))

files = sorted((ROOT / "definitions").glob("*.yaml"))
files += sorted((ROOT / "samples").glob("*/definitions/*.yaml")) + sorted((ROOT / "tests" / "workspaces").glob("*/definitions/*.yaml"))
for path in files:
    read = definition(path)
    validator = jsonschema.Draft7Validator(schemas[read["kind"]])
    mistakes = [f"{'.'.join(map(str, it.path))}: {it.message}" for it in validator.iter_errors(read)]
    check(f"{path.relative_to(ROOT)} is a {read['kind']}", not mistakes, mistakes[:3])
    check(f"{path.relative_to(ROOT)} with a key `titel` is refused", not validator.is_valid({**read, "titel": "x"}))
    head = path.read_text().splitlines()[0]
    if path.parent == ROOT / "definitions":
        check(f"{path.name} names its schema for editors", head == f"# yaml-language-server: $schema=../schemas/{read['kind']}.json", head)
done()

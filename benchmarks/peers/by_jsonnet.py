"""Write the three files with one of the bindings of Jsonnet.

    python by_jsonnet.py MODULE FILES DIR

MODULE is `_gojsonnet` or `rjsonnet`, FILES a copy of files.jsonnet that the spec is beside.
"""

import importlib
import json
import sys
from pathlib import Path

module, program, folder = sys.argv[1:]
texts = json.loads(importlib.import_module(module).evaluate_file(program))
for name, text in texts.items():
    Path(folder, name).write_text(text, encoding="utf-8")

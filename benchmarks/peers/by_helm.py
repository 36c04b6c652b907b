"""Write the three files with Helm's engine and a chart, whose values are the spec.

python by_helm.py CHART SPEC DIR
"""

import sys
from pathlib import Path, PurePosixPath

import helm_python as helm

chart, spec, folder = sys.argv[1:]
values = helm.values_from_yaml(Path(spec).read_text(encoding="utf-8"))
with helm.Chart.load(chart) as loaded:
    texts = loaded.render(values=values)
for path, text in texts.items():
    name = PurePosixPath(path).name
    if not name.startswith("_"):
        Path(folder, name).write_text(text, encoding="utf-8")

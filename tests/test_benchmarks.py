"""The benchmarks: what they compute, and that the one command still runs; no time is a test."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

FILES = {
    "values.yaml": "a: 1\n",
    "registry-secret.yaml": "kind: Secret\n",
    "containerd.toml": "version = 2\n",
}


@pytest.fixture
def module(root, monkeypatch):
    """Imports a module of benchmarks/, which is a package of the checkout only."""
    monkeypatch.syspath_prepend(root)
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def cost(module, cpu, clock=0.0, memory=0.0):
    return module("measure").Cost(cpu, clock, memory)


def test_a_ratio_is_that_of_one_round(module):
    measure = module("measure")
    bases = [cost(module, 1.0), cost(module, 2.0)]  # a machine that has become slower
    costs = [cost(module, 5.0), cost(module, 10.0)]
    assert measure.ratios(costs, bases) == [5.0, 5.0]
    with pytest.raises(ValueError, match="zip"):
        measure.ratios(costs, bases[:1])


def test_the_middle_half_is_told_with_the_median(module):
    measure = module("measure")
    assert measure.middle([7.0]) == measure.Middle(7.0, 7.0, 7.0)
    assert measure.middle([1.0, 2.0, 3.0, 4.0, 50.0]) == measure.Middle(2.0, 3.0, 4.0)


def test_runs_are_interleaved_and_the_first_round_is_not_counted(module, tmp_path, monkeypatch):
    measure = module("measure")
    meter, ran = measure.Meter(tmp_path, {}), []

    def run(job):
        ran.append(job)
        return cost(module, len(ran))

    monkeypatch.setattr(meter, "run", run)
    told = []
    costs = meter.rounds({"a": "A", "b": "B"}, 2, told.append)
    assert ran == ["A", "B"] * 3
    assert told == [0, 1, 2]
    assert {name: [one.cpu for one in found] for name, found in costs.items()} == {
        "a": [3, 5],
        "b": [4, 6],
    }


def test_a_job_costs_what_its_commands_cost_together(module, tmp_path):
    measure = module("measure")
    meter = measure.Meter(tmp_path, {})
    busy = (sys.executable, "-c", "sum(range(3_000_000))")
    large = (sys.executable, "-c", "b' ' * 50_000_000")
    one = meter.run(measure.Job((busy,)))
    both = meter.run(measure.Job((busy, large, busy)))
    assert 0 < one.cpu < both.cpu
    assert both.memory > one.memory + 40
    assert both.clock > one.clock


def test_a_command_that_fails_is_no_measurement(module, tmp_path):
    measure = module("measure")
    meter = measure.Meter(tmp_path, {})
    failing = ((sys.executable, "-c", "raise SystemExit(1)"),)
    with pytest.raises(measure.Failed, match="exit code 1"):
        meter.run(measure.Job(failing))
    meter.run(measure.Job(failing, expected=1))


def test_no_run_writes_where_another_has(module, tmp_path):
    measure = module("measure")
    program = "import pathlib, sys; pathlib.Path(sys.argv[1]).mkdir()"
    job = measure.Job(((sys.executable, "-c", program, measure.NEW),))
    meter = measure.Meter(tmp_path, {})
    meter.run(job)
    meter.run(job)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "number, shown",
    [(1.149, "1.15"), (0.5, "0.500"), (12.34, "12.3"), (187.3, "187"), (5e3, "5000")],
)
def test_a_number_has_three_figures(module, number, shown):
    assert module("table").figures(number) == shown


def test_the_table_leaves_out_a_column_in_which_nothing_stands(module):
    table = module("table")
    rows = [table.Row("`a`", "1.0 x", memory="+1"), table.Row("b", "2.0 x")]
    assert table.markdown(rows) == (
        "|  | result | memory, MiB |\n| --- | --: | --: |\n| `a` | 1.0 x | +1 |\n| b | 2.0 x |  |\n"
    )


def test_the_table_takes_the_place_of_the_one_before(module):
    table = module("table")
    page = f"above\n{table.BEGIN}\nold\n{table.END}\nbelow\n"
    written = table.put_into(page, "new\n")
    assert written == f"above\n{table.BEGIN}\n\nnew\n\n{table.END}\nbelow\n"
    assert table.put_into(written, "new\n") == written
    with pytest.raises(ValueError, match="has no line"):
        table.put_into("above\n", "new\n")


def test_the_page_has_a_place_for_the_table(module, root):
    module("table").put_into((root / "docs/performance.md").read_text("utf-8"), "new\n")


@pytest.mark.parametrize(
    "name, text, verdict",
    [
        ("values.yaml", "# another text\n{a: 1}\n", "the same data"),
        ("values.yaml", "a: 2\n", "values.yaml differs"),
        ("containerd.toml", "version = 3\n", "containerd.toml differs"),
        ("registry-secret.yaml", None, "registry-secret.yaml is missing"),
    ],
)
def test_a_peer_is_held_to_what_regspec_writes(module, tmp_path, name, text, verdict):
    made, wanted = tmp_path / "made", tmp_path / "wanted"
    (made / "below").mkdir(parents=True)
    wanted.mkdir()
    for file, content in FILES.items():
        (wanted / file).write_text(content)
        (made / "below" / file).write_text(content)
    (made / "below" / name).unlink()
    if text is not None:
        (made / "below" / name).write_text(text)
    assert module("peers").difference(made, wanted) == verdict


def test_a_plain_environment_holds_regspec_and_nothing_that_runs_before_it(module, tmp_path):
    plain = module("plain").make(tmp_path / "plain", byte_code=False)
    done = subprocess.run([plain.regspec, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("regspec, version ") or done.stdout.startswith("regspec ")
    code = "import json, regspec, sys; print(json.dumps([regspec.__file__, sys.path]))"
    told = subprocess.run([plain.python, "-c", code], capture_output=True, text=True, check=True)
    file, path = json.loads(told.stdout)
    assert file.startswith(str(tmp_path))
    assert str(tmp_path) in path[-1]
    assert not list((tmp_path / "plain").rglob("*.pth"))


@pytest.mark.slow
def test_the_one_command_prints_the_table_and_writes_it(root, tmp_path):
    page = tmp_path / "performance.md"
    page.write_text((root / "docs/performance.md").read_text("utf-8"), "utf-8")
    words = ["--runs", "1", "--fleet-runs", "1", "--specs", "9", "--mirrors", "20", "--write", page]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout in page.read_text("utf-8")
    for name in ("compile SPEC -o DIR", "--check", "`explain`", "`--help`", "`.pyc`", "20 mirrors"):
        assert name in done.stdout

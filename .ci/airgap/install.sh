#!/bin/sh
# Install regspec into a virtual environment, from the files beside this script and nothing else.
set -eu

usage() {
  echo "usage: install.sh [DIR]    install into DIR, or ./regspec-venv; PYTHON=... picks the Python"
}
fail() {
  echo "error: $*" >&2
  exit 1
}

case ${1-} in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }
venv=${1:-regspec-venv}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
if [ -e "$venv" ] && [ ! -e "$venv/pyvenv.cfg" ]; then
  fail "\`$venv\` is there already and is no virtual environment; name another folder"
fi

CDPATH= cd "$(dirname "$0")"
sha256sum -c SHA256SUMS >/dev/null || fail "the files are not those of the bundle; copy it again"

machine=$(uname -m)
case " @MACHINES@ " in
  *" $machine "*) ;;
  *) fail "this bundle is for @MACHINES@, not for $machine" ;;
esac

# The first Python that the bundle has wheels for; -I keeps out what the user's own files say.
python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
  command -v "$candidate" >/dev/null || continue
  version=$("$candidate" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
    continue
  case " @PYTHONS@ " in
    *" $version "*) python=$candidate; break ;;
  esac
done
[ -n "$python" ] || fail "no CPython of @PYTHONS@ was found; name it: PYTHON=/path/to/python3 ./install.sh"

"$python" -I -m venv "$venv" ||
  fail "\`$python -m venv\` failed; on Debian and Ubuntu it is in the package python3-venv, and regspec.pyz works without"
# No index, no configuration of pip, and only files with the listed digests.
PIP_CONFIG_FILE=/dev/null "$venv/bin/python" -I -m pip --isolated --disable-pip-version-check \
  install --quiet --no-index --find-links wheels --only-binary :all: --no-cache-dir \
  --require-hashes --requirement requirements.txt
"$venv/bin/regspec" --version
echo "installed: $venv/bin/regspec"

#!/usr/bin/env bash
# Cuts the power under a run, by hand and as root: power_cut_by_hand.sh BILLWRIGHT [ROUNDS] [FS]   (apt-get install xfsprogs)
# After each cut the same command must end well, the book must verify, and the content must be that of an undisturbed run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1") rounds=${2:-50} fs=${3:-ext4}
export BILLWRIGHT_NOW=2026-02-01T06:00:00Z MAX_S=${MAX_S:-0.4}
made=$(mktemp -d) seed=$made/seed gold=$made/gold
trap 'rm -rf "$made"' EXIT
cp -a "$here/../workspaces/dozen" "$seed"
cp -a "$here/../../templates" "$seed/templates"
cp -a "$seed" "$gold"
(cd "$gold" && "$binary" run monthly --as-of 2026-02-01 >/dev/null 2>&1) || [ $? = 5 ]
same="env -C {dir} $binary verify && diff -r $gold/out {dir}/out && diff -r $gold/book/data {dir}/book/data"
"$here/powercut.sh" "$fs" "$rounds" "$seed" "$same" -- \
  env -C '{dir}' "$binary" run monthly --as-of 2026-02-01

"""The kill sweep is able to fail: it notices each of these programs, broken on purpose in one line (P1)."""
import os
import shutil
import subprocess

from kill_sweep import computing, sweep
from proof import ROOT, TARGET, check, done, scratch

BREAKS = {
    "HEAD says how far the book has come before it has": (
        "src/book/commit.rs", "        let head = match &mut self.book {",
        "        write_head(&self.at, &Head { serial: link.serial, link: String::new() })?;\n        let head = match &mut self.book {"),
    "the first catalog has its name before it is whole": (
        "src/book/commit.rs", 'let draft = path.with_extension("sqlite.new");', "let draft = path.clone();"),
    "the days that were billed are not looked at": (
        "src/book/view.rs", "claims: Claims::in_order(claims?),", "claims: claims.map(|_| Claims::empty())?,"),
}


def copy_of_the_source():
    """The crate in a scratch folder, under another name: with its own, cargo would take its parts for those of the real one."""
    crate = scratch() / "crate"
    crate.mkdir()
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if not name.startswith("tests/"):
            (crate / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, crate / name)
    manifest = crate / "Cargo.toml"
    text = manifest.read_text().replace('name = "billwright"\n', 'name = "billwright-broken"\n', 1)
    manifest.write_text(text + '\n[lib]\nname = "billwright"\npath = "src/lib.rs"\n')
    return crate


def build(crate):
    """Builds it on the dependencies that are there already, itself as quickly as it goes."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), "CARGO_INCREMENTAL": "1"}
    quick = [f"--config=profile.release.package.billwright-broken.{setting}" for setting in ("opt-level=0", "codegen-units=64")]
    built = subprocess.run(["cargo", "build", "--release", "--offline", "--quiet", *quick], cwd=crate, env=environment, capture_output=True, text=True)
    return built.returncode == 0, built.stderr[-2000:]


crate = copy_of_the_source()
for name, (file, sound, broken) in BREAKS.items():
    path = crate / file
    source = path.read_text()
    if not check(f"{file} has the line to break", source.count(sound) == 1, f"{source.count(sound)} times {sound!r}"):
        continue
    path.write_text(source.replace(sound, broken))
    is_built, said = build(crate)
    path.write_text(source)
    if check(f"built: {name}", is_built, said):
        code, said = sweep(TARGET / "release" / "billwright-broken", computing(), stride="5")
        check(f"the sweep fails, because {name} ({said[-1] if said else 'no output'})", code == 1 and said[-1].endswith("failed"), said[-4:])
done()

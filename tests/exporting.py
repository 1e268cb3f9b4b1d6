"""Records for tests of exports: a laboratory that sequenced something, and what `seqmeta export` made of it."""

from pathlib import Path

from lab import Lab, biosamples, run_of

STUDY = "Respiratory surveillance"
ACCESSION = "PRJEB37886"


def study(**fields):
    return {"study": {"name": STUDY, "accession": ACCESSION, **fields}}


def illumina_run(**fields):
    """A paired Illumina run of the study, its library described along with it."""
    said = {"instrument_make": "ILLUMINA", "instrument_model": "MiSeq", "run_name": "200322_M00001", "study": STUDY}
    return run_of(**{**said, **fields})


def sequenced_lab(root: Path, *documents) -> Lab:
    """A laboratory with the study, the seed's biosamples and these documents recorded."""
    lab = Lab(root)
    lab.good(study(), biosamples(), *(documents or (illumina_run(),)))
    return lab


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def export(lab: Lab, form: str, folder: Path, *words: str) -> dict[str, bytes]:
    """Export; it must succeed. Returns the files by path."""
    code, out, err = lab.call("export", form, *words, "-o", str(folder))
    assert code == 0, (out, err)
    return files_below(folder)


def refused(lab: Lab, form: str, folder: Path, *words: str) -> list[str]:
    """Export; it must be refused and write nothing. Returns the lines of what is wrong."""
    before = files_below(folder) if folder.exists() else None
    code, out, err = lab.call("export", form, *words, "-o", str(folder))
    assert code == 1, (out, err)
    assert (files_below(folder) if folder.exists() else None) == before
    assert [path.name for path in folder.parent.iterdir() if path.name.endswith(".partial")] == []
    return out.splitlines()

"""Sample sheets: nf-core, Snakemake workflows and PEP get names that they take, and the rest as it is recorded."""

import csv
import re
import uuid

import pytest
import yaml
from exporting import STUDY, export, illumina_run, refused, sequenced_lab, study
from lab import SAMPLES, biosamples, library_of, sequenced

NAME = re.compile(r"^[a-zA-Z_0-9-]+$")


@pytest.fixture
def reads(tmp_path, monkeypatch):
    """Pairs of reads of the first two biosamples, below the folder that the command is called in."""
    folder = tmp_path / "reads"
    folder.mkdir()
    for sample in SAMPLES[:2]:
        for read in "12":
            (folder / f"{sample}_S1_L001_R{read}_001.fastq.gz").touch()
    monkeypatch.chdir(tmp_path)
    return "reads/*.fastq.gz"


def two_samples(**fields):
    return illumina_run(biosamples=list(SAMPLES[:2]), **fields)


def rows(data, delimiter=","):
    return list(csv.DictReader(data.decode().splitlines(), delimiter=delimiter))


def test_nf_core(tmp_path, reads):
    lab = sequenced_lab(tmp_path / "lab", two_samples())
    files = export(lab, "samplesheet", tmp_path / "out", "--for", "nf-core", "--files", reads)
    assert files == {
        "samplesheet.csv": (
            "sample,fastq_1,fastq_2\n"
            + "".join(
                f"{of},reads/{of}_S1_L001_R1_001.fastq.gz,reads/{of}_S1_L001_R2_001.fastq.gz\n" for of in SAMPLES[:2]
            )
        ).encode()
    }


def test_snakemake(tmp_path, reads):
    lab = sequenced_lab(tmp_path / "lab", two_samples())
    files = export(lab, "samplesheet", tmp_path / "out", "--for", "snakemake", "--files", reads)
    assert [of["sample_name"] for of in rows(files["samples.tsv"], "\t")] == list(SAMPLES[:2])
    units = rows(files["units.tsv"], "\t")
    assert [(of["sample_name"], of["unit_name"], of["fq1"][-14:]) for of in units] == [
        (sample, "200322_M00001", "R1_001.fastq.gz"[-14:]) for sample in SAMPLES[:2]
    ]
    assert set(files) == {"samples.tsv", "units.tsv"}


def test_pep(tmp_path, reads):
    lab = sequenced_lab(tmp_path / "lab", two_samples())
    files = export(lab, "samplesheet", tmp_path / "out", "--for", "pep", "--files", reads)
    config = yaml.safe_load(files["project_config.yaml"])
    assert config["pep_version"] == "2.1.0"
    samples = rows(files[config["sample_table"]])
    units = rows(files[config["subsample_table"]])
    assert [of["sample_name"] for of in samples] == [of["sample_name"] for of in units] == list(SAMPLES[:2])


def test_a_sample_in_two_runs_is_one_sample_with_two_units(tmp_path):
    runs = [sequenced(study=STUDY, sequencing_id=str(uuid.UUID(int=of)), run_name="RUN-1") for of in (1, 2)]
    lab = sequenced_lab(tmp_path / "lab", library_of(biosamples=[SAMPLES[0]]), *runs)
    files = export(lab, "samplesheet", tmp_path / "out", "--for", "snakemake")
    assert len(rows(files["samples.tsv"], "\t")) == 1
    units = [of["unit_name"] for of in rows(files["units.tsv"], "\t")]
    assert len(set(units)) == len(units) == 2


def unit_names(tmp_path, *runs, consumer="snakemake"):
    """Export one biosample in runs of these numbers and names, with as many single reads; return its units' names."""
    (tmp_path / "reads").mkdir()
    described = []
    for number, name, files in runs:
        of = str(uuid.UUID(int=number))
        described.append(sequenced(study=STUDY, sequencing_id=of, run_name=name))
        for lane in range(files):
            (tmp_path / "reads" / f"{of}.{SAMPLES[0]}.{lane}.fastq").touch()
    library = library_of(biosamples=[SAMPLES[0]], library_layout_config="SINGLE")
    lab = sequenced_lab(tmp_path / "lab", library, *described)
    pattern = f"{tmp_path}/reads/{{sequencing_id}}.{{sample}}.*.fastq"
    files = export(lab, "samplesheet", tmp_path / "out", "--for", consumer, "--files", pattern)
    if consumer == "pep":
        return [of["subsample_name"] for of in rows(files["subsample_table.csv"])]
    return [of["unit_name"] for of in rows(files["units.tsv"], "\t")]


@pytest.mark.parametrize("consumer", ["snakemake", "pep"])
@pytest.mark.parametrize(
    "runs, expected",
    [
        ([(1, "RUN01", 2), (2, "RUN01-1", 1)], ["RUN01-1", "RUN01-2", "RUN01-1-00000000"]),
        ([(1, "RUN01-1", 1), (2, "RUN01", 2)], ["RUN01-1", "RUN01-00000000-1", "RUN01-00000000-2"]),
        ([(1, "RUN01", 1), (2, "RUN01", 1)], ["RUN01", "RUN01-00000000"]),
        ([(1, "RUN01", 2), (2, "RUN01", 1)], ["RUN01-1", "RUN01-2", "RUN01-00000000"]),
        ([(1, "RUN01", 2), (2, "RUN01-1", 2)], ["RUN01-1", "RUN01-2", "RUN01-1-1", "RUN01-1-2"]),
        (
            [(1, "RUN01", 1), (2, "RUN01", 1), (3, "RUN01", 1)],
            ["RUN01", "RUN01-00000000", f"RUN01-{uuid.UUID(int=3)}"],
        ),
        (
            [(1, f"RUN01-{uuid.UUID(int=4)}", 1), (2, "RUN01", 1), (3, "RUN01", 1), (4, "RUN01", 1)],
            [f"RUN01-{uuid.UUID(int=4)}", "RUN01", "RUN01-00000000", f"RUN01-{uuid.UUID(int=4)}-2"],
        ),
    ],
)
def test_no_two_units_of_a_sample_have_one_name(tmp_path, runs, expected, consumer):
    assert unit_names(tmp_path, *runs, consumer=consumer) == expected


def test_names_that_pipelines_take(tmp_path):
    names = ["-rf", "=cmd()", "a b;c", "Zürich/1"]
    lab = sequenced_lab(tmp_path / "lab", biosamples(*names), illumina_run(biosamples=names, run_name="RUN $(id)"))
    files = export(lab, "samplesheet", tmp_path / "out", "--for", "snakemake")
    units = rows(files["units.tsv"], "\t")
    assert len(units) == 4
    for unit in units:
        for column in ("sample_name", "unit_name"):
            assert NAME.match(unit[column])
            assert not unit[column].startswith("-")


@pytest.mark.parametrize(
    "consumer, table, delimiter", [("snakemake", "samples.tsv", "\t"), ("pep", "sample_table.csv", ",")]
)
def test_programs_join_by_the_very_name(tmp_path, consumer, table, delimiter):
    names = ["-ve control", "+pos", "=1+1", "@here", "'-quoted", 'a "b", c']
    lab = sequenced_lab(tmp_path / "lab", biosamples(*names), illumina_run(biosamples=names))
    files = export(lab, "samplesheet", tmp_path / "out", "--for", consumer)
    found = {of["central_sample_id"]: of["sample_name"] for of in rows(files[table], delimiter)}
    assert set(found) == set(names)
    assert all(NAME.match(name) and not name.startswith("-") for name in found.values())


def test_two_samples_that_would_have_one_name(tmp_path):
    names = ["a b", "a_b"]
    lab = sequenced_lab(tmp_path / "lab", biosamples(*names), illumina_run(biosamples=names))
    lines = refused(lab, "samplesheet", tmp_path / "out", "--for", "nf-core")
    assert len(lines) == 1
    assert lines[0].endswith("[duplicate_item]")


def test_reads_that_are_missing_or_do_not_fit(tmp_path, reads):
    (tmp_path / "reads" / f"{SAMPLES[1]}_S1_L001_R2_001.fastq.gz").unlink()
    lab = sequenced_lab(tmp_path / "lab")
    lines = refused(lab, "samplesheet", tmp_path / "out", "--for", "nf-core", "--files", reads)
    assert [line.rpartition(" ")[2] for line in lines] == ["[not_applicable]", "[required_field]"]


@pytest.mark.parametrize("consumer", ["nf-core", "snakemake", "pep"])
@pytest.mark.parametrize("names", [["S1", "S1-2"], ["S1-2", "S1"]])
def test_reads_are_of_one_sample_only(tmp_path, monkeypatch, names, consumer):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reads").mkdir()
    for name in names:
        (tmp_path / "reads" / f"{name}_R1.fastq.gz").touch()
    run = illumina_run(biosamples=names, library_layout_config="SINGLE")
    lab = sequenced_lab(tmp_path / "lab", biosamples(*names), run)
    wide = ("--for", consumer, "--files", "reads/*.fastq.gz")
    (line,) = refused(lab, "samplesheet", tmp_path / "out", *wide)
    said = f"the file 'reads/S1-2_R1.fastq.gz' would be taken for {names[0]!r} and for {names[1]!r}: "
    assert said in line
    assert line.endswith("[duplicate_item]")
    export(lab, "samplesheet", tmp_path / "alone", *wide, "S1-2")
    narrow = ("--for", consumer, "--files", "reads/{sample}_*.fastq.gz")
    files = export(lab, "samplesheet", tmp_path / "out", *narrow)
    sheet = next(data.decode() for name, data in files.items() if b"fastq.gz" in data)
    assert [sheet.count(f"reads/{name}_R1.fastq.gz") for name in names] == [1, 1]


@pytest.mark.parametrize("consumer", ["nf-core", "snakemake", "pep"])
def test_reads_are_of_one_run_only(tmp_path, monkeypatch, consumer):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reads").mkdir()
    for name in ("S1", "run-one_S1", "run-two_S1"):
        for read in "12":
            (tmp_path / "reads" / f"{name}_R{read}.fastq.gz").touch()
    runs = [
        sequenced(study=STUDY, sequencing_id=str(uuid.UUID(int=number)), run_name=f"run-{name}")
        for number, name in ((1, "one"), (2, "two"))
    ]
    lab = sequenced_lab(tmp_path / "lab", biosamples("S1"), library_of(biosamples=["S1"]), *runs)
    wide = ("--for", consumer, "--files", "reads/{sample}_R{read}.fastq.gz")
    lines = refused(lab, "samplesheet", tmp_path / "out", *wide)
    said = "would be taken for 'S1' in 'run-one' and for 'S1' in 'run-two': "
    cure = "put {run} into the pattern, or export each run with a pattern of its own [duplicate_item]"
    assert all(f"the file 'reads/S1_R{of}.fastq.gz' {said}" in line for of, line in zip("12", lines, strict=True))
    assert all(line.endswith(cure) for line in lines)
    export(lab, "samplesheet", tmp_path / "alone", *wide, "run-two")
    narrow = ("--for", consumer, "--files", "reads/{run}_{sample}_R{read}.fastq.gz")
    files = export(lab, "samplesheet", tmp_path / "out", *narrow)
    sheet = next(data.decode() for data in files.values() if b"fastq.gz" in data)
    assert [sheet.count(f"reads/run-{run}_S1_R1.fastq.gz") for run in ("one", "two")] == [1, 1]


def test_runs_of_one_name_are_told_apart_by_their_uuids(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "RUN-1_S1.fastq").touch()
    ids = [str(uuid.UUID(int=of)) for of in (1, 2)]
    runs = [sequenced(study=STUDY, sequencing_id=of, run_name="RUN-1") for of in ids]
    library = library_of(biosamples=["S1"], library_layout_config="SINGLE")
    lab = sequenced_lab(tmp_path / "lab", biosamples("S1"), library, *runs)
    (line,) = refused(lab, "samplesheet", tmp_path / "out", "--for", "nf-core", "--files", "{run}_{sample}.fastq")
    assert f"would be taken for 'S1' in '{ids[0]}' and for 'S1' in '{ids[1]}': put {{sequencing_id}} into" in line


def test_a_path_that_a_shell_would_read(tmp_path, reads):
    (tmp_path / "reads" / f"{SAMPLES[2]};touch x;_R1.fastq.gz").touch()
    lab = sequenced_lab(tmp_path / "lab", illumina_run(biosamples=[SAMPLES[2]], library_layout_config="SINGLE"))
    lines = refused(lab, "samplesheet", tmp_path / "out", "--for", "nf-core", "--files", reads)
    assert lines[0].endswith("[invalid_text]")


def test_withdrawn_consent(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    withdrawn = {"biosamples": [{"central_sample_id": of, "consent_withdrawn": of == SAMPLES[0]} for of in SAMPLES]}
    lab.good(study(), withdrawn, illumina_run())
    code, _, err = lab.call("export", "samplesheet", "--for", "nf-core", "-o", str(tmp_path / "out"))
    assert code == 0
    assert SAMPLES[0] in err
    assert SAMPLES[0] not in (tmp_path / "out" / "samplesheet.csv").read_text()


def test_for_is_of_samplesheet_and_samplesheet_needs_it(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    assert lab.call("export", "samplesheet", "-o", str(tmp_path / "out"))[0] == 2
    assert lab.call("export", "ena", "--for", "pep", "-o", str(tmp_path / "out"))[0] == 2

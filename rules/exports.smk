# What a pipeline can ask for: `<results>/exports/FORMAT` from the records as they are after this run, and
# `<results>/exports/FORMAT@COMMIT` from a commit of the records, whose files are the same for ever.
EXPORTS = {
    "ena": "ena",
    "majora": "majora",
    "sequencescape": "sequencescape",
    "table": "table",
    "rocrate": "rocrate",
    "nf-core": "samplesheet --for nf-core",
    "snakemake": "samplesheet --for snakemake",
    "pep": "samplesheet --for pep",
}


wildcard_constraints:
    format="|".join(EXPORTS),
    commit="[0-9a-f]{7,40}",


rule export:
    input:
        config=config_file(),
        receipt=rules.apply.output.receipt,
    output:
        folder=directory("<results>/exports/{format}"),
    log:
        "<logs>/export/{format}.log",
    localrule: True
    conda:
        str(ENVIRONMENT)
    container:
        CONTAINER
    params:
        words=lambda wildcards: EXPORTS[wildcards.format],
    shell:
        "seqmeta --config {input.config:q} export {params.words} -o {output.folder:q} 2>&1 | tee {log:q} >&2"


rule export_commit:
    input:
        config=ancient(config_file()),
    output:
        folder=directory("<results>/exports/{format}@{commit}"),
    log:
        "<logs>/export_commit/{format}@{commit}.log",
    localrule: True
    conda:
        str(ENVIRONMENT)
    container:
        CONTAINER
    params:
        words=lambda wildcards: EXPORTS[wildcards.format],
    shell:
        "seqmeta --config {input.config:q} export {params.words} --rev {wildcards.commit} -o {output.folder:q}"
        " 2>&1 | tee {log:q} >&2"

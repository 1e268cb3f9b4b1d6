# seqmeta: YAML descriptions of orders and sequencing runs to checked, versioned JSON records in git.
#
# rules/common.smk         which shards of the descriptions there are, and where the store stands
# rules/configuration.smk  the configuration as a file, where it is given as a dict
# rules/check.smk          each shard checked: on any number of cores, or on a cluster
# rules/records.smk        all of it judged, and committed to records/ in one step, on this machine
# rules/reports.smk        the records as one HTML page, when it is asked for
# rules/exports.smk        on request, what archives and pipelines read, from the records
# rules/links.smk          a link where one of these writes stops the run
# rules/again.smk          what was refused or killed is made again
# rules/end.smk            no waiting for timers of Snakemake when all is done
include: "rules/common.smk"
include: "rules/configuration.smk"
include: "rules/check.smk"
include: "rules/records.smk"
include: "rules/reports.smk"
include: "rules/exports.smk"
include: "rules/links.smk"
include: "rules/again.smk"
include: "rules/end.smk"


rule all:
    input:
        rules.apply.output.receipt,
    localrule: True

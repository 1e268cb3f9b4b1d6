rule check_shard:
    input:
        config=ancient(config_file()),
    output:
        # What it says of files that are as they were is taken over, so Snakemake is not to remove it first.
        shard=update("<results>/shards/{shard}.tsv"),
    log:
        "<logs>/check_shard/{shard}.log",
    conda:
        str(ENVIRONMENT)
    container:
        CONTAINER
    params:
        fingerprint=lambda wildcards: STATE["shards"][wildcards.shard],
    shell:
        "seqmeta --config {input.config:q} check-shard {wildcards.shard} -o {output.shard:q} 2> {log:q}"

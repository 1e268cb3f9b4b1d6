rule apply:
    input:
        config=config_file(),
        stamp=local(str(STAMP)),
        shards=expand("<results>/shards/{shard}.tsv", shard=STATE["shards"]),
    output:
        receipt="<results>/receipt.json",
    log:
        "<logs>/apply.log",
    localrule: True
    conda:
        str(ENVIRONMENT)
    container:
        CONTAINER
    params:
        described=DESCRIBED,
    shell:
        "seqmeta --config {input.config:q} apply --checked {input.shards:q} --stamp {input.stamp:q}"
        " --receipt {output.receipt:q} 2>&1 | tee {log:q} >&2"

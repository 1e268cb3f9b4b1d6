# As a module the workflow is given its configuration as a dict; the commands read it from this file.
rule configuration:
    output:
        config="<results>/config.json",
    log:
        "<logs>/configuration.log",
    localrule: True
    conda:
        str(ENVIRONMENT)
    container:
        CONTAINER
    params:
        config=lambda wildcards: json.dumps(OWN_CONFIG, sort_keys=True),
    shell:
        "printf '%s\\n' {params.config:q} > {output.config:q} 2> {log:q}"

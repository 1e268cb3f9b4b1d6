# Made when it is asked for: `snakemake results/report.html`, or before `snakemake --report`.
rule report_html:
    input:
        receipt=rules.apply.output.receipt,
        config=config_file(),
    output:
        page=report(
            "<results>/report.html",
            caption="../report/page.rst",
            category="seqmeta",
            labels={"page": "All work", "from": "the records"},
        ),
    log:
        "<logs>/report_html.log",
    localrule: True
    conda:
        str(ENVIRONMENT)
    container:
        CONTAINER
    shell:
        "seqmeta --config {input.config:q} report html -o {output.page:q} 2> {log:q}"

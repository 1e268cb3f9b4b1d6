# Where the rules before write to: prefix and pathvars of whoever takes this as a module are in their paths by now.
WRITING = [
    rules.configuration,
    rules.check_shard,
    rules.apply,
    rules.report_html,
    rules.export,
    rules.export_commit,
]

if workflow.is_main_process:
    WRITTEN = [Path(path) for rule in WRITING for path in (*rule.output, *rule.log)]
    refuse_links(
        *WRITTEN, *(there for path in WRITTEN for there in find_matching(path))
    )

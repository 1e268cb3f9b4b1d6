"""What others write, to descriptions for a person to review, never to records (CONTRACT 5).

Each format is a module with `load(path, …)` that returns `seqmeta.imports.drafts.Imported`: the bytes of instruments,
tables and older systems to drafts. `seqmeta.imports.writing` turns drafts into YAML.
"""

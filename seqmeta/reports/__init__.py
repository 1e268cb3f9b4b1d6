"""Tables made from the records: progress, charges by project, results by study (CONTRACT 2.4).

Each is made of events and references only when it is asked for; nothing of them is stored.
"""

"""What every git command of seqmeta is told: the least version, configuration and environment, as plain tables."""

from collections.abc import Mapping

MINIMUM_GIT = (2, 36)
"""2.36 is the first with `core.fsync`: older ones never sync references, and a power loss can empty the branch."""

SETTINGS: Mapping[str, str] = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.autocrlf": "false",
    "core.safecrlf": "false",
    "core.eol": "lf",
    "core.bare": "false",
    "core.quotePath": "false",
    "core.pager": "cat",
    "core.editor": "false",
    "core.askPass": "",
    "core.sshCommand": "ssh",
    "core.fsync": "all",
    "core.fsyncMethod": "fsync",
    "core.useReplaceRefs": "false",
    "core.commitGraph": "false",
    "core.multiPackIndex": "false",
    "core.splitIndex": "false",
    "core.sparseCheckout": "false",
    "credential.helper": "",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gpg.program": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "fetch.writeCommitGraph": "false",
    "transfer.fsckObjects": "true",
    "protocol.allow": "never",
}
"""Configuration given on every command line, where it wins over the store's own file."""

ENVIRONMENT: Mapping[str, str] = {
    "HOME": "/nonexistent",
    "XDG_CONFIG_HOME": "/nonexistent",
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_FLUSH": "0",
}

REMOTE_SETTINGS: Mapping[str, str] = {
    "core.sshCommand": "ssh -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15 -oServerAliveCountMax=4",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "protocol.file.allow": "always",
    "protocol.http.allow": "always",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
}
"""What is set besides to talk to a remote: nothing asks a person, nothing hangs, `ext::` runs no program."""

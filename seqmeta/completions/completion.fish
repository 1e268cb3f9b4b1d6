# Completion of seqmeta for fish, made by `seqmeta completion fish`.
#
# seqmeta itself finds out what can stand at the cursor, and fish quotes it. Nothing that was typed, and nothing that a
# record is called, is ever evaluated here.
function __seqmeta_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l typed (commandline -ct)
    set -l current (string unescape -- $typed)
    or set current (string replace -r '^[\'"]' '' -- $typed)
    set -l answer (command seqmeta complete words $before "$current" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case words
            string join \n -- $answer[2..-1]
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
    end
end
complete -c seqmeta -f -a '(__seqmeta_complete)'

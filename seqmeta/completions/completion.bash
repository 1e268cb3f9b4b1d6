# Completion of seqmeta for bash 4.4 or later, made by `seqmeta completion bash`.
#
# seqmeta itself finds out what can stand at the cursor and quotes it. Nothing that was typed, and nothing that a
# record is called, is ever evaluated here.
_seqmeta() {
    local line
    local -a answer
    # The cursor is counted in bytes.
    line=$(LC_ALL=C; printf '%s' "${COMP_LINE:0:COMP_POINT}")
    mapfile -t answer < <(command seqmeta complete bash "$COMP_WORDBREAKS" "$line" 2>/dev/null </dev/null)
    COMPREPLY=()
    case ${answer[0]-} in
        words) COMPREPLY=("${answer[@]:1}") ;;
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
    esac
}
complete -F _seqmeta seqmeta

#compdef seqmeta
# Completion of seqmeta for zsh, made by `seqmeta completion zsh`.
#
# seqmeta itself finds out what can stand at the cursor, and zsh quotes it. Nothing that was typed, and nothing that a
# record is called, is ever evaluated here.
_seqmeta() {
    local -a answer values shown before
    local candidate tab=$'\t'
    before=("${(@Q)words[2,CURRENT-1]}")
    answer=("${(@f)$(command seqmeta complete words "$before[@]" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    case $answer[1] in
        words)
            for candidate in "${(@)answer[2,-1]}"; do
                values+=("${candidate%%$tab*}")
                shown+=("${candidate//$tab/  -- }")
            done
            compadd -l -d shown -a values
            ;;
        files) _files ;;
        folders) _files -/ ;;
    esac
}
if [[ $funcstack[1] == _seqmeta ]]; then
    _seqmeta "$@"
else
    compdef _seqmeta seqmeta
fi

# Asks pfx for names; the function above completes everything else.
_pfx() {
    local line=${COMP_LINE-} words=() starts=() lines=() index word gap last='' cur entry value
    # Join the words that readline has split at `=` and `:`.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        gap=''
        if [[ -n $word ]]; then
            gap=${line%%"$word"*}
            line=${line#"$gap$word"}
        elif [[ $line == [[:blank:]]* ]]; then
            gap=' '
        fi
        if ((index == COMP_CWORD)) && [[ -n $word && $word != [=:]* ]]; then
            word=$2
        fi
        if [[ -z $gap && ${#words[@]} -gt 0 && ($word == [=:]* || $last == [=:]*) ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
            starts+=("$index")
        fi
        last=${COMP_WORDS[index]}
    done
    while IFS= read -r entry; do
        lines+=("$entry")
    done < <(command pfx completions bash -- "${words[@]}" 2>/dev/null)
    cur=${words[${#words[@]} - 1]}
    case ${lines[0]-} in
        offer)
            COMPREPLY=()
            # readline keeps the part before the last break.
            last=$cur
            if [[ $COMP_WORDBREAKS == *=* ]]; then last=${last##*=}; fi
            if [[ $COMP_WORDBREAKS == *:* ]]; then last=${last##*:}; fi
            gap=${cur%"$last"}
            for entry in "${lines[@]:1}"; do
                value=${entry%%$'\t'*}
                printf -v word '%q' "$value"
                if [[ $value == "$cur"* || $word == "$cur"* ]]; then
                    word=${word#"$gap"}
                    COMPREPLY+=("$word")
                fi
            done
            compopt +o default +o bashdefault 2>/dev/null
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
                compopt -o nospace 2>/dev/null
            fi
            ;;
        'command '*)
            index=${starts[${lines[0]#command }]}
            COMPREPLY=()
            if declare -F _comp_command_offset >/dev/null; then
                _comp_command_offset "$index"
            elif declare -F _command_offset >/dev/null; then
                _command_offset "$index"
            elif ((index == COMP_CWORD)) && [[ $cur != */* ]]; then
                while IFS= read -r entry; do
                    COMPREPLY+=("$entry")
                done < <(compgen -c -- "$cur" | sort -u)
            fi
            ;;
        *)
            _pfx_options "$@"
            ;;
    esac
}

# Asks pfx for names; the function above completes everything else.
_pfx() {
    local -a lines values shown open openshown
    local line value
    lines=("${(@f)$(command pfx completions zsh -- "${(@Q)words[1,CURRENT-1]}" "${(Q)words[CURRENT]}" 2>/dev/null)}")
    case $lines[1] in
        (offer)
            for line in "${(@)lines[2,-1]}"; do
                value=${line%%$'\t'*}
                if [[ $value == *= ]]; then
                    open+=("$value")
                    openshown+=("$value  -- ${line#*$'\t'}")
                else
                    values+=("$value")
                    shown+=("$value  -- ${line#*$'\t'}")
                fi
            done
            local ret=1
            (( $#values )) && compadd -l -d shown -a values && ret=0
            (( $#open )) && compadd -l -S '' -d openshown -a open && ret=0
            return ret
            ;;
        (command\ *)
            local first=${lines[1]#command }
            words=("${(@)words[first+1,-1]}")
            (( CURRENT -= first ))
            _normal
            ;;
        (*)
            _pfx_options "$@"
            ;;
    esac
}
